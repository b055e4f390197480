export type Size = 'large' | 'small'

/** The uploads that wait for a place, each with the time from which it may run. Starts nothing. */
export interface WaitingList {
  readonly size: number
  has(id: string): boolean
  put(id: string, fromMs: number): void
  delete(id: string): boolean
  /** Whether it may run, as far as `becomeReady` knows. */
  isReady(id: string): boolean
  /** Takes note that these are ready whose time has come. */
  becomeReady(nowMs: number): void
  /** The next time at which one becomes ready; Infinity when none will. */
  nextMs(): number
  /** Takes out up to `count` that are ready, lowest position first, equal ones in the order they came. */
  take(size: Size, count: number): string[]
  /** Positions have changed. */
  reorder(): void
}

/** Sorted only when somebody is taken, so that ten thousand uploads can be put in one by one. */
export function createWaitingList(options: {
  readonly positionOf: (id: string) => number
  readonly isSmall: (id: string) => boolean
}): WaitingList {
  const { positionOf, isSmall } = options
  const ready = new Set<string>()
  const delayed = new Map<string, number>()
  /** Last comes first; may hold ids that have gone. */
  let lists: Record<Size, string[]> | null = null

  function sorted(): Record<Size, string[]> {
    if (lists) return lists
    lists = { large: [], small: [] }
    const placed = Array.from(ready, (id) => ({ id, position: positionOf(id) }))
    for (const { id } of placed.sort((a, b) => a.position - b.position).reverse())
      lists[isSmall(id) ? 'small' : 'large'].push(id)
    return lists
  }

  return {
    get size() {
      return ready.size + delayed.size
    },
    has: (id) => ready.has(id) || delayed.has(id),
    put(id, fromMs) {
      delayed.set(id, fromMs)
    },
    delete: (id) => ready.delete(id) || delayed.delete(id),
    isReady: (id) => ready.has(id),
    becomeReady(nowMs) {
      for (const [id, fromMs] of delayed) {
        if (fromMs > nowMs) continue
        delayed.delete(id)
        ready.add(id)
        lists = null
      }
    },
    nextMs() {
      let soonestMs = Infinity
      for (const fromMs of delayed.values()) soonestMs = Math.min(soonestMs, fromMs)
      return soonestMs
    },
    take(size, count) {
      const taken: string[] = []
      if (count <= 0 || ready.size === 0) return taken
      const list = sorted()[size]
      while (taken.length < count) {
        const id = list.pop()
        if (id === undefined) break
        if (ready.delete(id)) taken.push(id)
      }
      return taken
    },
    reorder() {
      lists = null
    },
  }
}
