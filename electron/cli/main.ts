import process from 'node:process'
import type { Result } from '../contract/failures.ts'
import type { KeychainState } from '../contract/account.ts'
import { defaultSettings } from '../contract/settings.ts'
import type { Environment, SecretStore } from '../platform/environment.ts'
import { createKeychain, endProcess, type Keychain } from '../platform/keychain.ts'
import { createLog } from '../platform/log.ts'
import { createEnvironment } from '../platform/system-environment.ts'
import { createEngine } from '../engine/engine.ts'
import { readJournal } from '../journal/journal-reader.ts'
import { journalProblemOf, type JournalProblem } from '../journal/journal-file.ts'
import { join } from 'node:path'
import { parseCommand, UsageError, type Command, type Speed } from './arguments.ts'
import { exitCodes } from './exit-codes.ts'
import { helpFor, usage } from './help.ts'
import { runInspectCommand } from './commands/inspect.ts'
import { listenForInterruption } from './interruption.ts'
import { mishap } from './output/output.ts'
import { checkProxies, findProxiesOfEnvironment } from './proxy.ts'
import { runCommand, type EngineCommand } from './run-command.ts'
import { runStatusCommand } from './commands/status.ts'
import { readSurroundings, workerFiles, type Surroundings } from './cli-environment.ts'

const streams = { out: process.stdout, err: process.stderr }

/**
 * The command line: the same uploads without a window. Leaves one of `exitCodes` for the process to end with.
 * @param words what stands behind the program's name
 */
export async function main(words: readonly string[] = process.argv.slice(2)): Promise<void> {
  // A reader that has gone (`| head`) must not end the uploads.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  try {
    process.exitCode = await start(parseCommand(words))
  } catch (error) {
    const isUsage = error instanceof UsageError
    process.stderr.write(`${isUsage ? error.message : mishap(error)}\n`)
    process.exitCode = isUsage ? exitCodes.usage : exitCodes.someFailed
  }
}

async function start(command: Command): Promise<number> {
  const { out } = streams
  if (command.name === 'help') {
    out.write(command.about ? helpFor(command.about) : usage)
    return exitCodes.ok
  }
  if (command.name === 'version') {
    out.write(`${await version()}\n`)
    return exitCodes.ok
  }
  if (command.name === 'inspect')
    return runInspectCommand(command, workerFiles(import.meta.filename).inspect, streams)
  const surroundings = readSurroundings(process.env)
  if (command.name === 'status') return runStatusCommand(surroundings.home, Date.now(), command.json, streams)
  if (command.name === 'resume' && hasNothingLeft(surroundings.home)) {
    streams.err.write('Nothing is left to do.\n')
    return exitCodes.ok
  }
  return withUploader(command, surroundings)
}

async function version(): Promise<string> {
  const { default: about } = await import('../../package.json', { with: { type: 'json' } })
  return about.version
}

/** A journal that can't be read is opened all the same: there the trouble gets its sentence. */
function hasNothingLeft(home: string): boolean {
  const view = readJournal(home)
  return view.ok && (view.value === null || view.value.left.length === 0)
}

async function withUploader(command: EngineCommand, surroundings: Surroundings): Promise<number> {
  checkProxies(process.env)
  const log = createLog({ folder: join(surroundings.home, 'logs', 'command-line') })
  const keychain = createKeychain({ log })
  const environment = createEnvironment(log, findProxiesOfEnvironment)
  const interruption = listenForInterruption(process, (code) => endProcess(code, keychain))
  const speed =
    'streamsMost' in command ? command : { limitBytesPerSecond: undefined, streamsMost: undefined }
  const engine = openUploader(surroundings, speed, keychain, environment)
  if (engine === null) return exitCodes.someFailed
  let code: number
  try {
    code = await runCommand(command, { engine, environment, surroundings, interruption, streams })
  } finally {
    await engine.stop()
    await log.flush()
  }
  // What was interrupted may still hold the process, as a folder that is being read does.
  if (interruption.signal.aborted || keychain.isStuck()) endProcess(code, keychain)
  return code
}

function openUploader(
  { home, server, servers, singlePutLimitBytes, limitBytesPerSecond }: Surroundings,
  speed: Speed,
  keychain: Keychain,
  environment: Environment,
) {
  let keychainState: KeychainState = 'ok'
  /** As its last answer has shown it. */
  async function heard<T>(answering: Promise<Result<T>>): Promise<Result<T>> {
    const answer = await answering
    if (answer.ok) keychainState = 'ok'
    else keychainState = answer.failure.code === 'keychain-absent' ? 'absent' : 'locked'
    return answer
  }
  const vault: SecretStore = {
    get: (name) => heard(keychain.get(name)),
    set: (name, secret) => heard(keychain.set(name, secret)),
    delete: (name) => heard(keychain.delete(name)),
  }
  try {
    return createEngine({
      ...{ folder: home, environment, vault, keychainState: () => keychainState },
      settings: {
        ...{ atOnce: defaultSettings.atOnce, server, servers, singlePutLimitBytes },
        limitBytesPerSecond:
          speed.limitBytesPerSecond === undefined ? limitBytesPerSecond : speed.limitBytesPerSecond,
        streamsMost: speed.streamsMost ?? defaultSettings.streamsMost,
      },
      workers: workerFiles(import.meta.filename),
    })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    streams.err.write(`${unusable[journalProblemOf(error)](home)} (${why})\n`)
    return null
  }
}

const unusable: Readonly<Record<JournalProblem, (home: string) => string>> = {
  newer: () => 'The queue was written by a newer Modelferry. Update this one.',
  full: (home) => `The disk of the data folder ${home} is full. Make room there, then run this again.`,
  'not-writable': (home) =>
    `The data folder ${home} can't be written. Give yourself the right to, or name another one by MODELFERRY_HOME.`,
  other: (home) => `The data folder ${home} can't be used.`,
}
