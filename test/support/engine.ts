import { takeHostLock, type HostLock } from '../../electron/host/host-lock.ts'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { onTestFinished } from 'vitest'
import type { Result } from '../../electron/contract/failures.ts'
import type { Environment } from '../../electron/platform/environment.ts'
import type { FindProxies } from '../../electron/platform/network/proxy-resolver.ts'
import { createLog, type FileLog } from '../../electron/platform/log.ts'
import { defaultSettings } from '../../electron/contract/settings.ts'
import type { SessionView } from '../../electron/contract/account.ts'
import type { Phase, Snapshot, UploadRow } from '../../electron/contract/uploads.ts'
import type { PutTimeouts } from '../../electron/transfer/upload-worker-pool.ts'
import {
  createEngine,
  type EnqueueRequest,
  type EngineSettings,
  type Engine,
} from '../../electron/engine/engine.ts'
import { ALICE, type DemoAccount } from '../cloud/accounts.ts'
import { startCloud, type Cloud, type CloudOptions } from '../cloud/cloud.ts'
import { writeSafetensors, type SafetensorsOptions } from '../fixtures/model-files.ts'
import { runningClock, createTestEnvironment, type HandClock, type TestEnvironment } from './hand-clock.ts'
import { createMemorySecretStore, type MemorySecretStore } from './memory-secret-store.ts'
import { startReusedThread } from './reused-threads.ts'
import { builtWorkers, testProgram } from './runner/test-programs.ts'

export interface EngineOptions {
  /** Options of the local cloud, such as Ceph's endpoint or a short token lifetime. */
  readonly cloud?: CloudOptions
  readonly settings?: Partial<EngineSettings>
  /** Finds the proxies; defaults to direct connections. */
  readonly findProxies?: FindProxies
  /** The addresses of the computer, which the engine polls; not polled by default. */
  readonly networkAddresses?: () => string
  /** Timeouts of PUTs, for tests of a stalled connection; defaults to the app's. */
  readonly putTimeouts?: PutTimeouts
  /** The program of the threads that hash; defaults to the app's. */
  readonly hashWorker?: URL
  /** The account that is signed in at the start; `null` for none. */
  readonly as?: DemoAccount | null
  /** Whether the log is written to the data folder, as by the installed app; otherwise it is only recorded. */
  readonly hasLogFile?: boolean
  /** Writes the lines of the log that wait; by default those of the log file. */
  readonly flushLog?: () => Promise<void>
  /** Whether the engine is that of the command line, which leaves the queue to the app. */
  readonly isCommand?: boolean
  /** Whether its first team is chosen, which is the default. */
  readonly isTeamChosen?: boolean
}

/** An engine with the test's data folder and secret store, as created by one start of the app. */
export interface App {
  readonly engine: Engine
  readonly calls: Engine['calls']
  rows(): readonly UploadRow[]
  row(id: string): UploadRow
  session(): SessionView
  /** Signs in and, unless a team is chosen already or none should be, chooses the account's first team. */
  signIn(account?: DemoAccount, options?: { readonly isTeamChosen?: boolean }): Promise<SessionView>
  /** Adds paths and returns the ids of the new rows in their order. */
  add(paths: string | readonly string[], options?: EnqueueRequest): Promise<readonly string[]>
  /** Resolves with the first truthy result of `condition`, which is called after each patch or session event. */
  until<T>(condition: (snapshot: Snapshot, session: SessionView) => T | false | null | undefined): Promise<T>
  /** Resolves with the row once it is in this phase. */
  phase(id: string, phase: Phase): Promise<UploadRow>
  /** Resolves with the row once it is registered or has failed. */
  settled(id: string): Promise<UploadRow>
  /** Pauses an upload, or all of them, without finishing any part. */
  pauseNow(id?: string): Promise<void>
  stop(): Promise<void>
}

