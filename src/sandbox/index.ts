export { ConnectionReset, createSandbox, type SandboxOptions } from './sandbox.js'
export type { Fault } from './faults.js'
export { serveSandbox, type ServeOptions } from './serve.js'
