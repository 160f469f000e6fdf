/** Workers may not let one request wait for another's, so there nothing is gathered. */
export const nextTurn: (() => Promise<void>) | null = null
