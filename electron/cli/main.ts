import { homedir } from 'node:os'
import process from 'node:process'
import type { Result } from '../contract/failures.ts'
import type { KeychainState } from '../contract/account.ts'
import { defaultSettings } from '../contract/settings.ts'
import type { Environment, SecretStore } from '../platform/environment.ts'
import { createKeychain, endProcess, type Keychain } from '../platform/keychain.ts'
import { createLog } from '../platform/log.ts'
import { createEnvironment } from '../platform/system-environment.ts'
import { changedWorkerFile } from '../platform/threads/worker-file.ts'
import { createEngine, type Engine, type EngineSettings } from '../engine/engine.ts'
import { readJournal } from '../journal/journal-reader.ts'
import { journalProblemOf, type JournalProblem } from '../journal/journal-file.ts'
import { join } from 'node:path'
import { parseCommand, UsageError, type Command, type SpeedOptions } from './arguments.ts'
import { exitCodes } from './exit-codes.ts'
import { helpFor, usage } from './help.ts'
import { runInspectCommand } from './commands/inspect.ts'
import { listenForInterruption } from './interruption.ts'
import { describeUnexpectedError, type Streams } from './output/output.ts'
import { createTextStream } from './output/text-stream.ts'
import { checkProxies, findProxiesOfEnvironment } from './proxy.ts'
import { runCommand, type EngineCommand } from './run-command.ts'
import { runLogCommand } from './commands/log.ts'
import { runStatusCommand } from './commands/status.ts'
import { readCliEnvironment, workerFiles, type CliEnvironment } from './cli-environment.ts'

const streams: Streams = {
  out: createTextStream(process.stdout),
  err: createTextStream(process.stderr),
}

/**
 * Runs one command of the command line and sets `process.exitCode` to one of `exitCodes`.
 * @param words the arguments after the program's name
 */
export async function main(words: readonly string[] = process.argv.slice(2)): Promise<void> {
  // Uploads continue when the reader of a pipe has closed it (`| head`).
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  try {
    process.exitCode = await start(parseCommand(words))
  } catch (error) {
    const isUsage = error instanceof UsageError
    const message = isUsage ? error.message : describeUnexpectedError(error)
    for (const line of message.split('\n')) streams.err.line(line)
    process.exitCode = isUsage ? exitCodes.usage : exitCodes.someFailed
  }
}

async function start(command: Command): Promise<number> {
  const { out } = streams
  if (command.name === 'help') {
    const help = command.about ? helpFor(command.about) : usage
    for (const line of help.trimEnd().split('\n')) out.line(line)
    return exitCodes.ok
  }
  if (command.name === 'version') {
    out.line(await version())
    return exitCodes.ok
  }
  if (command.name === 'inspect')
    return runInspectCommand(command, workerFiles(import.meta.filename).inspect, streams)
  const cliEnvironment = readCliEnvironment(process.env)
  if (command.name === 'status')
    return runStatusCommand(cliEnvironment, { nowMs: Date.now(), json: command.json }, streams)
  if (command.name === 'log') return runLogCommand(command, cliEnvironment.home, streams)
  if (command.name === 'resume' && isQueueEmpty(cliEnvironment.home)) {
    streams.err.line('The upload queue is empty.')
    return exitCodes.ok
  }
  return runWithEngine(command, cliEnvironment)
}

async function version(): Promise<string> {
  const { default: about } = await import('../../package.json', { with: { type: 'json' } })
  return about.version
}

/** False when the journal can't be read: opening it reports the problem. */
function isQueueEmpty(home: string): boolean {
  const view = readJournal(home)
  return view.ok && (view.value === null || view.value.unfinished.length === 0)
}

async function runWithEngine(command: EngineCommand, cliEnvironment: CliEnvironment): Promise<number> {
  checkProxies(process.env)
  const log = createLog({ folder: join(cliEnvironment.home, 'logs', 'command-line') })
  const keychain = createKeychain({ log })
  const environment = createEnvironment(log, findProxiesOfEnvironment)
  const interruption = listenForInterruption(process, (code) => endProcess(code, keychain))
  const engine = createCliEngine(settingsFor(command, cliEnvironment), cliEnvironment.home, keychain, {
    environment,
    flushLog: log.flush,
  })
  if (engine === null) return exitCodes.someFailed
  let code: number
  try {
    code = await runCommand(command, { engine, environment, cliEnvironment, interruption, streams })
  } finally {
    await engine.stop()
    await log.flush()
  }
  // Interrupted work, such as reading a folder, may keep the process alive.
  if (interruption.signal.aborted || keychain.isStuck()) endProcess(code, keychain)
  return code
}

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
  home: string,
  keychain: Keychain,
  { environment, flushLog }: { readonly environment: Environment; readonly flushLog: () => Promise<void> },
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
  const workers = workerFiles(import.meta.filename)
  const changedFile = changedWorkerFile(Object.values(workers))
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
    `The data folder ${home} belongs to another user. Set MODELFERRY_HOME to a folder of your own.`,
  other: (home) => `The data folder ${home} can’t be opened.`,
}
