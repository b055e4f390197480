import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isPreview } from './preview/is-preview.ts'
import { sandboxSwitches } from './sandbox.ts'

/** A running Chromium. */
export interface Chromium {
  /** Its DevTools address. */
  readonly url: string
  hasEnded(): boolean
  /** The end of what it has written to stderr. */
  output(): string
  /** Kills it and removes its profile. */
  end(): Promise<void>
}

/** The address of the preview's first window before the app has loaded its page. */
export const emptyApp = 'data:text/html,'

/** How much of the output is kept, in characters: Chromium can write a lot of it over an hour of tests. */
const keptOutput = 64 * 1024

/**
 * Starts the Chromium that replaces Electron's content layer: headless without a display, and without its sandbox
 * where that can't work. Its profile is a temporary folder, so that the app's data folder contains only the app's data;
 * localStorage and cookies therefore do not persist between runs. Its home is in that folder too, because Chromium
 * creates files there.
 */
export async function startChromium(
  switches: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Chromium> {
  const profile = mkdtempSync(join(tmpdir(), 'electron-host-'))
  for (const name of ['home', 'tmp']) mkdirSync(join(profile, name))
  const child = spawn(
    environment['ELECTRON_HOST_CHROMIUM'] ?? '/usr/bin/chromium',
    argumentsFor(profile, switches),
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        ...withLocale(environment),
        // A person's file chooser starts in their home.
        ...(isPreview ? {} : { HOME: join(profile, 'home') }),
        TMPDIR: join(profile, 'tmp'),
      },
    },
  )
  const kill = () => {
    child.kill('SIGKILL')
    removeProfile(profile)
  }
  process.on('exit', kill)
  let output = ''
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    output = (output + piece).slice(-keptOutput)
  })
  child.once('exit', (code, signal) => {
    output += `\n[Chromium ended: ${code ?? signal}]\n`
  })
  return {
    url: await addressOf(child, () => output),
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    output: () => output,
    async end() {
      process.off('exit', kill)
      const ended = once(child, 'exit')
      if (child.exitCode === null && child.kill('SIGKILL')) await ended
      removeProfile(profile)
    },
  }
}

/** Without a locale Chromium would not find files whose names are not ASCII. */
function withLocale(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { LC_ALL, LC_CTYPE, LANG } = environment
  return LC_ALL || LC_CTYPE || LANG ? environment : { ...environment, LANG: 'C.UTF-8' }
}

/**
 * Chromium's child processes end shortly after it and write until then. Promises cannot be awaited at exit,
 * so this blocks.
 */
function removeProfile(profile: string): void {
  const pauseMs = 25
  for (let attempts = 40; attempts > 0; attempts--) {
    try {
      rmSync(profile, { recursive: true, force: true })
      return
    } catch {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs)
    }
  }
}

function argumentsFor(profile: string, switches: readonly string[]): string[] {
  return [
    '--remote-debugging-port=0',
    // A window without tabs and address, which the first page uses (page.ts).
    isPreview ? `--app=${emptyApp}` : '--no-startup-window',
    `--user-data-dir=${profile}`,
    '--no-first-run',
    '--no-default-browser-check',
    '--password-store=basic',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    // Chromium's address bar and extensions would load invisible pages, which take half of the start-up time.
    '--disable-extensions',
    '--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,SpareRendererForSitePerProcess',
    '--disable-field-trial-config',
    ...(process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY'] ? [] : ['--headless=new']),
    ...sandboxSwitches(),
    // Without the bar about `--no-sandbox` at the top of the window.
    ...(isPreview ? ['--test-type'] : []),
    ...switches,
  ]
}

/** @param output what it has written to stderr so far */
function addressOf(child: ChildProcess, output: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const [, url] = /DevTools listening on (ws:\S+)/.exec(output()) ?? []
      if (url === undefined) return
      child.stderr?.off('data', look)
      resolve(url)
    }
    child.stderr?.on('data', look)
    child.once('exit', (code) => reject(new Error(`Chromium ended with ${code}: ${output().slice(-2000)}`)))
    child.once('error', reject)
  })
}
