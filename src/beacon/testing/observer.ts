/** Stands in for `PerformanceObserver`, which jsdom lacks; `report` gives its entries to whoever observes. */
export function fakeObserver() {
  const observing = new Set<(entries: object[]) => void>()
  const observed: unknown[] = []
  class FakeObserver {
    private readonly report: (entries: object[]) => void
    constructor(callback: (list: { getEntries(): object[] }) => void) {
      this.report = (entries) => callback({ getEntries: () => entries })
    }
    observe(what: unknown) {
      observed.push(what)
      observing.add(this.report)
    }
    disconnect() {
      observing.delete(this.report)
    }
  }
  Object.assign(globalThis, { PerformanceObserver: FakeObserver })
  return {
    observed,
    count: () => observing.size,
    report: (...entries: object[]) => observing.forEach((report) => report(entries)),
    uninstall: () => Reflect.deleteProperty(globalThis, 'PerformanceObserver'),
  }
}

export type FakeObserver = ReturnType<typeof fakeObserver>
