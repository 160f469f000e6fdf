export type SpoolPlace = { kind: 'sqlite'; file: string } | { kind: 'redis'; url: string }

/** Where a spool's URL points: `sqlite:FILE`, `redis://…` or `rediss://…`; `null` for anything else. */
export function parseSpoolUrl(url: string): SpoolPlace | null {
  const file = /^sqlite:(?:\/\/(?=\/))?(.+)$/.exec(url)?.[1]
  // On no disk, so that it could not keep what 200 says.
  if (file === ':memory:') return null
  if (file !== undefined) return { kind: 'sqlite', file }
  return /^rediss?:$/.test(URL.canParse(url) ? new URL(url).protocol : '') ? { kind: 'redis', url } : null
}
