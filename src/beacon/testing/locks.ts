type Hold = (lock: object | null) => Promise<void> | void

/** Stands in for `navigator.locks`, which jsdom lacks, as the browser shares it between pages of an origin. */
export function fakeLocks() {
  const held = new Map<string, () => void>()
  return {
    held,
    /** A page's own view. `crash` releases what it holds, as the browser does; it asks for nothing more. */
    page() {
      const mine = new Set<string>()
      let alive = true
      return {
        async request(name: string, _: { ifAvailable: true }, hold: Hold) {
          await Promise.resolve()
          if (!alive) return
          if (held.has(name)) return hold(null)
          const crashed = new Promise<void>((release) => held.set(name, release))
          mine.add(name)
          await Promise.race([hold({ name }), crashed])
          mine.delete(name)
          held.delete(name)
        },
        crash() {
          alive = false
          mine.forEach((name) => held.get(name)?.())
        },
      } as unknown as LockManager & { crash(): void }
    },
  }
}
