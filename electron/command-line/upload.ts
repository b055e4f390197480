import type { TeamChoice } from '../contract/model.ts'
import type { Ports } from '../contract/ports.ts'
import type { Uploader } from '../uploader.ts'
import { UsageError, type Command } from './arguments.ts'
import { exitCodes } from './exit-codes.ts'
import { interrupted, type Interruption } from './interruption.ts'
import { dropSpoilt, leave } from './leave.ts'
import { explain, type Streams, type Teller } from './output.ts'
import { watchUploads } from './watch.ts'

type UploadCommand = Command & { name: 'upload' }

/** What a command that sends needs besides its words. */
export interface Sending {
  readonly uploader: Uploader
  readonly ports: Ports
  readonly teller: Teller
  readonly streams: Streams
  readonly interruption: Interruption
}

/** Finds the team a person means, by id or by name in either case. Throws `UsageError` when that is none or several. */
export function findTeam(uploader: Uploader, wanted: string | null): TeamChoice {
  const { accounts, chosen } = uploader.session()
  const all = accounts.flatMap(({ id, state, teams }) =>
    state === 'ready' ? teams.map((team) => ({ accountId: id, team })) : [],
  )
  const names = all.map(({ team }) => `  ${team.id}  ${team.name}`).join('\n')
  if (wanted === null) {
    if (chosen && (all.length === 1 || uploader.hasChosenTeam())) return chosen
    throw new UsageError(`Which team? Name one with --team:\n${names}`)
  }
  const sameId = all.filter(({ team }) => team.id === wanted)
  const found =
    sameId.length > 0 ? sameId : all.filter(({ team }) => team.name.toLowerCase() === wanted.toLowerCase())
  const [only] = found
  if (!only) throw new UsageError(`You have no team "${wanted}". Your teams:\n${names}`)
  if (found.length > 1)
    throw new UsageError(`Several teams are called "${wanted}". Name one by its id:\n${names}`)
  return { accountId: only.accountId, teamId: only.team.id }
}

/** Uploads and waits until every file is registered or has failed. Answers the exit code. */
export async function runUploadCommand(
  command: UploadCommand,
  choice: TeamChoice,
  { uploader, ports, teller, streams, interruption }: Sending,
): Promise<number> {
  const watch = watchUploads(uploader, teller)
  const stop = async () => {
    await leave({ uploader, ports, streams, teller, command: 'upload', remove: command.abortOnInterrupt })
    return interruption.exitCode
  }
  const { target } = command
  const report = await interruption.or(
    uploader.addPaths(command.paths, { team: choice, target, signal: interruption.signal }),
  )
  if (report === interrupted) return stop()
  if (!report.ok) {
    streams.err.write(`${explain(report.failure)}\n`)
    return report.failure.code === 'no-team' ? exitCodes.notSignedIn : exitCodes.someFailed
  }
  const { added, refused, skipped } = report.value
  for (const { name, reason } of skipped) teller.skipped(name, reason)
  if (added + refused === 0) {
    const known = skipped.some(({ reason }) => reason === 'queued')
    streams.err.write(
      known ? 'These files are in the queue of the app already.\n' : 'There is no model file among these.\n',
    )
    return exitCodes.someFailed
  }
  const rows = await interruption.or(watch.allEnded(added + refused))
  if (rows === interrupted) return stop()
  teller.finished()
  await dropSpoilt(uploader, rows, ports)
  return codeOf(rows)
}

/** The exit code for uploads that have ended. */
export function codeOf(rows: readonly { phase: string; failure: { code: string } | null }[]): number {
  const failedRows = rows.filter(({ phase }) => phase === 'failed')
  if (failedRows.some(({ failure }) => failure?.code === 'signed-out')) return exitCodes.notSignedIn
  return failedRows.length > 0 ? exitCodes.someFailed : exitCodes.ok
}
