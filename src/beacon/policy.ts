/**
 * Tells when the page's Content-Security-Policy forbids the collector: some browsers then take a beacon and
 * do not send it, without a word.
 * @see https://www.w3.org/TR/CSP3/#directive-connect-src
 */
export function watchPolicy(origin: string, warn: (message: string) => void, signal: AbortSignal): void {
  let warned = false
  const onViolation = ({ blockedURI }: SecurityPolicyViolationEvent) => {
    if (!warned && blockedURI.startsWith(origin)) warn(`the page's Content-Security-Policy lacks connect-src ${origin}, usage waits`)
    warned ||= blockedURI.startsWith(origin)
  }
  document.addEventListener('securitypolicyviolation', onViolation, { signal })
}
