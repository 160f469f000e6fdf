import { createTokens, type Tokens } from './token.js'

const NOW = 1_700_000_000
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const jwt = (claims: object) => `${base64url({ alg: 'HS256' })}.${base64url(claims)}.sig`
/** Ten minutes, as `mintToken` makes them. */
const minted = (sub: string, at = NOW) => jwt({ sub, iat: at, exp: at + 600 })

let tokens: Tokens
const told: [customer: string, token: string][] = []
const reports: string[] = []
let asked: Promise<void>
const open = (source: Parameters<typeof createTokens>[0]) =>
  (tokens = createTokens(source, (customer) => told.push([customer, tokens.proof(customer, null)!]), (message) => reports.push(message), (done) => (asked = done)))
/** What the delivery does where a batch was refused. */
const renew = (customer: string, refused: string) => {
  const token = tokens.proof(customer, refused)
  if (token) told.push([customer, token])
}
const settle = () => jest.advanceTimersByTimeAsync(0)

beforeEach(() => {
  told.length = reports.length = 0
  jest.useFakeTimers({ now: NOW * 1000 })
  jest.spyOn(Math, 'random').mockReturnValue(1)
})
afterEach(() => {
  tokens.close()
  jest.useRealTimers()
  jest.restoreAllMocks()
})

describe('a JWT', () => {
  it('proves its subject and nobody else', async () => {
    open(minted('ünal'))
    await settle()
    expect(told).toEqual([['ünal', minted('ünal')]])
    expect(tokens.proof('ünal')).toBe(minted('ünal'))
    expect(tokens.proof('anonymous')).toBeUndefined()
  })

  it('is fetched before anybody pays, and renewed before it expires', async () => {
    const source = jest.fn(async () => minted('u1', Math.floor(Date.now() / 1000)))
    open(source)
    await settle()
    expect(source).toHaveBeenCalledTimes(1)
    await jest.advanceTimersByTimeAsync(480_000 - 1)
    expect(source).toHaveBeenCalledTimes(1)
    await jest.advanceTimersByTimeAsync(1)
    expect(source).toHaveBeenCalledTimes(2)
    expect(told).toHaveLength(2)
    expect(tokens.proof('u1')).toBe(minted('u1', NOW + 480))
  })

  it.each([
    ['ahead', -3600],
    ['behind', 3600],
  ])('lives its own span where the clock is %s', async (_, offset) => {
    const source = jest.fn(() => minted('u1', Math.floor(Date.now() / 1000) + offset))
    open(source)
    await jest.advanceTimersByTimeAsync(480_000 - 1)
    expect(source).toHaveBeenCalledTimes(1)
    expect(tokens.proof('u1')).toBeDefined()
    await jest.advanceTimersByTimeAsync(1)
    expect(source).toHaveBeenCalledTimes(2)
  })

  it.each([
    ['has come', true],
    ['is still on its way', false],
  ])('is asked for at once for who pays first, if an earlier one that %s is somebody else\'s', async (_, settled) => {
    let user = 'visitor'
    open(async () => minted(user))
    if (settled) await settle()
    user = settled ? 'u1' : 'visitor'
    expect(tokens.proof('u1')).toBeUndefined()
    await Promise.resolve()
    user = 'u1'
    await settle()
    expect(tokens.proof('u1')).toBe(minted('u1'))
  })

  it('that expired while the machine slept is not used', async () => {
    const source = jest.fn(() => minted('u1', Math.floor(Date.now() / 1000)))
    open(source)
    await settle()
    tokens.proof('u1')
    jest.setSystemTime((NOW + 3600) * 1000)
    expect(tokens.proof('u1')).toBeUndefined()
    await settle()
    expect(tokens.proof('u1')).toBe(minted('u1', NOW + 3600))
  })

  it('of another customer is not asked for with every event', async () => {
    const source = jest.fn(() => minted('u1'))
    open(source)
    await settle()
    for (let n = 0; n < 50; n++) {
      expect(tokens.proof('u2')).toBeUndefined()
      expect(tokens.proof('u1')).toBeDefined()
      await jest.advanceTimersByTimeAsync(10)
    }
    expect(source).toHaveBeenCalledTimes(2)
    await jest.advanceTimersByTimeAsync(30_000)
    tokens.proof('u2')
    tokens.proof('u2')
    expect(source).toHaveBeenCalledTimes(3)
  })

  it('has one timer, however many pay in turn', async () => {
    let user = 'u1'
    open(() => minted(user))
    await settle()
    tokens.proof('u1')
    user = 'u2'
    tokens.proof('u2')
    await settle()
    expect(jest.getTimerCount()).toBe(1)
  })

  it('that fails again, after one had come, is reported again', async () => {
    let isFailing = true
    open(async () => {
      if (isFailing) throw new Error('no')
      return minted('u1', Math.floor(Date.now() / 1000))
    })
    await jest.advanceTimersByTimeAsync(10)
    isFailing = false
    await jest.advanceTimersByTimeAsync(2_000)
    isFailing = true
    await jest.advanceTimersByTimeAsync(481_000)
    expect(reports).toEqual(['token failed: Error: no', 'token failed: Error: no'])
  })

  it('that lives for a moment only is asked for once a second, not in a hot loop', async () => {
    const source = jest.fn(() => jwt({ sub: 'u1', exp: Date.now() / 1000 + 0.01 }))
    open(source)
    await jest.advanceTimersByTimeAsync(10_500)
    expect(source).toHaveBeenCalledTimes(11)
  })

  it('that was refused is not asked for where somebody else uses the page by now, who would get their own', async () => {
    let user = 'u1'
    const source = jest.fn(() => minted(user))
    open(source)
    await settle()
    tokens.proof('u1')
    user = 'u2'
    tokens.proof('u2')
    await settle()
    expect(source).toHaveBeenCalledTimes(2)
    renew('u1', minted('u1'))
    expect(source).toHaveBeenCalledTimes(2)
  })

  it('without an expiry, or with a far one, sets no timer that fires at once', async () => {
    const source = jest.fn(() => jwt({ sub: 'u1', exp: NOW + 10 ** 9 }))
    open(source)
    await jest.advanceTimersByTimeAsync(24 * 3600 * 1000)
    expect(source).toHaveBeenCalledTimes(1)
  })
})