/** A folder, a cloud, a secret store and a clock, all removed at the end of the test. */
export interface EngineHarness {
  readonly folder: string
  /** Data folder of the engine. */
  readonly home: string
  readonly cloud: Cloud
  readonly secretStore: MemorySecretStore
  /** The log of the app with `hasLogFile`, else null. */
  readonly fileLog: FileLog | null
  readonly clock: HandClock
  readonly environment: TestEnvironment & Required<Pick<Environment, 'startOfDay'>>
  /** The first app of the test. */
  readonly app: App
  /** Writes a safetensors file into the test's folder and returns its path. */
  file(name: string, options?: SafetensorsOptions): Promise<string>
  /** Begins to start another app like `open`. */
  begin(
    settings?: Partial<EngineSettings>,
    dataFolder?: string,
    lock?: HostLock,
  ): { app: App; started: Promise<boolean> }
  /** Starts another app with the same secret store, and with the same folder by default. */
  open(settings?: Partial<EngineSettings>, dataFolder?: string): Promise<App>
  /** Names of the cloud's operations so far, oldest first. */
  asked(): readonly string[]
  countOf(operation: string): number
}

/** Small, so that a whole upload takes some hundredths of a second. */
const sizeBytes = 150_000

/** Days in a test begin at its start, so midnight is this many ms away. */
export const dayMs = 24 * 60 * 60 * 1000

const { servers, singlePutLimitBytes, limitBytesPerSecond, streamsMost } = defaultSettings
/** The engine's settings in tests, except for the server: the defaults with two parallel files. */
export const usualSettings = {
  servers,
  atOnce: 2,
  singlePutLimitBytes,
  limitBytesPerSecond,
  streamsMost,
  // Most tests are about uploads and add files that would be reviewed.
  review: 'never',
} as const

export async function setup(options: EngineOptions = {}): Promise<EngineHarness> {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-engine-'))
  const home = join(folder, 'home')
  const clock = runningClock()
  const startedMs = clock.now()
  const environment = {
    // Long retry delays: the clock fires timers of less than 200 ms itself, and a busy computer can take the
    // shortest delay of 250 ms below that before its timer starts.
    ...createTestEnvironment(clock, 0.9),
    // The midnight timer must not fire during a test that happens to run at midnight.
    startOfDay: (atMs: number) => atMs - ((atMs - startedMs) % dayMs),
    startThread: startReusedThread,
    ...(options.findProxies ? { findProxies: options.findProxies } : {}),
    ...(options.networkAddresses ? { networkAddresses: options.networkAddresses } : {}),
  }
  const fileLog = options.hasLogFile ? createLog({ folder: join(home, 'logs') }) : null
  const secretStore = createMemorySecretStore()
  const cloud = await startCloud({ now: clock.now, verifiesHash: true, ...options.cloud })
  const apps: App[] = []
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') console.error(stateOf({ apps, cloud, clock, environment }))
    await Promise.all(apps.map((app) => app.stop()))
    await cloud.close()
    await rm(folder, { recursive: true, force: true })
  })

  const begin: EngineHarness['begin'] = (
    settings = {},
    dataFolder = home,
    lock = takeHostLock(dataFolder),
  ) => {
    const engine = createEngine({
      folder: dataFolder,
      lock,
      environment: fileLog ? { ...environment, log: fileLog } : environment,
      logFolders: [join(dataFolder, 'logs')],
      flushLog: options.flushLog ?? fileLog?.flush ?? (async () => {}),
      secretStore,
      keychainState: () => 'ok',
      settings: {
        ...usualSettings,
        server: cloud.url,
        ...options.settings,
        ...settings,
      },
      // Tests must not find the models of the user who runs them.
      computer: { platform: 'linux', home: join(folder, 'person'), environment: {} },
      workers: {
        ...builtWorkers(),
        upload: pathToFileURL(testProgram('reused-upload-worker')),
        search: pathToFileURL(testProgram('reused-search-worker')),
        ...(options.hashWorker ? { hash: options.hashWorker } : {}),
      },
      ...(options.putTimeouts ? { putTimeouts: options.putTimeouts } : {}),
    })
    const app = appOn(engine)
    apps.push(app)
    return { app, started: engine.start({ restoreQueue: options.isCommand !== true }) }
  }

  const open: EngineHarness['open'] = async (...given) => {
    const { app, started } = begin(...given)
    await started
    return app
  }

  const app = await open()
  const { as: account, isTeamChosen = true } = options
  if (account !== null) await app.signIn(account, { isTeamChosen })
  return {
    folder,
    home,
    cloud,
    secretStore,
    fileLog,
    clock,
    environment,
    app,
    begin,
    open,
    async file(name, given = {}) {
      const path = join(folder, 'files', name)
      await writeSafetensors(path, { sizeBytes, payload: { seed: seedOf(name) }, ...given })
      return path
    },
    asked: () => cloud.operations.map((operation) => operation.name),
    countOf: (wanted) => cloud.operations.filter((operation) => operation.name === wanted).length,
  }
}

