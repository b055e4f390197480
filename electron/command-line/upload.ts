import { retryClassOf } from '../contract/errors.ts'
import type { Patch, TeamChoice, UploadRow } from '../contract/model.ts'
import type { Uploader } from '../uploader.ts'
import { UsageError, type Command } from './arguments.ts'
import { exitCodes } from './exit-codes.ts'
import { explain, type Streams, type Teller } from './output.ts'

type UploadCommand = Command & { name: 'upload' }

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
  uploader: Uploader,
  command: UploadCommand,
  choice: TeamChoice,
  teller: Teller,
  streams: Streams,
): Promise<number> {
  const watch = watchUploads(uploader, teller)
  const report = await uploader.addPaths(command.paths, { team: choice, target: command.target })
  if (!report.ok) {
    streams.err.write(`${explain(report.failure)}\n`)
    return report.failure.code === 'no-team' ? exitCodes.notSignedIn : exitCodes.someFailed
  }
  for (const { name, reason } of report.value.skipped) teller.skipped(name, reason)
  if (report.value.added + report.value.refused === 0) {
    const known = report.value.skipped.some(({ reason }) => reason === 'queued')
    streams.err.write(
      known ? 'These files are in the queue of the app already.\n' : 'There is no model file among these.\n',
    )
    return exitCodes.someFailed
  }
  const rows = await watch.allEnded(report.value.added + report.value.refused)
  teller.finished()
  const failedRows = rows.filter(({ phase }) => phase === 'failed')
  // The app would show them as its own; whoever typed the command has read why. What only waits for a sign-in stays, so
  // that the same command goes on from there.
  const spoilt = failedRows.filter(({ failure }) => failure && retryClassOf(failure) !== 'after-sign-in')
  await uploader.calls.cancel({ ids: spoilt.map(({ id }) => id) })
  if (failedRows.some(({ failure }) => failure?.code === 'signed-out')) return exitCodes.notSignedIn
  return failedRows.length > 0 ? exitCodes.someFailed : exitCodes.ok
}

interface Watch {
  /** Resolves with all uploads once `count` of them are registered or failed. */
  allEnded(count: number): Promise<readonly UploadRow[]>
}

function watchUploads(uploader: Uploader, teller: Teller): Watch {
  const seen = new Map<string, UploadRow>()
  const ended = new Set<string>()
  let wanted: { readonly count: number; readonly resolve: (rows: readonly UploadRow[]) => void } | null = null

  function tell(row: UploadRow): void {
    const before = seen.get(row.id)
    seen.set(row.id, row)
    if (!before) teller.queued(row)
    if (before?.phase === row.phase && before.retryAtMs === row.retryAtMs) return
    if (row.phase === 'retrying') teller.waiting(row)
    if (row.phase !== 'registered' && row.phase !== 'failed') return
    ended.add(row.id)
    if (row.phase === 'registered') teller.registered(row)
    else teller.failed(row)
  }

  function take({ changed }: Patch): void {
    changed.forEach(tell)
    const moving = changed.filter(({ phase }) => phase === 'sending' || phase === 'finishing')
    if (moving.length > 0) teller.moving(moving)
    if (wanted && ended.size >= wanted.count) wanted.resolve([...seen.values()])
  }

  uploader.subscribe({ patch: take })
  return {
    allEnded: (count) =>
      new Promise((resolve) => {
        wanted = { count, resolve }
        if (ended.size >= count) resolve([...seen.values()])
      }),
  }
}
