import { setTimeout as delay } from 'node:timers/promises'
import type { SpeedLimits } from '../contract/command-calls.ts'
import type { SessionView } from '../contract/account.ts'
import { success, type Result } from '../contract/failures.ts'
import type { Settings } from '../contract/settings.ts'
import { baseOf, isKnownServer } from '../contract/servers.ts'
import type { Host, HostEnd } from '../host/connect-host.ts'
import { realTimers } from '../platform/system-environment.ts'
import type { SpeedOptions } from './arguments.ts'
import type { CliEnvironment } from './cli-environment.ts'
import type { UploadContext } from './command-context.ts'
import { createEngineClient } from './engine-client.ts'
import { exitCodes } from './exit-codes.ts'
import type { Interruption } from './interruption.ts'
import { describeFailure, type Streams } from './output/output.ts'
import type { Program } from './program.ts'
import { hostName, reportEnded } from './reach-host.ts'
import { runCommand, uploads, type EngineCommand } from './run-command.ts'

export interface ProgramContext {
  readonly program: Program
  readonly cliEnvironment: CliEnvironment
  readonly streams: Streams
  /** Removes the handlers that end the process (see `endOnSignals`). */
  readonly removeSignalHandlers: () => void
}

export interface RunContext extends ProgramContext {
  readonly interruption: Interruption
  /** Ends the process at the second signal. */
  endNow: (exitCode: number) => void
}

/** The exit code of a command that is done, or what is left of it after the end of its host. */
export type Outcome = number | { readonly left: EngineCommand; readonly end: HostEnd }

/** Runs a command until it is done or its host has ended. */
export async function runByHost(command: EngineCommand, host: Host, run: RunContext): Promise<Outcome> {
  const { interruption, streams } = run
  let isDecided = false
  const onDecided = () => void (isDecided = true)
  const running = runInSession(command, host, run, onDecided)
  const outcome = await Promise.race([running, host.ended])
  if (typeof outcome === 'number') return outcome
  if (interruption.signal.aborted) {
    streams.err.line('Stopped. Its uploads stay in the queue.')
    return interruption.exitCode
  }
  if (!uploads(command)) return reportEnded(host, streams.err)
  streams.err.line(
    outcome === 'app-starts'
      ? 'Modelferry has started and continues with these files.'
      : `${hostName(host)} has ended. This command continues with its files.`,
  )
  const left = command.name === 'upload' ? { ...command, yes: command.yes || isDecided } : command
  return { left, end: outcome }
}

/** How long the second signal waits for the host to cut the parts that are being finished, in ms. */
const stopNowMs = 1_000

async function runInSession(
  command: EngineCommand,
  host: Host,
  run: RunContext,
  onDecided: UploadContext['onDecided'],
): Promise<number> {
  const { cliEnvironment, streams } = run
  const known = await readSession(host)
  if (!known.ok) {
    streams.err.line(describeFailure(known.failure))
    return exitCodes.someFailed
  }
  const { session, settings } = known.value
  const { server } = cliEnvironment.settings
  const isSame = baseOf(session.server) === baseOf(server)
  // The host would send a password or token to its own server.
  const isUsable = isSame || (!sendsSecret(command, cliEnvironment) && isKnownServer(settings, server))
  if (!isUsable) {
    streams.err.line(
      `${hostName(host)} is running and uses another server (${session.server}). ` +
        'Quit it, or set MODELFERRY_HOME to another folder.',
    )
    return exitCodes.someFailed
  }
  const engine = createEngineClient(host, session, cliEnvironment.settings)
  if (!host.isOwn) {
    if (uploads(command)) await host.calls.lowerSpeed(speedLimitsOf(command, cliEnvironment))
    run.endNow = (code) => {
      const ids = engine.snapshot().rows.map(({ id }) => id)
      const stopped = host.calls.stopPausing({ ids })
      void Promise.race([stopped, delay(stopNowMs)]).then(() => run.program.endBySignal(code))
    }
  }
  const userHome = run.program.computer.home
  return runCommand(command, { ...run, userHome, engine, environment: { timers: realTimers }, onDecided })
}

const sendsSecret = ({ name }: EngineCommand, { token }: CliEnvironment) => name === 'login' || token !== null

async function readSession({ calls }: Host): Promise<Result<{ session: SessionView; settings: Settings }>> {
  const session = await calls.session(undefined)
  if (!session.ok) return session
  const settings = await calls.settings(undefined)
  return settings.ok ? success({ session: session.value, settings: settings.value }) : settings
}

/** The command's options take precedence over the environment. */
export function speedLimitsOf(command: EngineCommand, environment: CliEnvironment): SpeedLimits {
  const options: Partial<SpeedOptions> = 'streamsMost' in command ? command : {}
  const { limitBytesPerSecond: own, streamsMost = null } = options
  return {
    limitBytesPerSecond: own === undefined ? environment.limitBytesPerSecond : own,
    streamsMost,
  }
}
