import { homedir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import type { KeychainState } from '../contract/account.ts'
import { failed, failure, success, type Result } from '../contract/failures.ts'
import { defaultSettings } from '../contract/settings.ts'
import { createCommandServer, createEngine, type Engine, type EngineSettings } from '../engine/engine.ts'
import type { HostEnd } from '../host/connect-host.ts'
import type { HostLock } from '../host/host-lock.ts'
import { createOwnHost } from '../host/own-host.ts'
import { serveHost } from '../host/serve-host.ts'
import type { Environment, SecretStore } from '../platform/environment.ts'
import { reviewPolicyOf } from '../intake/review/upload-policy.ts'
import type { Keychain } from '../platform/keychain.ts'
import { createLog } from '../platform/log.ts'
import { createEnvironment } from '../platform/system-environment.ts'
import { loadWorkerFiles } from '../platform/threads/worker-file.ts'
import type { CliEnvironment } from './cli-environment.ts'
import { describeDataFolderProblem } from './data-folder-problem.ts'
import { exitCodes } from './exit-codes.ts'
import { interrupted } from './interruption.ts'
import { checkProxies } from './proxy.ts'
import { uploads, type EngineCommand } from './run-command.ts'
import { runByHost, speedLimitsOf, type Outcome, type RunContext } from './run-by-host.ts'

/** How long parts are finished at the end, in ms, for other commands and for the app that starts. */
const finishMs = 20_000
const finishForAppMs = 5_000

/** Hosts the engine, for this command and others that are run meanwhile, until the command is done or the app starts. */
export async function runAsHost(command: EngineCommand, lock: HostLock, run: RunContext): Promise<Outcome> {
  const { program, cliEnvironment, streams, interruption } = run
  checkProxies(program.environment)
  const log = createLog({ folder: join(cliEnvironment.home, 'logs', 'command-line') })
  const keychain = program.createKeychain(log)
  const environment = createEnvironment(log, program.findProxies)
  const end = (code: number) => program.endInterrupted(code, interruption, keychain)
  run.endNow = (code) => void end(code)
  const engine = createCliEngine(command, keychain, { ...run, environment, flushLog: log.flush, lock })
  if (engine === null) return exitCodes.someFailed
  const hosting = await startHosting(engine, { command, cliEnvironment, environment })
  let outcome: Outcome
  try {
    const started = await interruption.race(engine.start({ restoreQueue: false }))
    outcome = started === interrupted ? interruption.exitCode : await runByHost(command, hosting.own, run)
  } finally {
    await hosting.stop()
    await log.flush()
  }
  if (typeof outcome !== 'number') return outcome
  const flushed = Promise.all([streams.out.flush(), streams.err.flush()])
  if (interruption.signal.aborted) {
    await Promise.race([flushed, delay(interruptedFlushMs)])
    await end(outcome)
  }
  if (keychain.isStuck()) {
    await flushed
    program.endStuck(outcome, keychain)
  }
  return outcome
}

/** Serves this command and others. */
async function startHosting(
  engine: Engine,
  {
    command,
    cliEnvironment,
    environment,
  }: Pick<RunContext, 'cliEnvironment'> & {
    readonly command: EngineCommand
    readonly environment: Environment
  },
) {
  const { home, settings } = cliEnvironment
  const ended = Promise.withResolvers<HostEnd>()
  const lateForApp = Promise.withResolvers<void>()
  let end: HostEnd = 'ended'
  function handOver(): void {
    end = 'app-starts'
    environment.timers.after(finishForAppMs, lateForApp.resolve)
    // Other commands are done within a moment, or have to be repeated.
    void (uploads(command) ? Promise.resolve() : lateForApp.promise).then(() => ended.resolve('app-starts'))
  }
  const options = {
    handlers: {
      ...engine.calls,
      settings: async () => success(settings),
      // Those are the app's.
      changeSettings: async () => failed(failure('bad-call')),
    },
    serveCommand: createCommandServer(engine, handOver),
    log: environment.log,
  }
  const { default: about } = await import('../../package.json', { with: { type: 'json' } })
  const server = serveHost({
    ...options,
    home,
    version: about.version,
    kind: 'command',
    queueRestored: engine.queueRestored,
    timers: environment.timers,
  })
  const unsubscribe = engine.subscribe({ patch: server.sendPatch })
  return {
    own: createOwnHost({ ...options, ended: ended.promise }),
    /** Finishes the parts of other commands, which go on with the next host. */
    async stop(): Promise<void> {
      if (server.hasCommands() || end === 'app-starts') {
        const isLate = delay(finishMs, undefined, { ref: false })
        await Promise.race([engine.finishParts(), isLate, lateForApp.promise])
      }
      server.leave(end)
      unsubscribe()
      await engine.stop()
      server.close()
    },
  }
}

/** How long the reader of an interrupted command may take to read the rest of its output. */
const interruptedFlushMs = 5_000

function settingsFor(command: EngineCommand, cliEnvironment: CliEnvironment): EngineSettings {
  const { server, servers, singlePutLimitBytes } = cliEnvironment.settings
  const { limitBytesPerSecond, streamsMost } = speedLimitsOf(command, cliEnvironment)
  return {
    server,
    servers,
    ...reviewPolicyOf(cliEnvironment.settings),
    atOnce: defaultSettings.atOnce,
    singlePutLimitBytes,
    limitBytesPerSecond,
    streamsMost: streamsMost ?? defaultSettings.streamsMost,
  }
}

/** Writes why and answers null when the journal can't be used or the app's files were changed. */
function createCliEngine(
  command: EngineCommand,
  keychain: Keychain,
  {
    environment,
    flushLog,
    lock,
    cliEnvironment,
    program: { workers, computer },
    streams,
  }: RunContext & {
    readonly environment: Environment
    readonly flushLog: () => Promise<void>
    readonly lock: HostLock
  },
): Engine | null {
  const { home } = cliEnvironment
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
    lock.release()
    streams.err.line(
      `Some of Modelferry’s files are damaged or were changed (${changedFile}), so it didn’t start. ` +
        'Your uploads are safe. Reinstall Modelferry.',
    )
    return null
  }
  try {
    return createEngine({
      folder: home,
      lock,
      environment,
      secretStore,
      keychainState: () => keychainState,
      settings: settingsFor(command, cliEnvironment),
      workers,
      computer,
      logFolders: [join(home, 'logs'), join(home, 'logs', 'command-line'), ...macLogFolders()],
      flushLog,
    })
  } catch (error) {
    streams.err.line(describeDataFolderProblem(error, home))
    return null
  }
}

/** Where the app's log is on macOS (electronjs.org/docs/latest/api/app, app.getPath); elsewhere in the data folder. */
const macLogFolders = () =>
  process.platform === 'darwin' ? [join(homedir(), 'Library', 'Logs', 'Modelferry')] : []
