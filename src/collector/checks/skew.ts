/** A browser's clock may be wrong by this much before its records' times are shifted. */
export const CLOCK_TOLERANCE_MS = 5 * 60 * 1000

/** How far the browser's clock is behind ours, in milliseconds; 0 when it does not say. */
export function clockDifference(sentAt: number | null, now: number): number {
  return sentAt === null ? 0 : now - sentAt
}

/** What must be added to the times of a batch. */
export function clockShift(sentAt: number | null, now: number): number {
  const difference = clockDifference(sentAt, now)
  return Math.abs(difference) > CLOCK_TOLERANCE_MS ? difference : 0
}
