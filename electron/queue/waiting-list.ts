export type Size = 'large' | 'small'

/** Uploads that wait to run, each with the earliest time at which it may. */
export interface WaitingList {
  readonly size: number
  has(id: string): boolean
  put(id: string, fromMs: number): void
  delete(id: string): boolean
  /** Whether it may run, as of the last `becomeReady`. */
  isReady(id: string): boolean
  /** Marks uploads as ready whose time has come. */
  becomeReady(nowMs: number): void
  /** When the next one becomes ready; Infinity when none will. */
  nextMs(): number
  /** Removes and returns up to `count` ready ones, lowest position first, equal ones in order of arrival. */
  take(size: Size, count: number): string[]
  /** Positions have changed. */
  reorder(): void
}

/** Sorts only when uploads are taken, so that ten thousand can be added one by one. */
export function createWaitingList(options: {
  readonly positionOf: (id: string) => number
  readonly isSmall: (id: string) => boolean
}): WaitingList {
  const { positionOf, isSmall } = options
  const ready = new Set<string>()
  const delayed = new Map<string, number>()
  /** Sorted descending, so that `pop` returns the lowest position; may contain ids that are gone. */
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
