import { setTimeout as delay } from 'node:timers/promises'
import { connectToHost, type HostConnection, type HostSearch } from '../host/connect-host.ts'
import { readHost } from '../host/host-file.ts'
import { HostInUseError, takeHostLock, type HostLock } from '../host/host-lock.ts'
import { UsageError } from './arguments.ts'
import { describeDataFolderProblem } from './data-folder-problem.ts'
import { exitCodes } from './exit-codes.ts'
import { interrupted, listenForInterruption } from './interruption.ts'
import { describeSilence, reportAbsent, reportUnreachable } from './reach-host.ts'
import {
  runByHost,
  speedLimitsOf,
  type Outcome,
  type ProgramContext,
  type RunContext,
} from './run-by-host.ts'
import { uploads, type EngineCommand } from './run-command.ts'

/** How long another process may take to start to listen, or to end once it has stopped to, in ms. */
const busyMs = 15_000

/**
 * Runs a command by the process that hosts the uploads of the data folder, which is this one if there is no other. If the
 * host ends before, the command goes on with the next one. Returns the exit code.
 */
export async function runWithHost(command: EngineCommand, context: ProgramContext): Promise<number> {
  const { program, cliEnvironment, streams, removeSignalHandlers } = context
  const { limitBytesPerSecond, streamsMost } = speedLimitsOf(command, cliEnvironment)
  if (
    isForApp(command) &&
    [cliEnvironment.token, limitBytesPerSecond, streamsMost].some((own) => own !== null)
  )
    throw new UsageError('--detach leaves the upload to the app, without a token or limits of its own.')
  const interruption = listenForInterruption(program.signals, (code) => run.endNow(code))
  const run: RunContext = { ...context, interruption, endNow: program.endBySignal }
  removeSignalHandlers()
  let left = command
  let busySinceMs = performance.now()
  let isSilent = false
  for (;;) {
    const outcome = await runOnce(left, run)
    if (typeof outcome === 'number') return outcome
    const wasSilent = isSilent
    isSilent = 'found' in outcome
    if ('left' in outcome) {
      left = outcome.left
      if (outcome.end === 'app-starts') await interruption.race(appListens(cliEnvironment.home))
      busySinceMs = performance.now()
      continue
    }
    if ('found' in outcome) {
      if (!wasSilent) streams.err.line(`${describeSilence(outcome.pid)} This command waits for it.`)
      busySinceMs = performance.now()
    } else if (performance.now() - busySinceMs > busyMs) {
      streams.err.line(
        `The data folder ${cliEnvironment.home} is in use (${outcome.message}). Quit Modelferry there.`,
      )
      return exitCodes.someFailed
    }
    // Others wait for the same.
    const waited = await interruption.race(delay(20 + Math.random() * 180))
    if (waited === interrupted) return interruption.exitCode
  }
}

/** How long an app may take to start, in ms. */
const appStartMs = 10_000

/** Waits until the app hosts the uploads: a command that takes the lock before would only have to end again. */
async function appListens(home: string): Promise<void> {
  const startedMs = performance.now()
  while (readHost(home)?.kind !== 'app' && performance.now() - startedMs < appStartMs) await delay(50)
}

type SilentHost = Extract<HostSearch, { readonly found: 'silent' }>

/**
 * @returns the error if another process starts or ends, so that it can't be reached; the silent host if the command
 * waits for it, as for anything else that uploads need
 */
async function runOnce(
  command: EngineCommand,
  run: RunContext,
): Promise<Outcome | HostInUseError | SilentHost> {
  const { home } = run.cliEnvironment
  const { interruption } = run
  const search = await connectToHost(home, interruption)
  if (search.found === 'silent' && interruption.signal.aborted) return interruption.exitCode
  if (search.found === 'host') return runAsClient(command, search.connection, run)
  if (search.found === 'other-version') return reportUnreachable(search, run.streams.err)
  if (isForApp(command)) return search.found === 'silent' ? search : reportAbsent(run.streams.err)
  const lock = lockOrError(home)
  // Without the lock, what listens there is not the host.
  if (lock instanceof HostInUseError && search.found === 'silent')
    return uploads(command) ? search : reportUnreachable(search, run.streams.err)
  if (lock instanceof HostInUseError) return lock
  if (lock instanceof Error) {
    run.streams.err.line(describeDataFolderProblem(lock, home))
    return exitCodes.someFailed
  }
  // Loading the engine takes a third of the time of a command that doesn't need it.
  const { runAsHost } = await import('./host-engine.ts')
  return runAsHost(command, lock, run)
}

function lockOrError(home: string): HostLock | Error {
  try {
    return takeHostLock(home)
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** Whether a command leaves its uploads to the app. */
const isForApp = (command: EngineCommand) => command.name === 'upload' && command.detach

async function runAsClient(command: EngineCommand, host: HostConnection, run: RunContext): Promise<Outcome> {
  try {
    if (isForApp(command) && host.about.kind !== 'app') return reportAbsent(run.streams.err)
    return await runByHost(command, host, run)
  } finally {
    host.close()
  }
}
