import type { ConnectivityState, Patch, Snapshot, UploadRow } from '../../contract/uploads.ts'
import {
  holdReasonOf,
  queueConditionsOf,
  waitsForUpload,
  type HoldReason,
} from '../../contract/upload-status.ts'
import type { Verification } from '../../contract/verification.ts'
import { isRunning } from '../../journal/upload-phase.ts'
import type { EngineClient } from '../engine-client.ts'
import type { UploadReporter } from '../output/output.ts'

/** Reports the progress and the result of each upload of this command. */
export interface UploadFollower {
  /**
   * Resolves once there are `count` uploads and all are verified, failed, skipped or left in review. Skipped ones
   * are not in the result.
   */
  waitUntilEnded(count: number): Promise<readonly UploadRow[]>
  /** Names of those that someone has removed from the queue before they ended. */
  readonly removedNames: readonly string[]
}

export interface UploadSource extends Pick<EngineClient, 'subscribe'> {
  snapshot(): Pick<Snapshot, 'rows'>
  /** Uploads that are reported only when they change. */
  readonly known?: readonly UploadRow[]
  /** This command stops its uploads itself. */
  readonly isStopping?: () => boolean
}

/** Reports what uploads wait for, each once. */
function createWaitReports({ isStopping }: UploadSource, reporter: UploadReporter) {
  let connectivity: ConnectivityState = 'ok'
  let held: HoldReason | null = null
  return {
    reportRow(row: UploadRow, before: UploadRow | undefined): void {
      const { phase, failure, retryAtMs } = row
      // Its time to check again has passed, but no place is free.
      const isOverdue = retryAtMs === null && failure !== null && waitsForUpload(failure)
      const hasChanged = before?.phase !== phase || (before.retryAtMs !== retryAtMs && !isOverdue)
      if (phase === 'retrying' && hasChanged) reporter.waiting(row)
      if (phase === 'paused' && hasChanged && isStopping?.() !== true) reporter.held('paused', row)
    },
    reportConnectivity(state: ConnectivityState): void {
      if (state !== connectivity) reporter.connectivity((connectivity = state))
    },
    reportHold(patch: Patch, rows: readonly UploadRow[]): void {
      const reason = holdReasonOf(queueConditionsOf(patch))
      const isWaiting = rows.some(({ phase }) => phase === 'waiting' || phase === 'retrying')
      if (reason !== held && (isWaiting || reason === null)) reporter.held((held = reason), null)
    },
  }
}

export function followUploads(engine: UploadSource, reporter: UploadReporter): UploadFollower {
  const rows = new Map((engine.known ?? []).map((row) => [row.id, row]))
  const ended = new Set<string>()
  const skipped = new Set<string>()
  const removedNames: string[] = []
  const registered = new Set<string>()
  const verifications = new Map<string, Verification | null>()
  const waits = createWaitReports(engine, reporter)
  let awaited: { readonly count: number; readonly resolve: (rows: readonly UploadRow[]) => void } | null =
    null

  /**
   * A failed upload whose file is added again restarts in a moment, so failures count only once all uploads are
   * enqueued.
   */
  const hasEnded = ({ id, phase, already }: UploadRow) =>
    phase === 'registered'
      ? already !== undefined || verifications.has(id)
      : phase === 'failed' && awaited !== null

  function report(row: UploadRow): void {
    const before = rows.get(row.id)
    rows.set(row.id, row)
    if (!before) reporter.queued(row)
    waits.reportRow(row, before)
    if (row.phase === 'registered') reportRegistered(row)
    if (hasEnded(row)) reportEnd(row)
    // A failed upload may be tried again.
    else if (row.phase !== 'registered') ended.delete(row.id)
  }

  function reportRegistered(row: UploadRow): void {
    if (registered.has(row.id)) return
    registered.add(row.id)
    if (row.already) reporter.alreadyInLibrary(row)
    else reporter.registered(row)
  }

  function reportEnd(row: UploadRow): void {
    if (ended.has(row.id)) return
    ended.add(row.id)
    if (row.phase !== 'registered') reporter.failed(row)
    else if (!row.already) reporter.verified(row, verifications.get(row.id) ?? null)
  }

  function leaveOut(id: string): void {
    skipped.add(id)
    rows.delete(id)
  }

  function applyPatch(patch: Patch): void {
    const { changed, removed, totals } = patch
    waits.reportConnectivity(patch.line)
    changed.forEach(report)
    waits.reportHold(patch, [...rows.values()])
    for (const id of removed) {
      const row = rows.get(id)
      if (row && !ended.has(id)) removedNames.push(row.fileName)
      leaveOut(id)
    }
    const transferring = changed.filter(({ phase }) => phase === 'sending' || phase === 'finishing')
    reporter.progress(transferring, {
      running: [...rows.values()].filter(({ phase }) => isRunning(phase)),
      totals,
      uploadCount: rows.size + skipped.size,
      endedCount: ended.size,
    })
    resolveIfEnded()
  }

  function resolveIfEnded(): void {
    if (!awaited || rows.size + skipped.size < awaited.count) return
    const all = [...rows.values()]
    if (all.every(({ id, phase }) => ended.has(id) || phase === 'review')) awaited.resolve(all)
  }

  let isLibraryFailureReported = false
  engine.subscribe({
    uploads: applyPatch,
    unlisted(failure) {
      if (isLibraryFailureReported) return
      isLibraryFailureReported = true
      reporter.libraryNotListed(failure)
    },
    verified({ id, verification }) {
      verifications.set(id, verification)
      const row = rows.get(id)
      if (row) rows.set(id, { ...row, verification: verification ?? undefined })
      if (row && hasEnded(row)) reportEnd(row)
      resolveIfEnded()
    },
    leftOut({ id, fileName }) {
      ended.add(id)
      leaveOut(id)
      reporter.skipped({ name: fileName, reason: 'path-taken' })
      resolveIfEnded()
    },
  })
  return {
    removedNames,
    waitUntilEnded: (count) =>
      new Promise((resolve) => {
        awaited = { count, resolve }
        // Patches are delayed: some uploads may not be in `rows` yet, and others have restarted since.
        engine.snapshot().rows.forEach(report)
        resolveIfEnded()
      }),
  }
}
