import type { Account } from '../../contract/account.ts'
import { readJournal, type UnfinishedUpload } from '../../journal/journal-reader.ts'
import { exitCodes } from '../exit-codes.ts'
import { interrupted } from '../interruption.ts'
import { stopUploads } from './stop-uploads.ts'
import { describeFailure } from '../output/output.ts'
import type { UploadContext } from '../command-context.ts'
import { followUploads } from './follow-uploads.ts'
import { reportResult } from './report-result.ts'

/**
 * Finishes the uploads in the queue of the data folder `home`, except those that another process runs or
 * whose account is signed out. Returns the exit code.
 */
export async function runResumeCommand(home: string, context: UploadContext): Promise<number> {
  const { engine, reporter, streams, interruption } = context
  const follower = followUploads(engine, reporter)
  const resumed = await interruption.race(engine.resumeUnfinished(interruption.signal))
  if (resumed === interrupted) return stopUploads(context, { command: 'resume', remove: false })
  if (!resumed.ok) {
    streams.err.line(describeFailure(resumed.failure))
    return exitCodes.someFailed
  }
  const resumedIds = new Set(resumed.value)
  const signedOutCount = reportNotResumed(home, resumedIds, context)
  if (resumedIds.size > 0) {
    const rows = await interruption.race(follower.waitUntilEnded(resumedIds.size))
    if (rows === interrupted) return stopUploads(context, { command: 'resume', remove: false })
    const code = await interruption.race(reportResult(rows, context))
    if (code === interrupted) return stopUploads(context, { command: 'resume', remove: false })
    return signedOutCount > 0 ? exitCodes.notSignedIn : code
  }
  reporter.finished()
  return signedOutCount > 0 ? exitCodes.notSignedIn : exitCodes.someFailed
}

/** Returns how many uploads were not resumed because their account is signed out. */
function reportNotResumed(
  home: string,
  resumedIds: ReadonlySet<string>,
  { reporter, streams }: UploadContext,
): number {
  const journal = readJournal(home)
  if (!journal.ok || journal.value === null) return 0
  const others = journal.value.unfinished.filter(({ record }) => !resumedIds.has(record.id))
  for (const { record, runByPid } of others) {
    const reason = runByPid === null ? 'signed-out' : 'running'
    reporter.notResumed({ id: record.id, file: record.fileName, reason })
  }
  const running = others.filter(({ runByPid }) => runByPid !== null)
  const signedOut = others.filter(({ runByPid }) => runByPid === null)
  if (running.length > 0) streams.err.line(runningSentence(running))
  if (signedOut.length > 0) streams.err.line(signedOutSentence(signedOut, journal.value.accounts))
  return signedOut.length
}

const uploads = (count: number) => (count === 1 ? '1 upload' : `${count} uploads`)

function runningSentence(running: readonly UnfinishedUpload[]): string {
  const pids = new Set(running.map(({ runByPid }) => runByPid))
  return `${uploads(running.length)} not resumed: already running in another Modelferry process (${[...pids].join(', ')}).`
}

function signedOutSentence(signedOut: readonly UnfinishedUpload[], accounts: readonly Account[]): string {
  const nameOf = (accountId: string) => accounts.find(({ id }) => id === accountId)?.email ?? accountId
  const whose = new Set(signedOut.map(({ record }) => nameOf(record.accountId)))
  return `${uploads(signedOut.length)} not resumed: ${[...whose].join(', ')} ${whose.size === 1 ? 'is' : 'are'} signed out. Run: modelferry login`
}
