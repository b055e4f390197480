import type { TeamChoice } from '../../contract/account.ts'
import type { Environment } from '../../platform/environment.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Command } from '../arguments.ts'
import { exitCodes } from '../exit-codes.ts'
import { interrupted, type Interruption } from '../interruption.ts'
import { dropSpoilt, leave } from './stop-uploads.ts'
import { explain, type Streams, type Teller } from '../output/output.ts'
import { watchUploads } from './follow-uploads.ts'

type UploadCommand = Command & { name: 'upload' }

/** What a command that sends needs besides its words. */
export interface Sending {
  readonly engine: Engine
  readonly environment: Environment
  readonly teller: Teller
  readonly streams: Streams
  readonly interruption: Interruption
}

/** Uploads and waits until every file is registered or has failed. Answers the exit code. */
export async function runUploadCommand(
  command: UploadCommand,
  choice: TeamChoice,
  { engine, environment, teller, streams, interruption }: Sending,
): Promise<number> {
  const watch = watchUploads(engine, teller)
  const stop = async () => {
    await leave({ engine, environment, streams, teller, command: 'upload', remove: command.abortOnInterrupt })
    return interruption.exitCode
  }
  const { target, allow, onConflict } = command
  const report = await interruption.or(
    engine.addPaths(command.paths, {
      ...{ team: choice, target, signal: interruption.signal },
      ...(allow === null ? {} : { allow }),
      ...(onConflict === undefined ? {} : { onConflict }),
    }),
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
  await dropSpoilt(engine, rows, environment)
  return codeOf(rows)
}

/** The exit code for uploads that have ended. */
export function codeOf(rows: readonly { phase: string; failure: { code: string } | null }[]): number {
  const failedRows = rows.filter(({ phase }) => phase === 'failed')
  if (failedRows.some(({ failure }) => failure?.code === 'signed-out')) return exitCodes.notSignedIn
  return failedRows.length > 0 ? exitCodes.someFailed : exitCodes.ok
}
