import { test as base } from '@playwright/test'
import type { Page, TestInfo } from '@playwright/test'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import type { Settings } from '../../electron/contract/settings.ts'
import { startCloud } from '../cloud/cloud.ts'
import type { Cloud, CloudOptions } from '../cloud/cloud.ts'
import { startStorage } from '../cloud/start-storage.ts'
import type { StorageKind } from '../cloud/start-storage.ts'
import { writeSafetensors } from '../fixtures/model-files.ts'
import type { SafetensorsOptions } from '../fixtures/model-files.ts'
import { findChromium } from '../support/chromium.ts'
import { openKeyring } from '../support/own-keyring.ts'
import { signIn } from './page-steps.ts'
import { launch } from './running-app.ts'
import type { RunningApp } from './running-app.ts'

export { expect } from '@playwright/test'

/** A folder and a cloud of one test's own; apps that are started one after another in it share both. */
export interface EngineHarness {
  readonly folder: string
  /** The app's data folder. */
  readonly home: string
  readonly cloud: Cloud
  readonly environment: Record<string, string>
  start(files?: readonly string[]): Promise<RunningApp>
  /** Writes a safetensors file of that size, by default a quarter of a megabyte. */
  file(name: string, options?: SafetensorsOptions): Promise<string>
}

interface Fixtures {
  readonly cloudOptions: CloudOptions
  readonly storageKind: StorageKind
  /** What lies in the settings before the first start. */
  readonly settings: Partial<Settings>
  readonly harness: EngineHarness
  /** The app with nobody signed in. */
  readonly app: RunningApp
  /** The page of an app in which Alice is signed in. */
  readonly page: Page
}

interface WorkerFixtures {
  /** A session bus with a keyring on it, for the tests of one worker and the apps that they start. */
  readonly session: void
}

const smallFileBytes = 250_000

export const test = base.extend<Fixtures, WorkerFixtures>({
  session: [
    // Playwright reads from the pattern that no other fixture is needed.
    async ({}, use) => {
      // Only on Linux do tests play services of the desktop, which every app on the same bus would see.
      if (process.platform !== 'linux') return use()
      const folder = mkdtempSync(join(tmpdir(), 'ferry-session-'))
      const keyring = await openKeyring(folder)
      Object.assign(process.env, keyring.environment)
      await use()
      await keyring.end()
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
    },
    { scope: 'worker', auto: true },
  ],
  cloudOptions: [{}, { option: true }],
  storageKind: ['embedded', { option: true }],
  settings: [{}, { option: true }],
  harness: [
    async ({ cloudOptions, storageKind, settings }, use, testInfo) => {
      const storage = await startStorage(storageKind)
      const cloud = await startCloud({ ...storage.options, ...cloudOptions })
      const { harness, apps } = createWorld(cloud, settings)
      await use(harness)
      for (const app of apps) await app.kill()
      if (testInfo.status !== testInfo.expectedStatus) await tell(testInfo, apps, harness.home)
      await cloud.close()
      await storage.stop()
      rmSync(harness.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
    },
    // Ceph takes a while to start; the test's own time is not touched by it.
    { timeout: 120_000 },
  ],
  app: async ({ harness }, use) => use(await harness.start()),
  page: async ({ app }, use) => {
    await signIn(app.page)
    await use(app.page)
  },
})

function createWorld(
  cloud: Cloud,
  settings: Partial<Settings>,
): { harness: EngineHarness; apps: RunningApp[] } {
  // Short: a socket of Chromium's lies deep inside, and its whole path may have 107 characters.
  const folder = mkdtempSync(join(tmpdir(), 'ferry-'))
  const home = join(folder, 'home')
  for (const name of ['home', 'person', 'tmp']) mkdirSync(join(folder, name))
  writeFileSync(join(home, 'settings.json'), JSON.stringify(settings))
  const apps: RunningApp[] = []
  const environment = environmentFor(folder, cloud)
  const harness: EngineHarness = {
    folder,
    home,
    cloud,
    environment,
    async start(files = []) {
      const app = await launch(environment, files)
      apps.push(app)
      return app
    },
    async file(name, options = {}) {
      const path = join(folder, 'files', name)
      // Bytes of its own for each name: what is the same is sent once.
      const payload = { seed: createHash('sha256').update(name).digest().readUInt32LE(0) }
      await writeSafetensors(path, { sizeBytes: smallFileBytes, payload, ...options })
      return path
    },
  }
  return { harness, apps }
}

/** Puts beside a failed test what its apps said and logged. */
async function tell(testInfo: TestInfo, apps: readonly RunningApp[], home: string): Promise<void> {
  for (const app of apps) await testInfo.attach('output', { body: app.said(), contentType: 'text/plain' })
  try {
    const body = readFileSync(join(home, 'logs/modelferry.log'))
    await testInfo.attach('log', { body, contentType: 'text/plain' })
  } catch {
    return // it may not have come so far
  }
}

function environmentFor(folder: string, cloud: Cloud): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  return {
    ...Object.fromEntries(inherited),
    ELECTRON_HOST_CHROMIUM: findChromium() ?? '',
    HOME: join(folder, 'person'),
    LANGUAGE: 'en',
    MODELFERRY_HOME: join(folder, 'home'),
    MODELFERRY_SERVER: cloud.url,
    TMPDIR: join(folder, 'tmp'),
    XDG_CONFIG_HOME: join(folder, 'config'),
  }
}
