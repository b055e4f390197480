import type { CommandHandlers } from '../../contract/command-calls.ts'
import { needsAttention, toggleOf } from '../../contract/uploads.ts'
import { failed, success, type Result } from '../../contract/failures.ts'
import type { UploadContext } from '../command-context.ts'
import { exitCodes } from '../exit-codes.ts'
import { interrupted } from '../interruption.ts'
import { describeFailure } from '../output/output.ts'
import { followUploads } from './follow-uploads.ts'
import { reportResult } from './report-result.ts'
import { reviewSentence } from './resume.ts'
import { stopUploads } from './stop-uploads.ts'

/**
 * Has the running app continue all uploads of the accounts that this command may use, except those that wait for
 * approval, and waits for them. Returns the exit code.
 */
export async function resumeInApp(calls: CommandHandlers, context: UploadContext): Promise<number> {
  const { engine, reporter, streams, interruption } = context
  const follower = followUploads(engine, reporter)
  const resumed = await resumeAll(calls, context)
  if (!resumed.ok) {
    streams.err.line(describeFailure(resumed.failure))
    return exitCodes.someFailed
  }
  const ending = follower.waitUntilEnded(resumed.value).then((rows) => reportResult(rows, context))
  const code = await interruption.race(ending)
  return code === interrupted ? stopUploads(context, { command: 'resume', remove: false }) : code
}

/** Returns how many uploads are followed from now on. */
async function resumeAll(
  calls: CommandHandlers,
  { engine, reporter, streams }: UploadContext,
): Promise<Result<number>> {
  const snapshot = await calls.snapshot(undefined)
  if (!snapshot.ok) return snapshot
  const { rows, allPaused } = snapshot.value
  const accountIds = new Set(engine.session().accounts.map(({ id }) => id))
  const own = rows.filter(({ phase, accountId }) => phase !== 'registered' && accountIds.has(accountId))
  const reviewed = own.filter(({ phase }) => phase === 'review')
  for (const { id, fileName } of reviewed) reporter.notResumed({ id, file: fileName, reason: 'review' })
  if (reviewed.length > 0) streams.err.line(reviewSentence(reviewed))
  const left = own.filter(({ phase }) => phase !== 'review')
  const idsOf = (some: typeof left) => some.map(({ id }) => id)
  const stopped = left.filter((row) => toggleOf(row, allPaused) === 'resume')
  const refused = left.filter((row) => needsAttention(row) || row.phase === 'retrying')
  const followed = await calls.followUploads({ ids: idsOf(left), continued: idsOf([...stopped, ...refused]) })
  if (!followed.ok) return followed
  const ended = allPaused ? await calls.resumeAll(undefined) : await calls.resume({ ids: idsOf(stopped) })
  const retried = ended.ok ? await calls.retry({ ids: idsOf(refused) }) : ended
  return retried.ok ? success(left.length) : failed(retried.failure)
}
