export type Scalar = string | number | boolean | bigint

/** Whether there is anything to send: `null`, `undefined`, functions, symbols and blank texts are nothing. */
export const isScalar = (value: unknown): value is Scalar =>
  typeof value === 'string' ? value.trim() !== '' : /^[nb]/.test(typeof value)

export const finite = (value: unknown): number | undefined =>
  Number.isFinite(value) ? (value as number) : undefined

/** An id as it is sent: a text verbatim, a number as a text, `''` for all else. Names are read alike. */
export const idOf = (value: unknown): string =>
  typeof value === 'string' ? value : String(finite(value) ?? '')

/** `/` and `|` never travel inside of a value. */
export const withoutSeparators = (text: string): string => text.replace(/[/|]/g, '_')

/** A scalar as a dimension's value. The 200 that it is cut to are code points: no surrogate pair is halved. */
export const dimensionValue = (value: Scalar): string =>
  withoutSeparators(/^[^]{0,200}/u.exec(String(value))![0])

/** `Number` would read blanks, hexadecimal and `Infinity` too. */
const NOT_DECIMAL = /[^\d.e+\s-]|^\s*$/i

/**
 * A meter's value: 1 where none is given, a finite number as it is, a decimal text's number (blanks
 * around it do not matter); `undefined` for anything else, for usage is never guessed.
 */
export const meterValueOf = (value: unknown): number | undefined =>
  finite(typeof value === 'string' && !NOT_DECIMAL.test(value) ? Number(value) : value ?? 1)
