export type Size = 'large' | 'small'

/** Uploads that wait to run, each with the earliest time at which it may. */
export interface WaitingList {
  readonly size: number
  has(id: string): boolean
  /**
   * Without a time it may run at once. With `isFixed` the time applies until it has come; `endDelays` ends only
   * other ones.
   */
  put(id: string, fromMs?: number, isFixed?: boolean): void
  delete(id: string): void
  /** Whether it may run, as of the last `becomeReady`. */
  isReady(id: string): boolean
  /** Marks uploads as ready whose time has come, and returns them. */
  becomeReady(nowMs: number): readonly string[]
  /** Marks uploads as ready whatever their time, except for fixed ones, which wait until `latestMs` at most. */
  endDelays(latestMs: number): void
  /** When the next one becomes ready; Infinity when none will. */
  nextMs(): number
  /** Removes and returns up to `count` ready ones, lowest position first, equal ones in order of arrival. */
  take(size: Size, count: number): string[]
  /** Positions have changed. */
  reorder(): void
}

/** An upload that is ready; another object if it left the list and came back. */
interface Entry {
  readonly id: string
  readonly position: number
}

/** More uploads than this that become ready at once are sorted with all others instead of being inserted. */
const maxInserted = 100

/** Sorts only when uploads are taken, so that ten thousand can be added one by one. */
export function createWaitingList(options: {
  readonly positionOf: (id: string) => number
  readonly isSmall: (id: string) => boolean
}): WaitingList {
  const { positionOf, isSmall } = options
  /** Null until it is sorted. */
  const ready = new Map<string, Entry | null>()
  const delayed = createDelayedUploads()
  /** Sorted descending, so that `pop` returns the lowest position; may contain entries that are gone. */
  let lists: Record<Size, Entry[]> | null = null

  const listOf = (id: string) => (isSmall(id) ? 'small' : 'large')

  function sorted(): Record<Size, Entry[]> {
    if (lists) return lists
    lists = { large: [], small: [] }
    const entries = Array.from(ready.keys(), (id) => ({ id, position: positionOf(id) }))
    for (const entry of entries.sort((a, b) => a.position - b.position).reverse()) {
      ready.set(entry.id, entry)
      lists[listOf(entry.id)].push(entry)
    }
    return lists
  }

  /** After those with its position, which arrived before. */
  function insert(id: string, list: Entry[]): void {
    const entry = { id, position: positionOf(id) }
    let [low, high] = [0, list.length]
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if ((list[middle]?.position ?? 0) > entry.position) low = middle + 1
      else high = middle
    }
    list.splice(low, 0, entry)
    ready.set(id, entry)
  }

  return {
    get size() {
      return ready.size + delayed.size
    },
    has: (id) => ready.has(id) || delayed.has(id),
    put: delayed.put,
    delete(id) {
      ready.delete(id)
      delayed.delete(id)
    },
    isReady: (id) => ready.has(id),
    becomeReady(nowMs) {
      const ids = delayed.takeDue(nowMs)
      if (ids.length > maxInserted) lists = null
      for (const id of ids) {
        ready.set(id, null)
        if (lists) insert(id, lists[listOf(id)])
      }
      return ids
    },
    endDelays: delayed.endDelays,
    nextMs: delayed.nextMs,
    take(size, count) {
      const taken: string[] = []
      const list = sorted()[size]
      while (taken.length < count) {
        const entry = list.pop()
        if (!entry) break
        if (ready.get(entry.id) !== entry) continue
        ready.delete(entry.id)
        taken.push(entry.id)
      }
      return taken
    },
    reorder() {
      lists = null
    },
  }
}

/** Uploads with the time from which each may run. */
function createDelayedUploads() {
  const delayed = new Map<string, { readonly fromMs: number; readonly isFixed: boolean }>()
  /** Those without a delay: looking for each among ten thousand others takes long. */
  const due = new Set<string>()
  /** The least time of the delayed ones; null if it is not known. */
  let earliestMs: number | null = Infinity

  function remove(id: string): void {
    due.delete(id)
    if (delayed.delete(id)) earliestMs = null
  }

  function delayUntil(id: string, fromMs: number, isFixed: boolean): void {
    delayed.set(id, { fromMs, isFixed })
    if (earliestMs !== null) earliestMs = Math.min(earliestMs, fromMs)
  }

  function nextMs(): number {
    if (due.size > 0) return -Infinity
    earliestMs ??= [...delayed.values()].reduce((least, { fromMs }) => Math.min(least, fromMs), Infinity)
    return earliestMs
  }

  return {
    get size() {
      return delayed.size + due.size
    },
    has: (id: string) => delayed.has(id) || due.has(id),
    put(id: string, fromMs?: number, isFixed = false) {
      remove(id)
      if (fromMs === undefined) due.add(id)
      else delayUntil(id, fromMs, isFixed)
    },
    delete: remove,
    nextMs,
    takeDue(nowMs: number): readonly string[] {
      const added = [...due]
      due.clear()
      if (nextMs() > nowMs) return added
      const ended = [...delayed].filter(([, { fromMs }]) => fromMs <= nowMs).map(([id]) => id)
      ended.forEach(remove)
      return [...ended, ...added]
    },
    endDelays(latestMs: number) {
      const added = [...due]
      const entries = [...delayed]
      due.clear()
      delayed.clear()
      earliestMs = Infinity
      for (const [id, { fromMs, isFixed }] of entries)
        if (isFixed) delayUntil(id, Math.min(fromMs, latestMs), true)
        else due.add(id)
      for (const id of added) due.add(id)
    },
  }
}
