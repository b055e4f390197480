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
import type { SharedChromium } from '../../electron-host/browser.ts'
import { createWorkerChromium, type WorkerChromium } from '../../electron-host/shared-chromium.ts'
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
  /** Started by the first test on the Electron host that needs it. */
  readonly sharedChromium: WorkerChromium
  /** A session bus with a keyring, for the tests of one worker and the apps that they start. */
  readonly session: void
}

const smallFileBytes = 250_000

export const test = base.extend<Fixtures, WorkerFixtures>({
  sharedChromium: [
    async ({}, use) => {
      const chromium = createWorkerChromium(switches, { ...inheritedEnvironment(), ...appEnvironment })
      await use(chromium)
      await chromium.end()
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
  async harness({ sharedChromium, ownChromium, cloudOptions, settings }, use, testInfo) {
    const cloud = await startCloud(cloudOptions)
    // Benchmarks measure the start of a Chromium too.
    const hasOwn = ownChromium || testInfo.tags.includes('@bench') || findRuntime().name === 'electron'
    const { harness, apps } = createWorld(cloud, settings, hasOwn ? null : await sharedChromium.open())
    await use(harness)
    const hasFailed = testInfo.status !== testInfo.expectedStatus
    if (hasFailed) await keepPages(testInfo, apps)
    for (const app of apps) await app.kill()
    if (hasFailed) {
      const output = [...apps.map((app) => app.said()), ...(hasOwn ? [] : [await sharedChromium.output()])]
      await keepLogs(testInfo, output, harness.home)
    }
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
  chromium: SharedChromium | null,
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
      // With switches of its own an app starts a Chromium with them.
      const hasSwitches = files.some((word) => word.startsWith('--'))
      if (chromium && !hasSwitches) await expectShared(app)
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

/** Without this no test would fail if each app started a Chromium of its own, which takes half of the time. */
async function expectShared({ electron }: RunningApp): Promise<void> {
  const contextId = await electron.evaluate(() => globalThis.__electronHost.browser.browserContextId)
  if (contextId === undefined) throw new Error('the app did not use the Chromium of the worker')
}

/** Keeps what the pages of a failed test show, as text; of an app that has ended, why its page can't be read. */
async function keepPages(testInfo: TestInfo, apps: readonly RunningApp[]): Promise<void> {
  for (const [index, { page }] of apps.entries()) {
    const shown = await page.locator('body').ariaSnapshot({ timeout: snapshotTimeoutMs }).catch(String)
    const path = testInfo.outputPath(`page-${index + 1}.txt`)
    writeFileSync(path, shown)
    await testInfo.attach('page', { path })
  }
}

const snapshotTimeoutMs = 5_000

/**
 * Keeps the output of the apps of a failed test, then that of a shared Chromium, and the log as files, because
 * the list of results shows only their first 300 characters.
 */
async function keepLogs(testInfo: TestInfo, output: readonly string[], home: string): Promise<void> {
  for (const [index, text] of output.entries()) {
    const path = testInfo.outputPath(`output-${index + 1}.txt`)
    writeFileSync(path, text)
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
  chromium: SharedChromium | null,
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
