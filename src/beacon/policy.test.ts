import { watchPolicy } from './policy.js'

const violate = (blockedURI: string) =>
  document.dispatchEvent(Object.assign(new Event('securitypolicyviolation'), { blockedURI }))

it('a policy that forbids the collector is reported once, and no other', () => {
  const warnings: string[] = []
  const closing = new AbortController()
  watchPolicy('https://usage.example.com', (message) => warnings.push(message), closing.signal)
  violate('https://ads.example.com/pixel')
  violate('inline')
  expect(warnings).toEqual([])
  violate('https://usage.example.com/in?b=b0')
  violate('https://usage.example.com/in?b=b1')
  expect(warnings).toEqual([expect.stringContaining('connect-src https://usage.example.com')])
  closing.abort()
})
