/**
 * What the Redis spool does, each step one script: Redis runs a script whole or not at all, also in its append-only
 * file, so that no crash leaves half of one behind.
 *
 * | Key | Holds |
 * |---|---|
 * | `items` | stream: what is waiting; the group's pending list says what is leased, since when, how often |
 * | `dead` | stream: dead letters |
 * | `bytes` | how many bytes of JSON the two hold |
 * | `known:HASH` | a record's id, until it expires |
 * | `order:HASH` | list: a customer's entries of kind `customer`, oldest first |
 * | `lock:HASH` | who works on a customer |
 *
 * @see https://redis.io/docs/latest/develop/data-types/streams/
 */
const prefix = '{amberflo-spool}:'

export const keys = {
  items: `${prefix}items`,
  dead: `${prefix}dead`,
  bytes: `${prefix}bytes`,
  known: `${prefix}known:`,
  order: `${prefix}order:`,
  lock: `${prefix}lock:`,
  group: 'collectors',
}

const { items, dead, bytes, known, order, group } = keys

/** ARGV: most items, most bytes, then kind, customer, id, JSON, hash, ms to remember of each. Gives how many are new, or -1 when they do not fit. */
export const append = `
  local new, seen, size = {}, {}, 0
  for i = 3, #ARGV, 6 do
    local hash = ARGV[i + 4]
    if ARGV[i] == 'customer' or (not seen[hash] and redis.call('EXISTS', '${known}' .. hash) == 0) then
      if ARGV[i] == 'record' then seen[hash] = true end
      new[#new + 1] = i
      size = size + #ARGV[i + 3]
    end
  end
  if #new == 0 then return 0 end
  local held = redis.call('XLEN', '${items}') + redis.call('XLEN', '${dead}')
  local heldBytes = tonumber(redis.call('GET', '${bytes}') or 0)
  if held + #new > tonumber(ARGV[1]) or heldBytes + size > tonumber(ARGV[2]) then return -1 end
  for _, i in ipairs(new) do
    local hash = ARGV[i + 4]
    local id = redis.call('XADD', '${items}', '*', 'kind', ARGV[i], 'customer', ARGV[i + 1], 'id', ARGV[i + 2], 'json', ARGV[i + 3], 'hash', hash)
    if ARGV[i] == 'customer' then redis.call('RPUSH', '${order}' .. hash, id)
    else redis.call('SET', '${known}' .. hash, '', 'PX', ARGV[i + 5], 'NX') end
  end
  redis.call('INCRBY', '${bytes}', size)
  return #new
`

/** ARGV: hashes. Gives 1 for each that is known, else 0. */
export const knows = `
  local counts = {}
  for i, hash in ipairs(ARGV) do counts[i] = redis.call('EXISTS', '${known}' .. hash) end
  return counts
`

/** ARGV: consumer, lease in ms, most items. A customer's entry that is not its first is put aside. Gives [entry id, attempts, fields]. */
export const lease = `
  redis.pcall('XGROUP', 'CREATE', '${items}', '${group}', '0', 'MKSTREAM')
  local consumer, leaseMs, max = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
  local leased = {}
  local function offer(entry, attempts)
    local fields = entry[2]
    if fields[2] == 'customer' and redis.call('LINDEX', '${order}' .. fields[10], 0) ~= entry[1] then
      redis.call('XCLAIM', '${items}', '${group}', consumer, 0, entry[1], 'IDLE', 0, 'RETRYCOUNT', attempts, 'JUSTID')
    else
      leased[#leased + 1] = { entry[1], attempts, fields }
    end
  end
  local cursor, rounds = '0-0', 0
  repeat
    local claimed = redis.call('XAUTOCLAIM', '${items}', '${group}', consumer, leaseMs, cursor, 'COUNT', max - #leased)
    for _, entry in ipairs(claimed[2]) do
      if entry then offer(entry, redis.call('XPENDING', '${items}', '${group}', entry[1], entry[1], 1)[1][4] - 1) end
    end
    cursor, rounds = claimed[1], rounds + 1
  until cursor == '0-0' or #leased >= max or rounds == 20
  if #leased < max then
    local fresh = redis.call('XREADGROUP', 'GROUP', '${group}', consumer, 'COUNT', max - #leased, 'STREAMS', '${items}', '>')
    if fresh then for _, entry in ipairs(fresh[1][2]) do offer(entry, 0) end end
  end
  return leased
`

