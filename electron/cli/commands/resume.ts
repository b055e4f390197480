import { serverOf, type Account } from '../../contract/account.ts'
import { serversOf } from '../../contract/servers.ts'
import { readJournal, type UnfinishedUpload } from '../../journal/journal-reader.ts'
import { exitCodes } from '../exit-codes.ts'
import { interrupted } from '../interruption.ts'
import { stopUploads } from './stop-uploads.ts'
import { describeFailure, type NotResumedUpload } from '../output/output.ts'
import type { CliEnvironment } from '../cli-environment.ts'
import type { UploadContext } from '../command-context.ts'
import { followUploads } from './follow-uploads.ts'
import { reportResult } from './report-result.ts'

/**
 * Finishes the uploads in the queue, except those that wait for approval in the app, that are for another server, or
 * whose account is signed out. Returns the exit code.
 */
export async function runResumeCommand(context: UploadContext): Promise<number> {
  const { engine, reporter, streams, interruption } = context
  const follower = followUploads(engine, reporter)
  const stop = () => stopUploads(context, { command: 'resume', remove: false })
  const accountIds = engine.session().accounts.map(({ id }) => id)
  const resumed = await interruption.race(engine.calls.continueUploads({ accountIds }))
  if (resumed === interrupted) return stop()
  if (!resumed.ok) {
    streams.err.line(describeFailure(resumed.failure))
    return exitCodes.someFailed
  }
  const resumedIds = new Set(resumed.value)
  const left = reportNotResumed(resumedIds, context)
  const code = resumedIds.size > 0 ? await waitForUploads() : endWithout(reporter)
  if (code === interrupted) return stop()
  return left.has('signed-out') ? exitCodes.notSignedIn : code

  function waitForUploads(): Promise<number | typeof interrupted> {
    const ending = follower.waitUntilEnded(resumedIds.size)
    return interruption.race(ending.then((rows) => reportResult(rows, context)))
  }
}

/** Uploads that wait for approval or belong to another server don't make the command fail. */
function endWithout(reporter: UploadContext['reporter']): number {
  reporter.finished()
  return exitCodes.ok
}

function reasonOf(
  { record }: UnfinishedUpload,
  { settings }: Pick<CliEnvironment, 'settings'>,
): NotResumedUpload['reason'] {
  if (record.phase === 'review') return 'review'
  const hosts = serversOf(settings).map(({ address }) => URL.parse(address)?.host)
  return hosts.includes(serverOf(record.accountId)) ? 'signed-out' : 'other-server'
}

/** Returns the reasons why uploads were not resumed. */
function reportNotResumed(
  resumedIds: ReadonlySet<string>,
  { reporter, streams, cliEnvironment }: UploadContext,
): ReadonlySet<NotResumedUpload['reason']> {
  const journal = readJournal(cliEnvironment.home)
  if (!journal.ok || journal.value === null) return new Set()
  const { unfinished, accounts } = journal.value
  const others = unfinished.filter(({ record }) => !resumedIds.has(record.id))
  const reasons = new Map(others.map((upload) => [upload, reasonOf(upload, cliEnvironment)]))
  for (const [{ record }, reason] of reasons)
    reporter.notResumed({ id: record.id, file: record.fileName, reason })
  const byReason = Map.groupBy(others, (upload) => reasons.get(upload))
  const [review, elsewhere, signedOut] = (['review', 'other-server', 'signed-out'] as const).map((reason) =>
    byReason.get(reason),
  )
  if (review) streams.err.line(reviewSentence(review))
  if (elsewhere) streams.err.line(otherServerSentence(elsewhere))
  if (signedOut) streams.err.line(signedOutSentence(signedOut, accounts))
  return new Set(reasons.values())
}

const uploads = (count: number) => (count === 1 ? '1 upload' : `${count} uploads`)

const reviewSentence = (left: readonly unknown[]) =>
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
