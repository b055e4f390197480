import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { _electron } from 'playwright'
import type { ElectronApplication, Page } from 'playwright'
import { findHeadlessChromium } from './runner/chromium.ts'
import { projectFolder } from './temp-project.ts'

/** The API that the preload of test/fixtures/host-app exposes to its page. */
interface HostApi {
  pathOf(file: unknown): string
  echo(value: unknown): Promise<unknown>
  fail(): Promise<never>
  whoAsks(): Promise<unknown>
  syncEcho(value: unknown): unknown
  onReceived(listener: (value: unknown) => void): void
}
declare global {
  interface Window {
    host: HostApi
    received: unknown
  }
}

export const electronHost = join(projectFolder, 'test/electron-host/electron')
export const hostAppFolder = join(projectFolder, 'test/fixtures/host-app')

export interface HostApp {
  readonly app: ElectronApplication
  readonly page: Page
  /** The temporary folder of this run, which contains the app's data. */
  readonly home: string
  readonly environment: Record<string, string>
  /** The result or the error of code run in main, as text. `electron` and its window `win` are in scope. */
  inMain(code: string): Promise<unknown>
  end(): Promise<void>
}

/** Starts the small app in test/fixtures/host-app on the Electron host, with further variables and switches. */
export async function launchHostApp(
  options: {
    readonly environment?: Readonly<Record<string, string>>
    readonly switches?: readonly string[]
  } = {},
): Promise<HostApp> {
  const home = mkdtempSync(join(tmpdir(), 'modelferry-host-'))
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  const environment = {
    ...Object.fromEntries(inherited),
    ELECTRON_HOST_CHROMIUM: findHeadlessChromium() ?? '',
    XDG_CONFIG_HOME: home,
    ...options.environment,
  }
  const launched = {
    executablePath: electronHost,
    args: [...(options.switches ?? []), hostAppFolder],
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
      // The process ends before it can respond.
      await app.evaluate(({ app: inside }) => inside.exit(0)).catch(() => undefined)
      await app.close()
      rmSync(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
    },
  }
}
