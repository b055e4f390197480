import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Result } from '../../electron/contract/failures.ts'
import type { FindProxies } from '../../electron/platform/proxy-resolver.ts'
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
import { runningClock, testPorts, type HandClock, type TestPorts } from './hand-clock.ts'
import { createMemorySecretStore, type MemorySecretStore } from './memory-secret-store.ts'
import { builtWorkers } from './test-programs.ts'

export interface EngineOptions {
  /** Of the local cloud, such as Ceph's endpoint or a short token life. */
  readonly cloud?: CloudOptions
  readonly settings?: Partial<EngineSettings>
  /** Which proxies there are; nothing stands between when left out. */
  readonly findProxies?: FindProxies
  /** Of PUTs, for tests of a stalled connection; the app's own when left out. */
  readonly putTimeouts?: PutTimeouts
  /** Who is signed in when the test begins; `null` for nobody. */
  readonly as?: DemoAccount | null
}

/** One uploader on the world's folder and vault, as one start of the app. */
export interface App {
  readonly engine: Engine
  readonly calls: Engine['calls']
  rows(): readonly UploadRow[]
  row(id: string): UploadRow
  session(): SessionView
  signIn(account?: DemoAccount): Promise<SessionView>
  /** Adds paths and answers the ids of the new rows, in their order. */
  add(paths: string | readonly string[], options?: EnqueueRequest): Promise<readonly string[]>
  /** Resolves with what `look` finds, looking again whenever the uploader tells something. */
  until<T>(look: (snapshot: Snapshot, session: SessionView) => T | false | null | undefined): Promise<T>
  /** The row once it is in that phase. */
  phase(id: string, phase: Phase): Promise<UploadRow>
  /** The row once it is registered or has failed. */
  settled(id: string): Promise<UploadRow>
  stop(): Promise<void>
}

/** A folder, a cloud, a keychain and a clock; all gone when the test ends. */
export interface World {
  readonly folder: string
  /** Data folder of the uploader. */
  readonly home: string
  readonly cloud: Cloud
  readonly vault: MemorySecretStore
  readonly clock: HandClock
  readonly environment: TestPorts
  /** The app as the test began it. */
  readonly app: App
  /** Writes a safetensors file under the world's folder and answers its path. */
  file(name: string, options?: SafetensorsOptions): Promise<string>
  /** Starts another app on the same vault, and on the same folder unless another one is named. */
  open(settings?: Partial<EngineSettings>, dataFolder?: string): Promise<App>
  /** Names of the cloud's operations so far, oldest first. */
  asked(): readonly string[]
  countOf(operation: string): number
}

/** Files of tests are small, so that a whole upload takes some hundredths of a second. */
const sizeBytes = 150_000

/** A test's days begin at the time of its start: until midnight there is this long, in ms. */
export const dayMs = 24 * 60 * 60 * 1000

const { servers, singlePutLimitBytes, limitBytesPerSecond, streamsMost } = defaultSettings
/** The engine's settings in tests, except for the server: the defaults with two files at once. */
export const usualSettings = { servers, atOnce: 2, singlePutLimitBytes, limitBytesPerSecond, streamsMost }

export async function setup(options: EngineOptions = {}): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-engine-'))
  const home = join(folder, 'home')
  const clock = runningClock()
  const startedMs = clock.now()
  const environment = {
    ...testPorts(clock),
    // The timer for midnight must not fall into a test because of the hour at which it runs.
    startOfDay: (atMs: number) => atMs - ((atMs - startedMs) % dayMs),
    ...(options.findProxies ? { findProxies: options.findProxies } : {}),
  }
  const vault = createMemorySecretStore()
  const cloud = await startCloud({ now: clock.now, verifiesHash: true, ...options.cloud })
  const apps: App[] = []
  onTestFinished(async () => {
    await Promise.all(apps.map((app) => app.stop()))
    await cloud.close()
    await rm(folder, { recursive: true, force: true })
  })

  async function open(settings: Partial<EngineSettings> = {}, dataFolder = home): Promise<App> {
    const engine = createEngine({
      folder: dataFolder,
      environment,
      vault,
      keychainState: () => 'ok',
      settings: {
        ...usualSettings,
        server: cloud.url,
        ...options.settings,
        ...settings,
      },
      // Models of whoever runs the tests are none of theirs.
      computer: { platform: 'linux', home: join(folder, 'person'), environment: {} },
      workers: builtWorkers(),
      ...(options.putTimeouts ? { putTimeouts: options.putTimeouts } : {}),
    })
    const app = appOn(engine)
    apps.push(app)
    await engine.start()
    return app
  }

  const app = await open()
  if (options.as !== null) await app.signIn(options.as)
  return {
    ...{ folder, home, cloud, vault, clock, environment, app, open },
    async file(name, given = {}) {
      const path = join(folder, 'files', name)
      await writeSafetensors(path, { sizeBytes, payload: { seed: seedOf(name) }, ...given })
      return path
    },
    asked: () => cloud.operations.map((operation) => operation.name),
    countOf: (wanted) => cloud.operations.filter((operation) => operation.name === wanted).length,
  }
}

function appOn(engine: Engine): App {
  let stopped: Promise<void> | null = null
  const rows = () => engine.snapshot().rows
  const find = (id: string) => rows().find((row) => row.id === id)

  function until<T>(look: (snapshot: Snapshot, session: SessionView) => T | false | null | undefined) {
    return new Promise<T>((resolve, reject) => {
      const end = () => {
        clearInterval(watch)
        unsubscribe()
      }
      const again = () => {
        try {
          const found = look(engine.snapshot(), engine.session())
          if (found === false || found === null || found === undefined) return
          end()
          resolve(found)
        } catch (error) {
          end()
          reject(error as Error)
        }
      }
      // What is asked for may be the cloud's or the disk's, of which the app tells nobody: it may come after the last patch.
      const watch = setInterval(again, 20)
      const unsubscribe = engine.subscribe({ patch: again, session: again })
      again()
    })
  }

  return {
    ...{ engine, rows, until },
    calls: engine.calls,
    session: engine.session,
    row(id) {
      const found = find(id)
      if (!found) throw new Error(`there is no row ${id}`)
      return found
    },
    async signIn(account = ALICE) {
      return valueOf(await engine.calls.signIn({ email: account.email, password: account.password }))
    },
    async add(paths, options) {
      const before = new Set(rows().map(({ id }) => id))
      valueOf(await engine.addPaths(typeof paths === 'string' ? [paths] : paths, options))
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
    stop() {
      stopped ??= engine.stop()
      return stopped
    },
  }
}

/** What a call answered; throws its failure. */
export function valueOf<T>(result: Result<T>): T {
  if (result.ok) return result.value
  throw new Error(`answered ${JSON.stringify(result.failure)}`)
}

export function sha256Of(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}

/** A seed of its own for each name, so that no two files hold the same bytes. */
function seedOf(name: string): number {
  return createHash('sha256').update(name).digest().readUInt32LE(0)
}
