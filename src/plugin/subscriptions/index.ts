/** What is loaded only where there are subscriptions: Segment's runtime, and Amberflo's actions for it. */
export { createRunner, type Runner } from './run.js'