/** Takes an entry out of the waiting ones; the next of its customer is due at once. Gives its fields, or nil when it was gone. */
const remove = `
  local function remove(id, hash, consumer)
    local entry = redis.call('XRANGE', '${items}', id, id)[1]
    redis.call('XACK', '${items}', '${group}', id)
    if not entry then return nil end
    redis.call('XDEL', '${items}', id)
    if entry[2][2] == 'customer' then
      redis.call('LREM', '${order}' .. hash, 0, id)
      local next = redis.call('LINDEX', '${order}' .. hash, 0)
      if next then redis.call('XCLAIM', '${items}', '${group}', consumer, 0, next, 'TIME', 0, 'JUSTID') end
    end
    return entry[2]
  end
`

/** ARGV: consumer, then entry id, hash of each. */
export const ack = `
  ${remove}
  local size = 0
  for i = 2, #ARGV, 2 do
    local fields = remove(ARGV[i], ARGV[i + 1], ARGV[1])
    if fields then size = size + #fields[8] end
  end
  redis.call('DECRBY', '${bytes}', size)
`

/** ARGV: consumer, how long it is to look leased already, then entry ids. Entries that are gone are passed over. */
export const retry = `
  for i = 3, #ARGV do redis.call('XCLAIM', '${items}', '${group}', ARGV[1], 0, ARGV[i], 'IDLE', ARGV[2], 'JUSTID') end
`

/** ARGV: consumer, reason, then entry id, hash of each. */
export const bury = `
  ${remove}
  for i = 3, #ARGV, 2 do
    local fields = remove(ARGV[i], ARGV[i + 1], ARGV[1])
    if fields then
      fields[#fields + 1] = 'reason'
      fields[#fields + 1] = ARGV[2]
      redis.call('XADD', '${dead}', '*', unpack(fields))
    end
  end
`

/** ARGV: entry ids of dead letters. Gives how many there were. */
export const raise = `
  local raised = 0
  for _, dead in ipairs(ARGV) do
    local entry = redis.call('XRANGE', '${dead}', dead, dead)[1]
    if entry then
      local fields = entry[2]
      local id = redis.call('XADD', '${items}', '*', unpack(fields, 1, 10))
      if fields[2] == 'customer' then redis.call('RPUSH', '${order}' .. fields[10], id) end
      redis.call('XDEL', '${dead}', dead)
      raised = raised + 1
    end
  end
  return raised
`

/** ARGV: consumer that leaves, ms. Forgets it and those idle for longer; never one that has something leased, because that would be lost with it. */
export const tidy = `
  local consumers = redis.pcall('XINFO', 'CONSUMERS', '${items}', '${group}')
  if consumers.err then return end
  for _, info in ipairs(consumers) do
    local name, pending, idle = info[2], info[4], info[6]
    if pending == 0 and (name == ARGV[1] or idle > tonumber(ARGV[2])) then redis.call('XGROUP', 'DELCONSUMER', '${items}', '${group}', name) end
  end
`

/**
 * ARGV: lock, holder, ms. Gives 1 when it is the holder's now. A Redis without room refuses a script's first write where
 * that takes room, and `DEL` takes none: what is to be delivered makes room, so that it must not wait for it.
 */
export const takeLock = `
  if redis.call('EXISTS', ARGV[1]) == 1 then return 0 end
  redis.call('DEL', ARGV[1])
  redis.call('SET', ARGV[1], ARGV[2], 'PX', ARGV[3])
  return 1
`

/** ARGV: lock, holder, ms. */
export const extendLock = "if redis.call('GET', ARGV[1]) == ARGV[2] then return redis.call('PEXPIRE', ARGV[1], ARGV[3]) end"

/** ARGV: lock, holder. */
export const releaseLock = "if redis.call('GET', ARGV[1]) == ARGV[2] then return redis.call('DEL', ARGV[1]) end"
