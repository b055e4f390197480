import { test as base, _electron } from '@playwright/test'
import type { ElectronApplication, Page } from '@playwright/test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { ALICE } from '../cloud/accounts.ts'
import { startCloud } from '../cloud/cloud.ts'
import type { Cloud, CloudOptions } from '../cloud/cloud.ts'
import { writeSafetensors } from '../fixtures/model-files.ts'
import type { SafetensorsOptions } from '../fixtures/model-files.ts'
import { findChromium } from '../support/chromium.ts'
import { findRuntime } from '../support/electron-runtime.ts'
import { projectFolder } from '../support/temp-project.ts'

export { expect } from '@playwright/test'

/** The built app, started. */
export interface RunningApp {
  readonly electron: ElectronApplication
  readonly page: Page
  /** Ends it at once, without asking. */
  end(): Promise<void>
}

/** A folder and a cloud of one test's own; apps that are started one after another in it share both. */
export interface World {
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
  readonly world: World
  /** The app with nobody signed in. */
  readonly app: RunningApp
  /** The page of an app in which Alice is signed in. */
  readonly page: Page
}

const { executable } = findRuntime()
const smallFileBytes = 250_000

export const test = base.extend<Fixtures>({
  cloudOptions: [{}, { option: true }],
  world: async ({ cloudOptions }, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'modelferry-e2e-'))
    const cloud = await startCloud(cloudOptions)
    const apps: RunningApp[] = []
    const environment = environmentFor(folder, cloud)
    await use({
      folder,
      home: join(folder, 'home'),
      cloud,
      environment,
      async start(files = []) {
        const app = await launch(environment, files)
        apps.push(app)
        return app
      },
      async file(name, options = {}) {
        const path = join(folder, 'files', name)
        await writeSafetensors(path, {
          sizeBytes: smallFileBytes,
          payload: { seed: name.length },
          ...options,
        })
        return path
      },
    })
    for (const app of apps) await app.end()
    await cloud.close()
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
  },
  app: async ({ world }, use) => use(await world.start()),
  page: async ({ app }, use) => {
    await signIn(app.page)
    await use(app.page)
  },
})

function environmentFor(folder: string, cloud: Cloud): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  return {
    ...Object.fromEntries(inherited),
    ELECTRON_HOST_CHROMIUM: findChromium() ?? '',
    LANGUAGE: 'en',
    MODELFERRY_HOME: join(folder, 'home'),
    MODELFERRY_SERVER: cloud.url,
    XDG_CONFIG_HOME: join(folder, 'config'),
  }
}

async function launch(env: Record<string, string>, files: readonly string[]): Promise<RunningApp> {
  const args = ['--lang=en-US', projectFolder, ...files]
  const electron = await _electron.launch({ executablePath: executable, args, env, colorScheme: null })
  const page = await electron.firstWindow()
  await page.locator('.window:not(:has(> .blank))').waitFor()
  return {
    electron,
    page,
    async end() {
      // The answer never comes back from a process that has ended.
      await electron.evaluate(({ app }) => app.exit(0)).catch(() => undefined)
      await electron.close().catch(() => undefined)
    },
  }
}

/** Signs in by the form, as a person does. */
export async function signIn(page: Page, account = ALICE): Promise<void> {
  await page.getByLabel('E-mail').fill(account.email)
  await page.getByLabel('Password').fill(account.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('form').waitFor({ state: 'detached' })
}

type DragStep = 'dragEnter' | 'dragOver' | 'drop'

/** Drags real files from the disk over the middle of the window; by default they are dropped. */
export async function drag(
  page: Page,
  files: readonly string[],
  steps: readonly DragStep[] = ['dragEnter', 'dragOver', 'drop'],
): Promise<void> {
  const [width, height] = await page.evaluate(() => [innerWidth, innerHeight] as const)
  const session = await page.context().newCDPSession(page)
  for (const type of steps) {
    const data = { items: [], files: [...files], dragOperationsMask: 1 }
    await session.send('Input.dispatchDragEvent', { type, x: width / 2, y: height / 2, data })
  }
  await session.detach()
}

/** The row of an upload, by its display name. */
export const rowOf = (page: Page, name: string) => page.getByRole('row', { name: new RegExp(`^${name},`) })

/** Keeps a picture of the page beside the results. */
export async function screenshot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(projectFolder, 'test-results/screens', `${name}.png`) })
}
