import { test as base } from '@playwright/test'
import type { Page, TestInfo } from '@playwright/test'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import type { Settings } from '../../../electron/contract/settings.ts'
import { startCloud } from '../../cloud/cloud.ts'
import type { Cloud, CloudOptions } from '../../cloud/cloud.ts'
import { startChromium } from '../../electron-host/chromium.ts'
import type { SharedChromium } from '../../electron-host/browser.ts'
import { writeSafetensors } from '../../fixtures/model-files.ts'
import type { SafetensorsOptions } from '../../fixtures/model-files.ts'
import { findHeadlessChromium } from '../../support/runner/chromium.ts'
import { findRuntime } from '../../support/runner/electron-runtime.ts'
import { openKeyring } from '../../support/own-keyring.ts'
import { signIn } from './page-steps.ts'
import { launch, switches } from './running-app.ts'
import type { RunningApp } from './running-app.ts'

export { expect } from '@playwright/test'

/** Folder and cloud of one test, shared by all apps that it starts. */
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
  /** The settings before the first start. */
  readonly settings: Partial<Settings>
  /** Whether each app has a Chromium of its own, whose profile is in the folder of the test. */
  readonly ownChromium: boolean
  readonly harness: EngineHarness
  /** The app without a signed-in account. */
  readonly app: RunningApp
  /** The page of an app in which Alice is signed in. */
  readonly page: Page
}

interface WorkerFixtures {
  /**
   * Starts, at its first call, the Chromium of all apps that a worker starts on the Electron host: each has a browser
   * context of its own. On Electron there is none.
   */
  readonly openSharedChromium: () => Promise<SharedChromium | undefined>
  /** A session bus with a keyring, for the tests of one worker and the apps that they start. */
  readonly session: void
}

const smallFileBytes = 250_000

export const test = base.extend<Fixtures, WorkerFixtures>({
  openSharedChromium: [
    async ({}, use) => {
      if (findRuntime().name === 'electron') return use(async () => undefined)
      let chromium: ReturnType<typeof startChromium> | undefined
      await use(async () => {
        chromium ??= startChromium(switches, { ...inheritedEnvironment(), ...appEnvironment })
        return { url: (await chromium).url, switches }
      })
      if (chromium) await (await chromium).end()
    },
    { scope: 'worker' },
  ],
  session: [
    // Playwright infers from the pattern that no other fixture is needed.
    async ({}, use) => {
      // Only Linux tests simulate desktop services, which every app on the same bus would use.
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
  settings: [{}, { option: true }],
  ownChromium: [false, { option: true }],
  async harness({ openSharedChromium, ownChromium, cloudOptions, settings }, use, testInfo) {
    const cloud = await startCloud(cloudOptions)
    // Benchmarks measure the start of a Chromium too.
    const hasOwn = ownChromium || testInfo.tags.includes('@bench')
    const shared = hasOwn ? undefined : await openSharedChromium()
    const { harness, apps } = createWorld(cloud, settings, shared)
    await use(harness)
    for (const app of apps) await app.kill()
    if (testInfo.status !== testInfo.expectedStatus) await keepLogs(testInfo, apps, harness.home)
    await cloud.close()
    rmSync(harness.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
  },
  app: async ({ harness }, use) => use(await harness.start()),
  page: async ({ app }, use) => {
    await signIn(app.page)
    await use(app.page)
  },
})

function createWorld(
  cloud: Cloud,
  settings: Partial<Settings>,
  chromium: SharedChromium | undefined,
): { harness: EngineHarness; apps: RunningApp[] } {
  // Short, because Chromium creates a socket below it, whose path is limited to 107 characters.
  const folder = mkdtempSync(join(tmpdir(), 'ferry-'))
  const home = join(folder, 'home')
  for (const name of ['home', 'person', 'tmp']) mkdirSync(join(folder, name))
  // Most tests are about uploads and add files that would be reviewed.
  writeFileSync(join(home, 'settings.json'), JSON.stringify({ review: 'never', ...settings }))
  const apps: RunningApp[] = []
  const environment = environmentFor(folder, cloud, chromium)
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
      // Different bytes for each name, since duplicates are not sent.
      const payload = { seed: createHash('sha256').update(name).digest().readUInt32LE(0) }
      await writeSafetensors(path, { sizeBytes: smallFileBytes, payload, ...options })
      return path
    },
  }
  return { harness, apps }
}

/**
 * Keeps the output and logs of the apps of a failed test as files, because the list of results shows only
 * their first 300 characters.
 */
async function keepLogs(testInfo: TestInfo, apps: readonly RunningApp[], home: string): Promise<void> {
  for (const [index, app] of apps.entries()) {
    const path = testInfo.outputPath(`output-${index + 1}.txt`)
    writeFileSync(path, app.said())
    await testInfo.attach('output', { path })
  }
  const log = join(home, 'logs/modelferry.log')
  // The app may have ended before its first line.
  if (existsSync(log)) await testInfo.attach('log', { path: log })
}

/**
 * A time zone in which it is noon: finished uploads leave the list at midnight, and quiet hours begin and end
 * then. East is negative in these names (POSIX).
 */
function zoneOfNoon(): string {
  const hoursWest = new Date().getUTCHours() - 12
  return `Etc/GMT${hoursWest < 0 ? '' : '+'}${hoursWest}`
}

/** For the app and its Chromium. */
const appEnvironment = {
  ELECTRON_HOST_CHROMIUM: findHeadlessChromium() ?? '',
  LANGUAGE: 'en',
  TZ: zoneOfNoon(),
}

function inheritedEnvironment(): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  return Object.fromEntries(inherited)
}

function environmentFor(
  folder: string,
  cloud: Cloud,
  chromium: SharedChromium | undefined,
): Record<string, string> {
  return {
    ...inheritedEnvironment(),
    ...appEnvironment,
    ...(chromium && { ELECTRON_HOST_BROWSER: JSON.stringify(chromium) }),
    HOME: join(folder, 'person'),
    MODELFERRY_HOME: join(folder, 'home'),
    MODELFERRY_SERVER: cloud.url,
    TMPDIR: join(folder, 'tmp'),
    XDG_CONFIG_HOME: join(folder, 'config'),
  }
}
