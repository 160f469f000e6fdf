/** What `read` gives; `NaN`, which is nothing's value, where it throws. */
export function tried<T>(read: () => T): T | number {
  try {
    return read()
  } catch {
    return NaN
  }
}
