import { failure, type Failure, type FailureCode, type Result } from '../contract/failures.ts'
import type { Environment } from '../platform/environment.ts'
import type { FileIdentity } from '../platform/file-identity.ts'
import type { Rows } from '../journal/rows.ts'

/** What a file looks like while it is still being copied, and no more a moment later. */
const mayPass: ReadonlySet<FailureCode> = new Set([
  'file-empty',
  'file-hollow',
  'file-cut-short',
  'file-damaged-header',
  'file-not-scanned',
  'file-part-missing',
])

/** A file that was written to within this time may be written to again, in ms; copying seldom pauses for longer. */
const freshMs = 5_000
const lookAfterMs = 5_000

const isFresh = ({ mtimeNs }: FileIdentity, nowMs: number) =>
  Math.abs(nowMs - Number(mtimeNs / 1_000_000n)) < freshMs

/** What is told of a file that has changed since it was refused, and is refused again: while it grows, that it does. */
export function isBeingWritten(seen: Failure, identity: FileIdentity, nowMs: number): Failure {
  return mayPass.has(seen.code) && isFresh(identity, nowMs) ? failure('file-being-written') : seen
}

export interface Rechecks {
  /** These were refused just now: files that may still have been copied are looked at again by themselves. */
  refused(ids: readonly string[]): void
  /** What was still being written when the last process ended. */
  resume(): void
  close(): void
}

/** Looks again at files that were written to moments before they were refused, for as long as they grow. */
export function createRechecks(options: {
  readonly rows: Pick<Rows, 'get' | 'ids'>
  /** Looks at a file again and queues it if it is sound. */
  readonly retry: (ids: readonly string[]) => Promise<Result<void>>
  readonly environment: Pick<Environment, 'now' | 'timers'>
}): Rechecks {
  const { rows, retry, environment } = options
  const waiting = new Set<string>()
  let cancel: (() => void) | null = null
  let isClosed = false

  const codeOf = (id: string) => {
    const row = rows.get(id)
    return row?.live.phase === 'failed' ? row.record.failure?.code : undefined
  }

  function mayBeWritten(id: string): boolean {
    const code = codeOf(id)
    const identity = rows.get(id)?.record.identity
    if (code === undefined || identity === undefined) return false
    return code === 'file-being-written' || (mayPass.has(code) && isFresh(identity, environment.now()))
  }

  function wait(ids: readonly string[]): void {
    for (const id of ids) waiting.add(id)
    if (waiting.size > 0 && !isClosed) cancel ??= environment.timers.after(lookAfterMs, look)
  }

  function look(): void {
    cancel = null
    const ids = [...waiting].filter((id) => codeOf(id) !== undefined)
    waiting.clear()
    // Each that is refused once more is told of by whoever looked.
    void retry(ids)
  }

  return {
    refused: (ids) => wait(ids.filter(mayBeWritten)),
    resume: () => wait(rows.ids().filter((id) => codeOf(id) === 'file-being-written')),
    close() {
      isClosed = true
      cancel?.()
    },
  }
}
