export type Scalar = string | number | boolean

/** A scalar as a text; `''` where there is nothing to send: objects, `null`, functions, symbols, blank texts. */
export const textOf = (value: unknown): string =>
  typeof value === 'string' ? value.trim() && value : /number|boolean/.test(typeof value) ? String(value) : ''

/** A scalar as a value that is sent: `/` and `|` never travel. */
export const withoutSeparators = <T>(value: T): T => (typeof value === 'string' ? value.replace(/[/|]/g, '_') as T : value)

/** A Date as the text that it is in JSON. An invalid one throws. */
export const plain = (value: unknown): unknown => (value as Partial<Date> | undefined)?.toISOString?.() ?? value