describe('an opaque token', () => {
  it('proves who paid when it was asked for, or first, and another is asked for when somebody else pays', async () => {
    let n = 0
    open(async () => `t${++n}`)
    await settle()
    expect(tokens.proof('u1')).toBe('t1')
    expect(tokens.proof('u2')).toBeUndefined()
    await settle()
    expect(told).toEqual([['u2', 't2']])
    expect(tokens.proof('u2')).toBe('t2')
    expect(tokens.proof('u1')).toBe('t1')
  })

  it('that comes after the first event is that event\'s customer\'s', async () => {
    let answer = (_token: string) => {}
    open(() => new Promise<string>((resolve) => (answer = resolve)))
    expect(tokens.proof('u1')).toBeUndefined()
    const first = answer
    expect(tokens.proof('u2')).toBeUndefined()
    first('t1')
    await settle()
    expect(told).toEqual([['u1', 't1']])
    answer('t2')
    await settle()
    expect(told).toEqual([['u1', 't1'], ['u2', 't2']])
  })

  it('that is a constant proves whoever pays', async () => {
    open('constant')
    for (const customer of ['a1', 'u1']) {
      await settle()
      tokens.proof(customer)
      await settle()
      expect(tokens.proof(customer)).toBe('constant')
    }
  })

  it.each(['a.b.c', 'a.bnVsbA.c', 'a..', '…'])('may look like anything: %s', async (token) => {
    open(token)
    await settle()
    expect(tokens.proof('u1')).toBe(token)
  })
})

