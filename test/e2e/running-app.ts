import { _electron } from '@playwright/test'
import type { ElectronApplication, Page } from '@playwright/test'
import { once } from 'node:events'
import process from 'node:process'
import { findRuntime, runtimeArguments } from '../support/electron-runtime.ts'
import { projectFolder } from '../support/temp-project.ts'

/** The built app, started. */
export interface RunningApp {
  readonly electron: ElectronApplication
  readonly page: Page
  /** Resolves when its process has ended, with its exit code. */
  readonly ended: Promise<number | null>
  /** What its processes have written so far. */
  said(): string
  /** Ends it at once, without asking. */
  end(): Promise<void>
  /** Kills it and its children as a power cut would: nothing of it runs another line. */
  kill(): Promise<void>
}

const { executable } = findRuntime()

/** The program and the words that start the built app, for a spec that starts it by itself. */
export function startWords(files: readonly string[]): { program: string; words: string[] } {
  return { program: executable, words: [...runtimeArguments(), '--lang=en-US', projectFolder, ...files] }
}

/** Starts the built app and waits until its page is drawn. */
export async function launch(env: Record<string, string>, files: readonly string[]): Promise<RunningApp> {
  const { program, words } = startWords(files)
  const electron = await _electron.launch({ executablePath: program, args: words, env, colorScheme: null })
  const child = electron.process()
  const pieces: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (piece) => pieces.push(String(piece)))
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  const page = await electron.firstWindow()
  await page.locator('.window:not(:has(> .blank))').waitFor()
  return {
    electron,
    page,
    ended,
    said: () => pieces.join(''),
    async end() {
      // The answer never comes back from a process that has ended, nor always from one that waits for its debugger to go.
      electron.evaluate(({ app }) => app.exit(0)).catch(() => undefined)
      await atMost(graceMs, ended)
      // A browser's helpers outlive it by a moment, in which they would write into a folder that is being removed.
      killGroup(child.pid)
      await ended
      await atMost(graceMs, electron.close())
    },
    async kill() {
      killGroup(child.pid)
      await ended
      await atMost(graceMs, electron.close())
    },
  }
}

/** How long an app that was told to end is waited for before it is killed, in ms. */
const graceMs = 8_000

/** Waits for something, but not for ever; its failure is nobody's concern. */
async function atMost(limitMs: number, work: Promise<unknown>): Promise<void> {
  await Promise.race([work.catch(() => undefined), once(AbortSignal.timeout(limitMs), 'abort')])
}

/** Kills a process and its children; those that have ended are passed over. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    // Playwright makes the app the first of a process group of its own, except on Windows.
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL')
  } catch {
    return
  }
}
