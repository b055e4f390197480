import type { Account } from '../../contract/account.ts'
import { readJournal, type UnfinishedUpload } from '../../journal/journal-reader.ts'
import { exitCodes } from '../exit-codes.ts'
import { interrupted } from '../interruption.ts'
import { leave } from './stop-uploads.ts'
import { explain } from '../output/output.ts'
import { codeOf, type Sending } from './upload.ts'
import { watchUploads } from './follow-uploads.ts'

/**
 * Finishes what is left in the queue of the journal in `home`. What another process has is left to it; what belongs to an
 * account that is not signed in stays. Answers the exit code.
 */
export async function runResumeCommand(
  home: string,
  { engine, environment, teller, streams, interruption }: Sending,
): Promise<number> {
  const watch = watchUploads(engine, teller)
  const stop = async () => {
    await leave({ engine, environment, streams, teller, command: 'resume', remove: false })
    return interruption.exitCode
  }
  const taken = await interruption.or(engine.resumeUnfinished(interruption.signal))
  if (taken === interrupted) return stop()
  if (!taken.ok) {
    streams.err.write(`${explain(taken.failure)}\n`)
    return exitCodes.someFailed
  }
  const ours = new Set(taken.value)
  const view = readJournal(home)
  const others = (view.ok && view.value?.left.filter(({ record }) => !ours.has(record.id))) || []
  const running = others.filter(({ runByPid }) => runByPid !== null)
  const signedOut = others.filter(({ runByPid }) => runByPid === null)
  for (const { record, runByPid } of others) {
    const reason = runByPid === null ? 'signed-out' : 'running'
    teller.leftOut({ id: record.id, file: record.fileName, reason })
  }
  if (running.length > 0) streams.err.write(runningSentence(running))
  if (signedOut.length > 0 && view.ok)
    streams.err.write(signedOutSentence(signedOut, view.value?.accounts ?? []))
  const rows = ours.size === 0 ? [] : await interruption.or(watch.allEnded(ours.size))
  if (rows === interrupted) return stop()
  teller.finished()
  const code = codeOf(rows)
  if (signedOut.length > 0) return exitCodes.notSignedIn
  return ours.size === 0 ? exitCodes.someFailed : code
}

const uploads = (count: number) => (count === 1 ? '1 upload is' : `${count} uploads are`)

function runningSentence(running: readonly UnfinishedUpload[]): string {
  const pids = new Set(running.map(({ runByPid }) => runByPid))
  return `${uploads(running.length)} left to the Modelferry that has it running (process ${[...pids].join(', ')}).\n`
}

function signedOutSentence(signedOut: readonly UnfinishedUpload[], accounts: readonly Account[]): string {
  const nameOf = (accountId: string) => accounts.find(({ id }) => id === accountId)?.email ?? accountId
  const whose = new Set(signedOut.map(({ record }) => nameOf(record.accountId)))
  return `${uploads(signedOut.length)} of ${[...whose].join(', ')}, who is not signed in. Run: modelferry login\n`
}
