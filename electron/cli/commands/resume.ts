import { serverOf, type Account } from '../../contract/account.ts'
import { serversOf } from '../../contract/servers.ts'
import { readJournal, type UnfinishedUpload } from '../../journal/journal-reader.ts'
import { exitCodes } from '../exit-codes.ts'
import { interrupted } from '../interruption.ts'
import { stopUploads } from './stop-uploads.ts'
import { describeFailure, type NotResumedUpload } from '../output/output.ts'
import type { CliEnvironment } from '../cli-environment.ts'
import type { CommandContext, UploadContext } from '../command-context.ts'
import { followUploads } from './follow-uploads.ts'
import { reportResult } from './report-result.ts'

/**
 * Finishes the uploads in the queue of the data folder `home`, except those that another process runs, that
 * wait for approval in the app, that are for another server, or whose account is signed out. Returns the
 * exit code.
 */
export async function runResumeCommand(
  home: string,
  context: UploadContext & CommandContext,
): Promise<number> {
  const { engine, reporter, streams, interruption } = context
  const follower = followUploads(engine, reporter)
  const resumed = await interruption.race(engine.resumeUnfinished(interruption.signal))
  if (resumed === interrupted) return stopUploads(context, { command: 'resume', remove: false })
  if (!resumed.ok) {
    streams.err.line(describeFailure(resumed.failure))
    return exitCodes.someFailed
  }
  const resumedIds = new Set(resumed.value)
  const left = reportNotResumed(home, resumedIds, context)
  if (resumedIds.size > 0) {
    const rows = await interruption.race(follower.waitUntilEnded(resumedIds.size))
    if (rows === interrupted) return stopUploads(context, { command: 'resume', remove: false })
    const code = await interruption.race(reportResult(rows, context))
    if (code === interrupted) return stopUploads(context, { command: 'resume', remove: false })
    return left.has('signed-out') ? exitCodes.notSignedIn : code
  }
  reporter.finished()
  if (left.has('signed-out')) return exitCodes.notSignedIn
  // Uploads that wait for approval or belong to another server don't make the command fail.
  const isLeftForOthers = left.size > 0 && !left.has('running')
  return isLeftForOthers ? exitCodes.ok : exitCodes.someFailed
}

function reasonOf(
  { record, runByPid }: UnfinishedUpload,
  cliEnvironment: Pick<CliEnvironment, 'server' | 'servers'>,
): NotResumedUpload['reason'] {
  if (record.phase === 'review') return 'review'
  if (runByPid !== null) return 'running'
  const hosts = serversOf(cliEnvironment).map(({ address }) => URL.parse(address)?.host)
  return hosts.includes(serverOf(record.accountId)) ? 'signed-out' : 'other-server'
}

/** Returns the reasons why uploads were not resumed. */
function reportNotResumed(
  home: string,
  resumedIds: ReadonlySet<string>,
  { reporter, streams, cliEnvironment }: UploadContext,
): ReadonlySet<NotResumedUpload['reason']> {
  const journal = readJournal(home)
  if (!journal.ok || journal.value === null) return new Set()
  const others = journal.value.unfinished.filter(({ record }) => !resumedIds.has(record.id))
  for (const upload of others) {
    const { id, fileName } = upload.record
    reporter.notResumed({ id, file: fileName, reason: reasonOf(upload, cliEnvironment) })
  }
  const byReason = Map.groupBy(others, (upload) => reasonOf(upload, cliEnvironment))
  const { running, review, 'other-server': elsewhere, 'signed-out': signedOut } = Object.fromEntries(byReason)
  if (running) streams.err.line(runningSentence(running))
  if (review) streams.err.line(reviewSentence(review))
  if (elsewhere) streams.err.line(otherServerSentence(elsewhere))
  if (signedOut) streams.err.line(signedOutSentence(signedOut, journal.value.accounts))
  return new Set(byReason.keys())
}

const uploads = (count: number) => (count === 1 ? '1 upload' : `${count} uploads`)

function runningSentence(running: readonly UnfinishedUpload[]): string {
  const pids = new Set(running.map(({ runByPid }) => runByPid))
  return `${uploads(running.length)} not resumed: already running in another Modelferry process (${[...pids].join(', ')}).`
}

export const reviewSentence = (left: readonly unknown[]) =>
  `${uploads(left.length)} not resumed: ${left.length === 1 ? 'it waits' : 'they wait'} for approval in the app.`

function otherServerSentence(elsewhere: readonly UnfinishedUpload[]): string {
  const hosts = new Set(elsewhere.map(({ record }) => serverOf(record.accountId)))
  const isOne = elsewhere.length === 1
  return `${uploads(elsewhere.length)} not resumed: ${isOne ? 'it is' : 'they are'} for another server (${[...hosts].join(', ')}). To resume ${isOne ? 'it' : 'them'}, set MODELFERRY_SERVER to its address.`
}

function signedOutSentence(signedOut: readonly UnfinishedUpload[], accounts: readonly Account[]): string {
  const nameOf = (accountId: string) => accounts.find(({ id }) => id === accountId)?.email ?? accountId
  const whose = new Set(signedOut.map(({ record }) => nameOf(record.accountId)))
  return `${uploads(signedOut.length)} not resumed: ${[...whose].join(', ')} ${whose.size === 1 ? 'is' : 'are'} signed out. Run: modelferry login`
}
