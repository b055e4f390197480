import { _electron } from '@playwright/test'
import type { ElectronApplication, Page } from '@playwright/test'
import { once } from 'node:events'
import process from 'node:process'
import { exposeBridge } from './page-steps.ts'
import { sandboxSwitches } from '../../electron-host/sandbox.ts'
import { findRuntime } from '../../support/runner/electron-runtime.ts'
import { projectFolder } from '../../support/temp-project.ts'

/** The built app, started. */
export interface RunningApp {
  readonly electron: ElectronApplication
  readonly page: Page
  /** Resolves when its process has ended, with its exit code. */
  readonly ended: Promise<number | null>
  /** The output of its processes so far. */
  said(): string
  /** Kills it and its children as a power failure would, without any clean-up. */
  kill(): Promise<void>
}

/** The switches for Chromium with which every app starts. */
export const switches: readonly string[] = ['--lang=en-US']

/** The program and arguments of the built app, for a spec that starts it itself. */
export function startWords(files: readonly string[]): { program: string; words: string[] } {
  return {
    program: findRuntime().executable,
    words: [...sandboxSwitches(), ...switches, projectFolder, ...files],
  }
}

/** Starts the built app and waits until its page is drawn and its window is shown or minimised. */
export async function launch(env: Record<string, string>, files: readonly string[]): Promise<RunningApp> {
  const { program, words } = startWords(files)
  const electron = await _electron.launch({ executablePath: program, args: words, env, colorScheme: null })
  const child = electron.process()
  const pieces: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (piece) => pieces.push(String(piece)))
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  const page = await electron.firstWindow()
  await page.locator('.window:not(:has(> .blank))').waitFor()
  await waitUntilShown(electron)
  await exposeBridge(page)
  return {
    electron,
    page,
    ended,
    said: () => pieces.join(''),
    async kill() {
      killGroup(child.pid)
      await ended
      await atMost(graceMs, electron.close())
    },
  }
}

/**
 * A page may be drawn before its window is shown: a test that closes it in between would see it shown
 * afterwards.
 */
async function waitUntilShown(electron: ElectronApplication): Promise<void> {
  await electron.evaluate(async ({ BrowserWindow }) => {
    const [window] = BrowserWindow.getAllWindows()
    if (!window || window.isVisible() || window.isMinimized()) return
    await new Promise<void>((resolve) => {
      window.once('show', resolve)
      window.once('minimize', resolve)
    })
  })
}

/** Maximum time until Playwright notices that an app has ended, in ms. */
const graceMs = 8_000

/** Waits for a limited time and ignores failures. */
async function atMost(limitMs: number, work: Promise<unknown>): Promise<void> {
  await Promise.race([work.catch(() => undefined), once(AbortSignal.timeout(limitMs), 'abort')])
}

/** Kills a process and its children; those that have ended are skipped. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    // Playwright starts the app as the leader of a process group, except on Windows.
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL')
  } catch {
    return
  }
}
