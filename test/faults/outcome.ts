import type { EngineName } from '../engines/index.js'
import type { Where } from '../e2e/support/site.js'

/** How one fault went in one engine at one place of the collector. */
export interface Outcome {
  fault: string
  engine: EngineName
  where: Where
  tracked: number
  arrived: number
  /** Records beyond the first of an id. */
  doubled: number
  requests: number
  /** Why the fault cannot be had in this engine. */
  notApplicable?: string
  /** What went wrong besides, or the ids that are missing. */
  problem?: string
}

/** Something was lost, came twice, or was not even tracked. */
export const isBad = ({ notApplicable, problem, tracked, arrived, doubled }: Outcome): boolean =>
  notApplicable === undefined && (problem !== undefined || tracked === 0 || arrived !== tracked || doubled > 0)
