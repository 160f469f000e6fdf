/**
 * Is told of each thing that was left out or replaced. The text names the place and never tells the value:
 * `properties.user.self: unreadable, left out`.
 */
export type Note = (text: string) => void