/** What a failed test left behind: a timeout alone does not show what the test waited for. */
function stateOf({
  apps,
  cloud,
  clock,
  environment,
}: Pick<EngineHarness, 'cloud' | 'clock' | 'environment'> & { readonly apps: readonly App[] }): string {
  const lines = (name: string, entries: readonly unknown[]) =>
    [name, ...entries.map((entry) => `  ${JSON.stringify(entry)}`)].join('\n')
  return [
    ...apps.map(({ engine, rows }, index) =>
      lines(`App ${index + 1} (${engine.snapshot().line})`, rows().map(rowFacts)),
    ),
    lines('Timers of the clock in ms', [clock.waits()]),
    lines(
      'Last requests',
      cloud.operations
        .slice(-20)
        .map(({ name, at, status, bytes, ended }) => ({ name, at, status, bytes, ended })),
    ),
    lines('Last lines of the log', environment.lines.slice(-20)),
  ].join('\n')
}

const rowFacts = ({ fileName, phase, sentBytes, sizeBytes, retryAtMs, failure }: UploadRow) => ({
  fileName,
  phase,
  sentBytes,
  sizeBytes,
  retryAtMs,
  failure,
})

function appOn(engine: Engine): App {
  let stopped: Promise<void> | null = null
  const rows = () => engine.snapshot().rows
  const find = (id: string) => rows().find((row) => row.id === id)

  function until<T>(condition: (snapshot: Snapshot, session: SessionView) => T | false | null | undefined) {
    return new Promise<T>((resolve, reject) => {
      const end = () => {
        clearInterval(watch)
        unsubscribe()
      }
      const again = () => {
        try {
          const found = condition(engine.snapshot(), engine.session())
          if (found === false || found === null || found === undefined) return
          end()
          resolve(found)
        } catch (error) {
          end()
          reject(error as Error)
        }
      }
      // `condition` may depend on the cloud or the disk, which emit no events and can change after the last patch.
      const watch = setInterval(again, 20)
      const unsubscribe = engine.subscribe({ patch: again, session: again })
      again()
    })
  }

  return {
    engine,
    rows,
    until,
    calls: engine.calls,
    session: engine.session,
    row(id) {
      const found = find(id)
      if (!found) throw new Error(`there is no row ${id}`)
      return found
    },
    async signIn({ email, password } = ALICE, { isTeamChosen = true } = {}) {
      const session = valueOf(await engine.calls.signIn({ email, password }))
      const account = session.accounts.find((one) => one.kind === 'session' && one.email === email)
      const [team] = account?.teams ?? []
      if (!isTeamChosen || session.chosen || !account || !team) return session
      return valueOf(await engine.calls.chooseTeam({ accountId: account.id, teamId: team.id }))
    },
    async add(paths, options) {
      const before = new Set(rows().map(({ id }) => id))
      valueOf(await engine.add(typeof paths === 'string' ? [paths] : paths, options))
      return rows()
        .filter(({ id }) => !before.has(id))
        .sort((a, b) => a.position - b.position)
        .map(({ id }) => id)
    },
    phase: (id, phase) =>
      until(() => {
        const row = find(id)
        return row?.phase === phase && row
      }),
    settled: (id) =>
      until(() => {
        const row = find(id)
        return (row?.phase === 'registered' || row?.phase === 'failed') && row
      }),
    async pauseNow(id) {
      const paused = id === undefined ? engine.calls.pauseAll(undefined) : engine.calls.pause({ ids: [id] })
      valueOf(await engine.calls.stopPausing({ ids: null }))
      valueOf(await paused)
    },
    stop() {
      stopped ??= engine.stop()
      return stopped
    },
  }
}

/** Returns the value of a result; throws its failure. */
export function valueOf<T>(result: Result<T>): T {
  if (result.ok) return result.value
  throw new Error(`answered ${JSON.stringify(result.failure)}`)
}

export function sha256Of(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}

/** A seed per name, so that no two files have the same content. */
function seedOf(name: string): number {
  return createHash('sha256').update(name).digest().readUInt32LE(0)
}
