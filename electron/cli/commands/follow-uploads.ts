import type { ConnectivityState, Patch, UploadRow } from '../../contract/uploads.ts'
import type { Engine } from '../../engine/engine.ts'
import { isRunning } from '../../journal/upload-state.ts'
import type { Teller } from '../output/output.ts'

/** Follows the uploads of this process and tells what becomes of them. */
export interface Watch {
  /** Resolves with all uploads once `count` of them are registered or failed. */
  allEnded(count: number): Promise<readonly UploadRow[]>
}

export function watchUploads(engine: Engine, teller: Teller): Watch {
  const seen = new Map<string, UploadRow>()
  const ended = new Set<string>()
  const underWay = new Map<string, UploadRow>()
  let line: ConnectivityState = 'ok'
  let wanted: { readonly count: number; readonly resolve: (rows: readonly UploadRow[]) => void } | null = null

  /** An upload that was taken up after a failure goes on in a moment: until all are in, no failure counts. */
  const isOver = (row: UploadRow) => row.phase === 'registered' || (row.phase === 'failed' && wanted !== null)

  function tell(row: UploadRow): void {
    const before = seen.get(row.id)
    seen.set(row.id, row)
    if (isRunning(row.phase)) underWay.set(row.id, row)
    else underWay.delete(row.id)
    if (!before) teller.queued(row)
    const moved = before?.phase !== row.phase || before.retryAtMs !== row.retryAtMs
    if (row.phase === 'retrying' && moved) teller.waiting(row)
    if (isOver(row)) tellEnd(row)
  }

  function tellEnd(row: UploadRow): void {
    if (ended.has(row.id)) return
    ended.add(row.id)
    if (row.phase !== 'registered') teller.failed(row)
    else if (row.already) teller.already(row)
    else teller.registered(row)
  }

  function take(patch: Patch): void {
    const { changed, totals } = patch
    if (patch.line !== line) teller.line((line = patch.line))
    changed.forEach(tell)
    const moving = changed.filter(({ phase }) => phase === 'sending' || phase === 'finishing')
    const standing = { running: [...underWay.values()], totals, count: seen.size, endedCount: ended.size }
    teller.moving(moving, standing)
    settle()
  }

  function settle(): void {
    if (wanted && ended.size >= wanted.count) wanted.resolve([...seen.values()])
  }

  let isUnlistedTold = false
  engine.subscribe({
    patch: take,
    library({ failure }) {
      if (!failure || isUnlistedTold) return
      isUnlistedTold = true
      teller.unlisted(failure)
    },
    leftOut({ id, fileName }) {
      ended.add(id)
      teller.skipped(fileName, 'path-taken')
      settle()
    },
  })
  return {
    allEnded: (count) =>
      new Promise((resolve) => {
        wanted = { count, resolve }
        for (const row of seen.values()) if (isOver(row)) tellEnd(row)
        settle()
      }),
  }
}