describe('renewing', () => {
  it('asks anew for who uses the page, and tells of what comes', async () => {
    let n = 0
    open(() => `t${++n}`)
    await settle()
    expect(tokens.proof('u1')).toBe('t1')
    renew('u1', 't1')
    await asked
    expect(told).toEqual([['u1', 't2']])
    expect(tokens.proof('u1')).toBe('t2')
  })

  it('never gives one person\'s token to what another left behind', async () => {
    const source = jest.fn(() => 'of-u2')
    open(source)
    renew('u1', 'of-before')
    await settle()
    expect(tokens.proof('u2')).toBe('of-u2')
    const calls = source.mock.calls.length
    renew('u1', 'of-before')
    await settle()
    expect(source).toHaveBeenCalledTimes(calls)
    expect(told).toEqual([])
  })

  it('tells again of a token that was refused, but is given again, for what came meanwhile', async () => {
    open(minted('u1'))
    await settle()
    tokens.proof('u1')
    renew('u1', minted('u1'))
    await settle()
    expect(tokens.proof('u1')).toBe(minted('u1'))
    expect(told).toEqual([['u1', minted('u1')], ['u1', minted('u1')]])
  })

  it('asks once, however many batches were refused', async () => {
    let made = 0
    const source = jest.fn(async () => minted('u1', NOW + made++))
    open(source)
    await settle()
    const first = tokens.proof('u1')!
    for (let batch = 0; batch < 5; batch++) renew('u1', first)
    await settle()
    expect(source).toHaveBeenCalledTimes(2)
  })

  it('offers what leftovers were refused with an older one the token that there is', async () => {
    const source = jest.fn(() => minted('u1'))
    open(source)
    await settle()
    tokens.proof('u1')
    for (let batch = 0; batch < 5; batch++) renew('u1', 'an older one')
    await settle()
    expect(source).toHaveBeenCalledTimes(1)
    expect(told).toHaveLength(6)
    expect(tokens.proof('u1')).toBe(minted('u1'))
  })

  it('does not let an answer that comes late take the place of who pays now', async () => {
    const answers: Record<string, (token: string) => void> = {}
    let who = ''
    open(() => new Promise((resolve) => (answers[who] = resolve)))
    await settle()
    const ask = (customer: string) => {
      who = customer
      tokens.proof(customer)
    }
    answers['']!(minted('a'))
    await settle()
    ask('b')
    ask('c')
    answers['c']!(minted('c'))
    await settle()
    answers['b']!(minted('b'))
    await settle()
    expect(tokens.proof('c')).toBe(minted('c'))
    expect(told.map(([customer]) => customer)).toEqual(['a', 'c', 'b'])
  })
})

describe('a function that fails', () => {
  it('is reported once, asked again with backoff, and reported again only after it had worked', async () => {
    let works = false
    const source = jest.fn(() => {
      if (works) return minted('u1')
      throw new Error('boom')
    })
    open(source)
    const times: number[] = []
    for (let second = 0; second < 130; second++) {
      await jest.advanceTimersByTimeAsync(second ? 1000 : 0)
      if (source.mock.calls.length > times.length) times.push(second)
    }
    expect(times).toEqual([0, 1, 3, 7, 15, 31, 63, 123])
    expect(reports).toEqual(['token failed: Error: boom'])
    works = true
    await jest.advanceTimersByTimeAsync(60_000)
    expect(tokens.proof('u1')).toBe(minted('u1'))
  })

  it('is asked again at once for who pays first after that', async () => {
    const source = jest.fn(() => {
      if (source.mock.calls.length > 4) return minted('u1')
      throw new Error('nobody is logged in')
    })
    open(source)
    await jest.advanceTimersByTimeAsync(10_000)
    expect(source).toHaveBeenCalledTimes(4)
    tokens.proof('u1')
    await asked
    expect(told).toEqual([['u1', minted('u1')]])
  })

  it.each([undefined, null, '', 5, {}])('or gives %j is the same', async (nothing) => {
    open((async () => nothing) as never)
    await settle()
    expect(reports).toEqual(['token failed: TypeError: no string'])
    expect(tokens.proof('u1')).toBeUndefined()
  })

  it('or never answers keeps nobody waiting but for that token', async () => {
    const source = jest.fn(() => new Promise<string>(() => {}))
    open(source)
    expect(tokens.proof('u1')).toBeUndefined()
    await jest.advanceTimersByTimeAsync(30_000)
    tokens.proof('u1')
    expect(source).toHaveBeenCalledTimes(2)
  })
})

it('ends with close: no timer, and no news', async () => {
  const source = jest.fn(async () => minted('u1'))
  open(source)
  tokens.close()
  await jest.advanceTimersByTimeAsync(3600_000)
  expect(source).toHaveBeenCalledTimes(1)
  expect(told).toEqual([])
  expect(jest.getTimerCount()).toBe(0)
})
