import { basename } from 'node:path'
import type { TeamChoice } from '../../contract/account.ts'
import type { Failure, Result } from '../../contract/failures.ts'
import { hasUnreadableFolder, type AddReport, type SkippedFile } from '../../contract/uploads.ts'
import { visibleText } from '../../contract/visible-text.ts'
import { UsageError, type Command } from '../arguments.ts'
import { exitCodes } from '../exit-codes.ts'
import { interrupted } from '../interruption.ts'
import { missingPathFailures } from '../missing-path.ts'
import { removeFailedUploads, stopUploads } from './stop-uploads.ts'
import type { UploadContext } from '../command-context.ts'
import type { ProposedUpload } from '../../contract/review.ts'
import { describeFailure, reportCancelled, reportSkipped, type UploadReporter } from '../output/output.ts'
import { followUploads, type UploadFollower } from './follow-uploads.ts'
import { createUploadReview, type UploadReview } from './review-upload.ts'
import { reportResult } from './report-result.ts'
import { stat } from '../../platform/files/original-fs.ts'

type UploadCommand = Command & { name: 'upload' }

/**
 * Uploads files to each of the teams and waits until each is registered or failed. What needs a decision is
 * asked per team. Returns the exit code.
 */
export async function runUploadCommand(
  command: UploadCommand,
  teams: readonly TeamChoice[],
  context: UploadContext,
): Promise<number> {
  const { engine, streams, interruption } = context
  const missing = await interruption.race(checkPaths(command))
  if (missing === interrupted) return reportCancelled(context)
  const reporter = explainMissingPaths(context.reporter, missing, teams.length)
  const follower = followUploads(engine, reporter)
  const stop = () => stopUploads(context, { command: 'upload', remove: command.abortOnInterrupt })
  const skipped = new Map<string, SkippedFile>()
  let count = 0
  let refusal: number | null = null
  for (const team of teams) {
    const review = createUploadReview(command, context, { isForSeveralTeams: teams.length > 1 })
    const report = await interruption.race(addFor(team, command, context, explainMissing(review, missing)))
    if (report === interrupted) return stop()
    if (!report.ok) {
      // The uploads that are queued already continue.
      refusal = reportRefusal(report.failure, { reporter, streams })
      break
    }
    // Most reasons are the same for each team.
    const fresh = report.value.skipped.filter((file) => !skipped.has(JSON.stringify(file)))
    for (const file of fresh) skipped.set(JSON.stringify(file), file)
    reportSkipped(reporter, fresh)
    count += report.value.added + report.value.refused
    refusal = review.refusedWith() ?? refusal
  }
  if (refusal === null) context.onDecided()
  // Adding may have failed after some of the files were queued.
  const hasNothing = count === 0 && !hasUploads(engine)
  if (hasNothing) return refusal ?? reportNothingAdded([...skipped.values()], streams)
  const waiting = command.detach ? leaveUploads(context) : waitForUploads(follower, count, context)
  const code = await interruption.race(waiting)
  if (code === interrupted) return stop()
  await removeFailedUploads(engine)
  return code === exitCodes.ok ? (refusal ?? exitCodeFor([...skipped.values()])) : code
}

const hasUploads = (engine: UploadContext['engine']) =>
  engine.snapshot().rows.some(({ phase }) => phase !== 'review')

/** Leaves the uploads to the app, after a report of those that were refused. Returns the exit code. */
async function leaveUploads({ engine, reporter }: UploadContext): Promise<number> {
  const refused = engine.snapshot().rows.filter(({ phase }) => phase === 'failed')
  for (const row of refused) reporter.failed(row)
  reporter.finished()
  return refused.length > 0 ? exitCodes.someFailed : exitCodes.ok
}

/** Reports how the uploads end. Returns the exit code for them. */
async function waitForUploads(
  follower: UploadFollower,
  count: number,
  context: UploadContext,
): Promise<number> {
  const code = await reportResult(await follower.waitUntilEnded(count), context)
  for (const name of follower.removedNames)
    context.streams.err.line(visibleText(`${name} was removed from the queue.`))
  return follower.removedNames.length > 0 ? exitCodes.someFailed : code
}

/** Reports why nothing could be added for a team, above the progress of other teams. Returns the exit code. */
function reportRefusal(reason: Failure, { reporter, streams }: Pick<UploadContext, 'reporter' | 'streams'>) {
  reporter.suspendOutput()
  streams.err.line(describeFailure(reason))
  reporter.continueOutput()
  return reason.code === 'no-team' ? exitCodes.notSignedIn : exitCodes.someFailed
}

/**
 * The failures of paths that don't exist, by absolute path. Throws `UsageError` for a folder that is given a
 * single file's path or name.
 */
async function checkPaths({ paths, target }: UploadCommand): Promise<ReadonlyMap<string, Failure>> {
  const isForOneFile = target.modelPath !== undefined || target.displayName !== undefined
  if (isForOneFile)
    for (const path of paths)
      if (await isFolder(path))
        throw new UsageError('--path and --name can only be used with a single file, not with a folder.')
  return missingPathFailures(paths)
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false
  }
}

/** Models in a folder that can't be read are missing. */
function exitCodeFor(skipped: readonly SkippedFile[]): number {
  return hasUnreadableFolder(skipped) ? exitCodes.someFailed : exitCodes.ok
}

function reportNothingAdded(skipped: readonly SkippedFile[], { err }: UploadContext['streams']): number {
  const isQueued = skipped.some(({ reason }) => reason === 'queued')
  err.line(isQueued ? 'These files are already in the upload queue.' : 'No model files found.')
  return exitCodes.someFailed
}

function addFor(
  team: TeamChoice,
  { paths, target, allow, onConflict }: UploadCommand,
  { engine, interruption }: UploadContext,
  review: UploadReview,
): Promise<Result<AddReport>> {
  return engine.add(paths, {
    team,
    target,
    signal: interruption.signal,
    ...review.request,
    allow,
    ...(onConflict === undefined ? {} : { onConflict }),
  })
}

/** The review in which files that were never there don't exist, instead of having been moved. */
function explainMissing(
  { request, ...rest }: UploadReview,
  missing: ReadonlyMap<string, Failure>,
): UploadReview {
  const explained = (record: ProposedUpload): ProposedUpload =>
    record.failure?.code === 'file-missing'
      ? { ...record, failure: missing.get(record.path) ?? record.failure }
      : record
  const { approve } = request
  if (!approve) return { request, ...rest }
  const approveExplained: typeof approve = (proposal) =>
    approve({ ...proposal, records: proposal.records.map(explained) })
  return { request: { ...request, approve: approveExplained }, ...rest }
}

/** The same for the failures that are reported. */
function explainMissingPaths(
  reporter: UploadReporter,
  missing: ReadonlyMap<string, Failure>,
  teamCount: number,
): UploadReporter {
  // A row has no path. Of several missing paths with the same name, each is reported once for each team.
  const ofAllTeams = Array.from({ length: teamCount }, () => [...missing.values()]).flat()
  const failuresByName = Map.groupBy(ofAllTeams, ({ params }) => basename(String(params['path'])))
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
