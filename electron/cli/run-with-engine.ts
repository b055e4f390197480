import { homedir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import type { KeychainState } from '../contract/account.ts'
import type { Result } from '../contract/failures.ts'
import { defaultSettings } from '../contract/settings.ts'
import { createEngine, type Engine, type EngineSettings } from '../engine/engine.ts'
import { journalProblemOf, type JournalProblem } from '../journal/journal-file.ts'
import type { Environment, SecretStore } from '../platform/environment.ts'
import { createKeychain, endProcess, type Keychain } from '../platform/keychain.ts'
import { createLog } from '../platform/log.ts'
import { createEnvironment } from '../platform/system-environment.ts'
import { loadWorkerFiles } from '../platform/threads/worker-file.ts'
import type { SpeedOptions } from './arguments.ts'
import type { CliEnvironment, workerFiles } from './cli-environment.ts'
import { exitCodes } from './exit-codes.ts'
import { endInterrupted, listenForInterruption } from './interruption.ts'
import type { Streams } from './output/output.ts'
import { checkProxies, findProxiesOfEnvironment } from './proxy.ts'
import { runCommand, type EngineCommand } from './run-command.ts'

export interface ProgramContext {
  readonly cliEnvironment: CliEnvironment
  /** Entry files of the worker threads. */
  readonly workers: ReturnType<typeof workerFiles>
  /** The worker threads that have not ended. */
  readonly threads: ReadonlySet<Worker>
  readonly streams: Streams
  /** Removes the handlers that end the process (see `endOnSignals`). */
  readonly removeSignalHandlers: () => void
}

/** Creates the engine, runs a command with it and stops it. Returns the exit code. */
export async function runWithEngine(
  command: EngineCommand,
  { cliEnvironment, workers, threads, streams, removeSignalHandlers }: ProgramContext,
): Promise<number> {
  checkProxies(process.env)
  const log = createLog({ folder: join(cliEnvironment.home, 'logs', 'command-line') })
  const keychain = createKeychain({ log })
  const environment = createEnvironment(log, findProxiesOfEnvironment)
  const end = (code: number) =>
    endInterrupted(process, interruption, { threads, endProcess: () => endProcess(code, keychain) })
  const interruption = listenForInterruption(process, (code) => void end(code))
  removeSignalHandlers()
  const engine = createCliEngine(settingsFor(command, cliEnvironment), keychain, {
    environment,
    flushLog: log.flush,
    home: cliEnvironment.home,
    workers,
    streams,
  })
  if (engine === null) return exitCodes.someFailed
  let code: number
  try {
    code = await runCommand(command, { engine, environment, cliEnvironment, interruption, streams })
  } finally {
    await engine.stop()
    await log.flush()
  }
  const flushed = Promise.all([streams.out.flush(), streams.err.flush()])
  if (interruption.signal.aborted) {
    await Promise.race([flushed, delay(interruptedFlushMs)])
    await end(code)
  }
  if (keychain.isStuck()) {
    await flushed
    endProcess(code, keychain)
  }
  return code
}

/** How long the reader of an interrupted command may take to read the rest of its output. */
const interruptedFlushMs = 5_000

/** The command's options take precedence over the environment. */
function settingsFor(command: EngineCommand, cliEnvironment: CliEnvironment): EngineSettings {
  const { server, servers, singlePutLimitBytes, policy } = cliEnvironment
  const options: Partial<SpeedOptions> = 'streamsMost' in command ? command : {}
  return {
    server,
    servers,
    ...policy,
    atOnce: defaultSettings.atOnce,
    singlePutLimitBytes,
    limitBytesPerSecond:
      options.limitBytesPerSecond === undefined
        ? cliEnvironment.limitBytesPerSecond
        : options.limitBytesPerSecond,
    streamsMost: options.streamsMost ?? defaultSettings.streamsMost,
  }
}

/** Writes why and answers null when the data folder can't be used or the app's files were changed. */
function createCliEngine(
  settings: EngineSettings,
  keychain: Keychain,
  {
    environment,
    flushLog,
    home,
    workers,
    streams,
  }: Pick<ProgramContext, 'workers' | 'streams'> & {
    readonly environment: Environment
    readonly flushLog: () => Promise<void>
    readonly home: string
  },
): Engine | null {
  let keychainState: KeychainState = 'ok'
  async function withStateUpdate<T>(operation: Promise<Result<T>>): Promise<Result<T>> {
    const result = await operation
    if (result.ok) keychainState = 'ok'
    else keychainState = result.failure.code === 'keychain-absent' ? 'absent' : 'locked'
    return result
  }
  const secretStore: SecretStore = {
    get: (name) => withStateUpdate(keychain.get(name)),
    set: (name, secret) => withStateUpdate(keychain.set(name, secret)),
    delete: (name) => withStateUpdate(keychain.delete(name)),
  }
  const changedFile = loadWorkerFiles(Object.values(workers))
  if (changedFile !== null) {
    streams.err.line(
      `Some of Modelferry’s files are damaged or were changed (${changedFile}), so it didn’t start. ` +
        'Your uploads are safe. Reinstall Modelferry.',
    )
    return null
  }
  try {
    return createEngine({
      folder: home,
      environment,
      secretStore,
      keychainState: () => keychainState,
      settings,
      workers,
      logFolders: [join(home, 'logs'), join(home, 'logs', 'command-line'), ...macLogFolders()],
      flushLog,
    })
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    streams.err.line(`${dataFolderProblems[journalProblemOf(error)](home)} (${detail})`)
    return null
  }
}

/** Where the app's log is on macOS (electronjs.org/docs/latest/api/app, app.getPath); elsewhere in the data folder. */
const macLogFolders = () =>
  process.platform === 'darwin' ? [join(homedir(), 'Library', 'Logs', 'Modelferry')] : []

const dataFolderProblems: Readonly<Record<JournalProblem, (home: string) => string>> = {
  newer: () => 'The upload queue was last used by a newer version of Modelferry. Update this version.',
  full: (home) =>
    `The disk of the data folder ${home} is full. Free up some space, then run the command again.`,
  'not-writable': (home) =>
    `The data folder ${home} isn’t writable. Change its permissions, or set MODELFERRY_HOME to another folder.`,
  'other-owner': (home) =>
    `The data folder ${home} or a file in it belongs to another user. Set MODELFERRY_HOME to a folder of your own.`,
  other: (home) => `The data folder ${home} can’t be opened.`,
}
