import { basename } from 'node:path'
import type { TeamChoice } from '../../contract/account.ts'
import type { Failure } from '../../contract/failures.ts'
import type { Command } from '../arguments.ts'
import { exitCodes } from '../exit-codes.ts'
import { interrupted } from '../interruption.ts'
import { missingPathFailures } from '../missing-path.ts'
import { removeFailedUploads, stopUploads } from './stop-uploads.ts'
import type { UploadContext } from '../command-context.ts'
import { describeFailure, reportSkipped, type UploadReporter } from '../output/output.ts'
import { followUploads } from './follow-uploads.ts'
import { createUploadReview } from './review-upload.ts'
import { reportResult } from './report-result.ts'

type UploadCommand = Command & { name: 'upload' }

/** Uploads files and waits until each is registered or failed. Returns the exit code. */
export async function runUploadCommand(
  command: UploadCommand,
  choice: TeamChoice,
  context: UploadContext,
): Promise<number> {
  const { engine, environment, streams, interruption } = context
  const reporter = explainMissingPaths(context.reporter, await missingPathFailures(command.paths))
  const follower = followUploads(engine, reporter)
  const stop = () => stopUploads(context, { command: 'upload', remove: command.abortOnInterrupt })
  const { target, allow, onConflict } = command
  const review = createUploadReview(command, context)
  const report = await interruption.race(
    engine.addPaths(command.paths, {
      team: choice,
      target,
      signal: interruption.signal,
      ...review.request,
      ...(allow === null ? {} : { allow }),
      ...(onConflict === undefined ? {} : { onConflict }),
    }),
  )
  if (report === interrupted) return stop()
  if (!report.ok) {
    streams.err.line(describeFailure(report.failure))
    return report.failure.code === 'no-team' ? exitCodes.notSignedIn : exitCodes.someFailed
  }
  const { added, refused, skipped } = report.value
  reportSkipped(reporter, skipped)
  const refusal = review.refusedWith()
  if (refusal !== null) return refusal
  if (added + refused === 0) {
    const isQueued = skipped.some(({ reason }) => reason === 'queued')
    streams.err.line(isQueued ? 'These files are already in the upload queue.' : 'No model files found.')
    return exitCodes.someFailed
  }
  const rows = await interruption.race(follower.waitUntilEnded(added + refused))
  if (rows === interrupted) return stop()
  const code = await interruption.race(reportResult(rows, context))
  if (code === interrupted) return stop()
  await removeFailedUploads(engine, rows, environment)
  return code
}

/** Says of files that were never there that they don't exist, instead of that they were moved. */
function explainMissingPaths(
  reporter: UploadReporter,
  missing: ReadonlyMap<string, Failure>,
): UploadReporter {
  // A row has no path. Of several missing paths with the same name, each is reported once.
  const failuresByName = Map.groupBy(missing.values(), ({ params }) => basename(String(params['path'])))
  return {
    ...reporter,
    failed(row) {
      const wasInspected = row.sizeBytes > 0
      const isMissing = row.failure?.code === 'file-missing' && !wasInspected
      const reason = isMissing ? failuresByName.get(row.fileName)?.shift() : undefined
      reporter.failed(reason ? { ...row, failure: reason } : row)
    },
  }
}
