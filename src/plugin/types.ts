import type { Context, Plugin, SegmentEvent } from '@segment/analytics-next'
import type { DimensionFilter, MeterNames } from '../mapping/index.js'
import type { Middleware } from './middleware.js'

/** One of Segment's action subscriptions: for which events which action runs, on which fields. */
export interface ActionSubscription {
  /** The action: `meter` or `customer`. Without one, a mapping of a customer's fields is the latter, and any other the former. */
  partnerAction?: string
  /** Which events, in Segment's filter language: `type = "track" and event = "Api Call"`. */
  subscribe: string
  /** The action's fields, as constants and mapping-kit directives such as `{ '@path': '$.userId' }`. */
  mapping?: Record<string, unknown>
  /** `false` switches the subscription off. */
  enabled?: boolean
  name?: string
}

/** What became of records and customers, once that is known. */
export interface Receipt {
  /** The batch they travelled in; `''` where they never left the page. */
  batchId: string
  /**
   * The records' own `uniqueId`s: the events' `messageId`s, unless a subscription says otherwise. For an identify, its
   * `messageId`.
   */
  uniqueIds: string[]
  /**
   * `accepted` by the collector; `rejected` as wrong; `dropped` by a rule of the page or of the outbox, or with a batch
   * that the collector can never take: it answered 400, 413 or 422.
   */
  outcome: 'accepted' | 'rejected' | 'dropped'
  /** One of the named reasons; absent when accepted. */
  reason?: string
  /** What told it: the receipt of a beacon or a `fetch`'s answer; `beacon` too where nothing was sent. */
  via: 'beacon' | 'fetch'
}

/** The settings of `amberflo()`. */
export interface AmberfloSettings {
  /** Where the collector listens: an absolute http(s) URL, or a path on the page's own origin. */
  collectorUrl: string
  /**
   * Proof of who the customer is, for the collector: a token, or a function that fetches one. It is called ahead of
   * need, again before a JWT's `exp`, and again when the customer changes, because nothing can be awaited while a page
   * unloads. Usage of a customer whom no token proves waits until one does.
   */
  token?: string | (() => string | Promise<string>)
  /**
   * Who pays: the event's user, its group (`context.groupId`, else the page's current group), or what the function
   * returns at once; empty counts as missing.
   * @default "userId"
   */
  customerId?: 'userId' | 'groupId' | ((event: SegmentEvent) => string | null | undefined)
  /**
   * What happens to usage without a customer id: metered under the anonymous id, or dropped.
   * @default "meter"
   */
  anonymousUsage?: 'meter' | 'drop'
  /** What events are called as meters; `page`, `screen` and a tracked event's own name if nothing is said. */
  meters?: MeterNames
  /** Which properties are sent as dimensions, by their names, dotted for nested ones. */
  dimensions?: DimensionFilter
  /** An event is taken only if each of these is `true` in its `context.consent.categoryPreferences`. */
  consentCategories?: readonly string[]
  /**
   * Segment's action subscriptions. Unless empty, they replace the routing and the mapping of `meters`, and are run by
   * Segment's own runtime, which is loaded only then.
   */
  subscriptions?: readonly ActionSubscription[]
  /**
   * When a batch closes: after that many records, bytes of JSON, or milliseconds since its first record.
   * @default { maxRecords: 100, maxBytes: 49152, maxDelayMs: 1000 }
   */
  batch?: { maxRecords?: number; maxBytes?: number; maxDelayMs?: number }
  /** Called when the fate of a batch, or of a record that did not get into one, is known. */
  onReceipt?: (receipt: Receipt) => void
  /**
   * Prints a line for each step of an event's way to the console.
   * @default false
   */
  debug?: boolean
}

/** The plugin, for `analytics.register`. */
export interface AmberfloPlugin extends Plugin {
  // Declared here, since the interface that has it is newer than the oldest Analytics.js that calls it.
  addMiddleware(...middleware: Middleware[]): void
  name: 'Amberflo'
  type: 'destination'
  page(ctx: Context): Promise<Context>
  screen(ctx: Context): Promise<Context>
  track(ctx: Context): Promise<Context>
  identify(ctx: Context): Promise<Context>
  /**
   * Sends at once. Resolves when the fate of all that was queued is known, or what is left waits for a token or for its
   * customer to come back.
   */
  flush(): Promise<void>
}
