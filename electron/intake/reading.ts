import { success, type Result } from '../contract/failures.ts'
import type { AddReport, ReadingView } from '../contract/uploads.ts'
import { isAborted } from '../platform/aborted.ts'
import { raceAbort } from '../platform/delays.ts'
import type { Environment } from '../platform/environment.ts'

/** A drop that is read for less is not reported; ten reports a second look steady. */
const reportEveryMs = 100

/** What adding files needs to show its progress and to be stopped. */
export interface ReadingRequest {
  readonly signal: AbortSignal
  readonly onProgress: (progress: ReadingView) => void
}

/** Drops whose files are being found and checked. The user sees and stops them together. */
export interface Reading {
  /** Adds files; resolves as soon as it is stopped, although a call on a hanging disk may never return. */
  run(add: (request: ReadingRequest) => Promise<Result<AddReport>>): Promise<Result<AddReport>>
  /** Ends all of them, and removes what they have added. Returns whether there was any. */
  stop(): boolean
}

export function createReading(options: {
  readonly timers: Environment['timers']
  /** Null once nothing is read any more. */
  readonly onChange: (view: ReadingView | null) => void
  /** Removes the uploads of a drop. */
  readonly undoAdd: (drop: string) => Promise<unknown>
}): Reading {
  const { timers, onChange, undoAdd } = options
  const running = new Map<AbortController, ReadingView>()
  let cancelReport: (() => void) | null = null
  let isShown = false

  // Reported again and again, since a page may have been loaded meanwhile.
  function reportSoon(): void {
    cancelReport ??= timers.after(reportEveryMs, () => {
      cancelReport = null
      isShown = true
      onChange(sumOf([...running.values()]))
      reportSoon()
    })
  }

  function ended(stopping: AbortController): void {
    running.delete(stopping)
    if (running.size > 0) return
    cancelReport?.()
    cancelReport = null
    if (isShown) onChange(null)
    isShown = false
  }

  return {
    async run(add) {
      const stopping = new AbortController()
      const { signal } = stopping
      running.set(stopping, { foundCount: 0, checkedCount: null })
      reportSoon()
      const adding = add({
        signal,
        onProgress: (progress) => running.has(stopping) && running.set(stopping, progress),
      })
      try {
        const report = await raceAbort(adding, signal)
        if (!isAborted(report)) return report
        void adding.then(
          (late) => late.ok && late.value.drop !== undefined && undoAdd(late.value.drop),
          () => {},
        )
        return success({ added: 0, refused: 0, skipped: [] })
      } finally {
        ended(stopping)
      }
    },
    stop() {
      for (const stopping of running.keys()) stopping.abort()
      return running.size > 0
    },
  }
}

function sumOf(views: readonly ReadingView[]): ReadingView {
  const isFinding = views.some(({ checkedCount }) => checkedCount === null)
  return {
    foundCount: views.reduce((sum, { foundCount }) => sum + foundCount, 0),
    checkedCount: isFinding ? null : views.reduce((sum, { checkedCount }) => sum + (checkedCount ?? 0), 0),
  }
}
