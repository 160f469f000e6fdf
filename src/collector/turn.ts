// Taken at once, so that it is the real one whatever a test makes of time later on.
const { setImmediate } = globalThis

/** Resolves when what has arrived on the connections meanwhile has been read. */
export const nextTurn: (() => Promise<void>) | null = () => new Promise((resolve) => setImmediate(resolve))
