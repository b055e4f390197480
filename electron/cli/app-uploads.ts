import { resolve } from 'node:path'
import type { SessionView } from '../contract/account.ts'
import type { Settings } from '../contract/settings.ts'
import { pausingTotals, type Totals, type UploadRow } from '../contract/uploads.ts'
import type { HostConnection } from '../host/connect-host.ts'
import type { UploadEngine } from './command-context.ts'

type Listener = Parameters<UploadEngine['subscribe']>[0]

/** The uploads of this command in the running app, like those of an engine of this process. */
export function createAppUploads(
  { calls, listen }: Pick<HostConnection, 'calls' | 'listen'>,
  session: SessionView,
  review: Settings['review'],
): UploadEngine & { readonly addedCount: () => number } {
  const rows = new Map<string, UploadRow>()
  const listeners = new Set<Listener>()
  let approve: Parameters<UploadEngine['add']>[1]['approve']
  let abandonedCount = 0
  let addedCount = 0
  let own: Promise<ReadonlySet<string>> | null = null

  listen({
    uploads(patch) {
      for (const row of patch.changed) rows.set(row.id, row)
      for (const id of patch.removed) rows.delete(id)
      const totals = { ...patch.totals, ...sumsOf([...rows.values()]) }
      for (const { patch: report } of listeners) report?.({ ...patch, totals })
    },
    verified({ id, verification }) {
      for (const { verified } of listeners) verified?.(id, verification)
    },
    leftOut(upload) {
      for (const { leftOut } of listeners) leftOut?.({ ...upload, accountId: '' })
    },
    unlisted(failure) {
      for (const { library } of listeners) library?.({ teamId: '', failure })
    },
    proposal(proposal) {
      void approve?.(proposal).then((accepted) => calls.answerProposal(accepted && [...accepted]))
    },
  })

  return {
    calls,
    /** For how many teams files were added. */
    addedCount: () => addedCount,
    session: () => session,
    async add(paths, request) {
      approve = request.approve
      const asked = request.review === 'first' ? 'asked-first' : 'asked'
      const report = await calls.addPaths({
        paths: paths.map((path) => resolve(path)),
        team: request.team,
        target: { ...request.target },
        allow: [...(request.allow ?? [])],
        onConflict: request.onConflict ?? null,
        review,
        approval: request.approve ? asked : 'given',
      })
      // The caller notices the end of the connection.
      if (!report.ok && report.failure.code === 'app-ended') return new Promise(() => {})
      addedCount += 1
      return report
    },
    snapshot: () => ({ rows: [...rows.values()], totals: sumsOf([...rows.values()]) }),
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async cleanUpAbandoned() {
      const left = await calls.cleanUpStorage(undefined)
      if (left.ok) abandonedCount = left.value
    },
    abandonedCount: () => abandonedCount,
    stopAdding: () => (own ??= calls.stopAdding(undefined).then((ids) => new Set(ids.ok ? ids.value : []))),
  }
}

type Sums = Pick<Totals, 'totalBytes' | 'movedBytes' | 'bytesPerSecond' | 'secondsLeft' | 'pausing'>

/** What is shown of this command's uploads together; the app's totals are about all uploads. */
function sumsOf(rows: readonly UploadRow[]): Sums {
  const sum = (of: (row: UploadRow) => number) => rows.reduce((total, row) => total + of(row), 0)
  const totalBytes = sum(({ sizeBytes }) => sizeBytes)
  const movedBytes = sum((row) =>
    row.phase === 'registered' ? row.sizeBytes : row.sentBytes + row.inFlightBytes,
  )
  const bytesPerSecond = sum((row) => row.bytesPerSecond ?? 0) || null
  return {
    totalBytes,
    movedBytes,
    bytesPerSecond,
    secondsLeft: bytesPerSecond === null ? null : Math.ceil((totalBytes - movedBytes) / bytesPerSecond),
    pausing: pausingTotals(rows),
  }
}
