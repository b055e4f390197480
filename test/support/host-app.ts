import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { _electron } from 'playwright'
import type { ElectronApplication, Page } from 'playwright'
import { findChromium } from './chromium.ts'
import { projectFolder } from './temp-project.ts'

/** What the preload of test/fixtures/host-app gives to its page. */
interface HostApi {
  pathOf(file: unknown): string
  echo(value: unknown): Promise<unknown>
  fail(): Promise<never>
  whoAsks(): Promise<unknown>
  syncEcho(value: unknown): unknown
  onTold(listener: (value: unknown) => void): void
}
declare global {
  interface Window {
    host: HostApi
    told: unknown
  }
}

export const electronHost = join(projectFolder, 'test/electron-host/electron')
export const hostAppFolder = join(projectFolder, 'test/fixtures/host-app')

export interface HostApp {
  readonly app: ElectronApplication
  readonly page: Page
  /** A folder of this run's own; the app's data lies in it. */
  readonly home: string
  readonly environment: Record<string, string>
  /** What a piece of main's code gives, or what it throws, as text. `electron` and `win`, its window, are there for it. */
  inMain(code: string): Promise<unknown>
  end(): Promise<void>
}

/** Starts the small app of test/fixtures/host-app on the Electron host. */
export async function launchHostApp(): Promise<HostApp> {
  const home = mkdtempSync(join(tmpdir(), 'modelferry-host-'))
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  const environment = {
    ...Object.fromEntries(inherited),
    ELECTRON_HOST_CHROMIUM: findChromium() ?? '',
    XDG_CONFIG_HOME: home,
  }
  const launched = {
    executablePath: electronHost,
    args: [hostAppFolder],
    env: environment,
    colorScheme: null,
  }
  const app = await _electron.launch(launched)
  const page = await app.firstWindow()
  await page.getByRole('heading', { name: 'Host App' }).waitFor()
  return {
    app,
    page,
    home,
    environment,
    inMain: (code) =>
      app.evaluate((electron, source): unknown => {
        try {
          const [win] = electron.BrowserWindow.getAllWindows()
          return new Function('electron', 'win', `return ${source}`)(electron, win)
        } catch (error) {
          return String(error)
        }
      }, code),
    async end() {
      // The answer never comes back from a process that has ended.
      await app.evaluate(({ app: inside }) => inside.exit(0)).catch(() => undefined)
      await app.close()
      rmSync(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
    },
  }
}
