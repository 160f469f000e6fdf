import type { Customer } from '../../wire/payloads.js'
import type { AmberfloClient, Outcome, StoredCustomer } from './client.js'
import { createCustomerWriter, mergeCustomer } from './customers.js'
import { createLock } from '../lock.js'

const stored: StoredCustomer = {
  id: 'internal',
  createTime: 1,
  updateTime: 2,
  deleteTime: 3,
  deactivateTimeStamp: 4,
  customerId: 'c',
  customerName: 'Ada Lovelace',
  customerEmail: 'ada@example.com',
  lifecycleStage: 'ACTIVE',
  test: false,
  address: { city: 'London' },
  traits: { stripeId: 'cus_1', plan: 'free', logins: '5' },
}

const merge = (fresh: Partial<Customer>, base: StoredCustomer = stored) =>
  mergeCustomer(base, { customerId: 'c', customerName: 'Ada Lovelace', ...fresh })

describe('mergeCustomer', () => {
  test('keeps what is stored, but for what Amberflo sets itself', () => {
    expect(merge({ traits: { plan: 'pro', seats: 3 } })).toEqual({
      customerId: 'c',
      customerName: 'Ada Lovelace',
      customerEmail: 'ada@example.com',
      lifecycleStage: 'ACTIVE',
      test: false,
      address: { city: 'London' },
      traits: { stripeId: 'cus_1', plan: 'pro', logins: '5', seats: 3 },
    })
  })

  test.each<[string, Partial<Customer>]>([
    ['all is the same', { customerEmail: 'ada@example.com', traits: { plan: 'free' } }],
    ['a number is stored as a string', { traits: { logins: 5 } }],
    ['there is less than is stored', {}],
    ['only a fallback name is new: the id', { customerName: 'c' }],
    ['only a fallback name is new: the email', { customerName: 'ada@example.com', customerEmail: 'ada@example.com' }],
    ['only a fallback name is new: the username', { customerName: 'a/da', traits: { plan: 'free', username: 'a_da' } }],
  ])('nothing is written when %s', (_, fresh) => {
    const known = { ...stored, traits: { ...(stored['traits'] as object), username: 'a_da' } }
    expect(merge(fresh, known)).toBeNull()
  })

  test('a real name replaces a stored one, a fallback fills a blank one', () => {
    expect(merge({ customerName: 'Countess' })).toMatchObject({ customerName: 'Countess' })
    expect(merge({ customerName: 'c' }, { ...stored, customerName: ' ' })).toMatchObject({ customerName: 'c' })
    expect(merge({ customerName: 'c' }, { customerId: 'c' })).toEqual({ customerId: 'c', customerName: 'c' })
  })

  test('does not send back what is null', () => {
    expect(merge({ traits: { plan: 'pro' } }, { customerId: 'c', customerName: 'C', address: null })).not.toHaveProperty('address')
  })

  test('does not touch what it was given, and no prototype', () => {
    const before = JSON.stringify(stored)
    const merged = merge({ traits: JSON.parse('{"__proto__":"x","constructor":"y"}') as Record<string, string> })
    expect(JSON.stringify(stored)).toBe(before)
    expect(Object.getPrototypeOf(merged?.['traits'])).toBe(Object.prototype)
    expect(JSON.stringify(merged?.['traits'])).toContain('"constructor":"y"')
  })
})

/** Amberflo's customers in memory; each call takes a turn of the event loop, so that races show. */
function fakeAmberflo(initial: StoredCustomer[] = []) {
  const customers = new Map(initial.map((one) => [one.customerId, one]))
  const log: string[] = []
  const turn = () => new Promise((resolve) => setTimeout(resolve, 1))
  const client: Pick<AmberfloClient, 'readCustomer' | 'writeCustomer'> = {
    async readCustomer(id) {
      await turn()
      const customer = customers.get(id)
      return customer ? { kind: 'found', customer } : { kind: 'none' }
    },
    async writeCustomer(method, json): Promise<Outcome> {
      log.push(method)
      await turn()
      const customer = JSON.parse(json) as StoredCustomer
      if (method === 'POST' && customers.has(customer.customerId)) return { kind: 'refused', status: 400 }
      customers.set(customer.customerId, customer)
      return { kind: 'taken' }
    },
  }
  return { customers, log, client: client as AmberfloClient }
}

describe('createCustomerWriter', () => {
  test('makes what is not there, and replaces what is', async () => {
    const { client, log, customers } = fakeAmberflo()
    const write = createCustomerWriter(client, createLock())
    await write({ customerId: 'c', customerName: 'C', traits: { a: 1 } })
    await write({ customerId: 'c', customerName: 'C', traits: { b: 2 } })
    await write({ customerId: 'c', customerName: 'C', traits: { b: 2 } })
    expect(log).toEqual(['POST', 'PUT'])
    expect(customers.get('c')).toEqual({ customerId: 'c', customerName: 'C', traits: { a: 1, b: 2 } })
  })

  test('writers of one customer at the same time lose nothing', async () => {
    const { client, customers } = fakeAmberflo()
    const write = createCustomerWriter(client, createLock())
    const traits = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`t${at}`, at]))
    await Promise.all(Object.entries(traits).map(([name, value]) => write({ customerId: 'c', customerName: 'C', traits: { [name]: value } })))
    expect(customers.get('c')?.['traits']).toEqual(traits)
  })

  test('a customer that somebody else makes meanwhile is merged with', async () => {
    const { client, customers, log } = fakeAmberflo()
    const { readCustomer } = client
    let first = true
    client.readCustomer = async (id) => {
      const read = await readCustomer(id)
      if (first) customers.set('c', { customerId: 'c', customerName: 'C', traits: { theirs: 1 } })
      first = false
      return read
    }
    expect(await createCustomerWriter(client, createLock())({ customerId: 'c', customerName: 'C', traits: { ours: 2 } })).toEqual({ kind: 'taken' })
    expect(customers.get('c')?.['traits']).toEqual({ theirs: 1, ours: 2 })
    expect(log).toEqual(['POST', 'PUT'])
  })

  test('a customer that is refused is tried once more, and then believed to be', async () => {
    const { client } = fakeAmberflo()
    let posts = 0
    client.writeCustomer = async (): Promise<Outcome> => (++posts > 2 ? { kind: 'taken' } : { kind: 'refused', status: 400 })
    expect(await createCustomerWriter(client, createLock())({ customerId: 'c', customerName: 'C' })).toEqual({ kind: 'refused', status: 400 })
    expect(posts).toBe(2)
  })

  test('nothing is written where nothing could be read', async () => {
    const { client, log } = fakeAmberflo()
    client.readCustomer = async () => ({ kind: 'later', cause: 'status 503', retryAfterMs: 9 })
    expect(await createCustomerWriter(client, createLock())({ customerId: 'c', customerName: 'C' })).toEqual({ kind: 'later', cause: 'status 503', retryAfterMs: 9 })
    expect(log).toEqual([])
  })
})
