import { remedyOf, retryClassOf, success, type Failure, type Result } from '../../contract/failures.ts'
import type { UploadRow } from '../../contract/uploads.ts'
import { formatBytes } from '../../messages/format-size.ts'
import type { UploadContext } from '../command-context.ts'
import type { EngineClient } from '../engine-client.ts'
import { exitCodes } from '../exit-codes.ts'
import { describeFailure, type StopSummary } from '../output/output.ts'

/**
 * Removes failures that a later run can't fix, so that the app doesn't show them. Uploads that storage has
 * data of stay, since another run continues them.
 */
export async function removeFailedUploads(engine: EngineClient): Promise<void> {
  const ownIds = await engine.stopWork()
  // Not as they were reported: a failed upload may have restarted since.
  const removable = engine
    .snapshot()
    .rows.filter(
      (row) =>
        row.phase === 'failed' &&
        row.failure &&
        isOfFileOrTarget(row.failure) &&
        !isInStorage(row) &&
        ownIds.has(row.id),
    )
  if (removable.length === 0) return
  await engine.calls.cancel({ ids: removable.map(({ id }) => id) })
  await cleanUpStorage(engine)
}

/** Whether only another file or target helps. The app asks about path conflicts. */
function isOfFileOrTarget(failure: Failure): boolean {
  if (retryClassOf(failure) !== 'never') return false
  const remedy = remedyOf(failure)
  return failure.code.startsWith('file-') || remedy === 'edit' || remedy === 'remove'
}

/** Whether storage has acknowledged parts or the whole object. */
const isInStorage = ({ sentBytes, storageKey }: UploadRow) => sentBytes > 0 || storageKey !== null

/**
 * Stops all uploads after Ctrl-C: removes them, or pauses them, so that the app doesn't resume them by
 * itself. Returns the exit code.
 */
export async function stopUploads(
  context: UploadContext,
  { command, remove }: { readonly command: 'resume' | 'upload'; readonly remove: boolean },
): Promise<number> {
  const { engine, streams, reporter, interruption } = context
  const ownIds = await engine.stopWork()
  const idsLeft = () =>
    engine.snapshot().rows.flatMap(({ id, phase }) => (phase !== 'registered' && ownIds.has(id) ? [id] : []))
  const paused = remove ? success(undefined) : await pauseUploads(idsLeft(), context)
  reporter.finished()
  const ids = idsLeft()
  const finish = (sentence: string, summary: Omit<StopSummary, 'uploads'> & Partial<StopSummary>) => {
    reporter.stopped({ uploads: ids.length, ...summary })
    streams.err.line(sentence)
    return interruption.exitCode
  }
  if (ids.length === 0) return finish('Stopped. No uploads were left.', { kept: !remove, leftBehind: 0 })
  if (!paused.ok) {
    const sentence = `Stopped, but the pause couldn’t be saved. ${describeFailure(paused.failure)}`
    return finish(sentence, { kept: true, leftBehind: 0 })
  }
  if (!remove) {
    const alternative = command === 'resume' ? '' : ' or: modelferry resume'
    return finish(`Paused. Uploaded data is kept. To continue, run the same command${alternative}.`, {
      kept: true,
      leftBehind: 0,
    })
  }
  streams.err.line(
    'Cancelling these uploads. Press Ctrl-C again to stop at once; the rest is deleted at the next start.',
  )
  const removed = await engine.calls.cancel({ ids })
  const isPartial = !removed.ok && removed.failure.code === 'not-registered-yet'
  if (!removed.ok && !isPartial)
    return finish('The uploads couldn’t be cancelled. They stay in the queue.', { kept: true, leftBehind: 0 })
  const pausedRest = isPartial ? await pauseUploads(idsLeft(), context) : success(undefined)
  const leftBehind = await cleanUpStorage(engine)
  const storage =
    leftBehind === 0
      ? 'Uploaded parts were deleted from storage, unless another upload of the same file uses them.'
      : `Storage still has data of ${uploadsText(leftBehind)}. It is deleted at the next start.`
  // The server may have answered by now.
  const keptCount = isPartial ? idsLeft().length : 0
  if (keptCount === 0) return finish(`Cancelled. ${storage}`, { kept: false, leftBehind })
  const present = new Set(engine.snapshot().rows.map(({ id }) => id))
  const removedCount = ids.filter((id) => !present.has(id)).length
  const reason = unconfirmedText(keptCount, pausedRest)
  return removedCount === 0
    ? finish(reason, { kept: true, uploads: keptCount, leftBehind })
    : finish(`Cancelled ${uploadsText(removedCount)}. ${storage} ${reason}`, {
        kept: false,
        uploads: removedCount,
        paused: keptCount,
        leftBehind,
      })
}

const uploadsText = (count: number) => (count === 1 ? '1 upload' : `${count} uploads`)

/** Why uploads whose models the server may be adding to the library were not removed. */
function unconfirmedText(count: number, paused: Result<void>): string {
  const isOne = count === 1
  const reason = `${uploadsText(count)} couldn’t be cancelled, because the server hasn’t confirmed yet whether ${isOne ? 'its file is' : 'their files are'} in the library.`
  return paused.ok
    ? `${reason} ${isOne ? 'It is' : 'They are'} paused. To continue, run the same command or: modelferry resume.`
    : `${reason} The pause couldn’t be saved. ${describeFailure(paused.failure)}`
}

/**
 * Pauses uploads. After Ctrl-C, parts that need a few seconds are finished; other signals don't wait for them,
 * and another signal ends the process (see interruption.ts).
 */
async function pauseUploads(ids: string[], context: UploadContext): Promise<Result<void>> {
  const { engine, interruption } = context
  const paused = engine.calls.pause({ ids })
  if (interruption.exitCode !== exitCodes.interrupted) await engine.calls.stopPausing({ ids })
  else {
    const stopReporting = reportFinishing(context)
    await paused
    stopReporting()
  }
  return paused
}

/** Workers report progress every 100 ms: before this, in ms, parts that have just begun are not counted. */
const firstReportMs = 200

/** Reports once what a pause finishes. */
function reportFinishing({ engine, environment, reporter, streams }: UploadContext): () => void {
  let isReported = false
  let unsubscribe = () => {}
  const report = () => {
    const { pausing } = engine.snapshot().totals
    if (isReported || !pausing || pausing.finishingParts === 0) return
    isReported = true
    const { finishingParts: count, unacknowledgedBytes } = pausing
    reporter.pausing(pausing)
    streams.err.line(
      `Pausing, finishing ${count === 1 ? '1 part' : `${count} parts`}. Press Ctrl-C again to stop now; ` +
        `${formatBytes(unacknowledgedBytes, 'en')} would be uploaded again.`,
    )
  }
  const cancel = environment.timers.after(firstReportMs, () => {
    unsubscribe = engine.subscribe({ uploads: report })
    report()
  })
  return () => {
    cancel()
    unsubscribe()
  }
}

/** Deletes abandoned uploads in storage. Returns of how many something is left. */
async function cleanUpStorage({ calls }: EngineClient): Promise<number> {
  const left = await calls.cleanUpStorage(undefined)
  return left.ok ? left.value : 0
}
