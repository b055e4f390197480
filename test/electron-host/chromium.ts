import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A running Chromium. */
export interface Chromium {
  /** Its DevTools address. */
  readonly url: string
  /** Kills it and removes its profile. */
  end(): Promise<void>
}

/**
 * Starts the Chromium that replaces Electron's content layer: headless without a display, unsandboxed only as
 * root. Its profile is a temporary folder, so that the app's data folder contains only the app's data;
 * localStorage and cookies therefore do not persist between runs.
 */
export async function startChromium(
  switches: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Chromium> {
  const profile = mkdtempSync(join(tmpdir(), 'electron-host-'))
  mkdirSync(join(profile, 'tmp'))
  const child = spawn(
    environment['ELECTRON_HOST_CHROMIUM'] ?? '/usr/bin/chromium',
    argumentsFor(profile, switches),
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...environment, TMPDIR: join(profile, 'tmp') },
    },
  )
  const kill = () => {
    child.kill('SIGKILL')
    removeProfile(profile)
  }
  process.on('exit', kill)
  return {
    url: await addressOf(child),
    async end() {
      process.off('exit', kill)
      const ended = once(child, 'exit')
      if (child.exitCode === null && child.kill('SIGKILL')) await ended
      removeProfile(profile)
    },
  }
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
    '--no-startup-window',
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
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ...switches,
  ]
}

function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    child.stderr?.on('data', (piece) => {
      said += String(piece)
      const found = /DevTools listening on (ws:\S+)/.exec(said)
      if (found?.[1]) resolve(found[1])
    })
    child.once('exit', (code) => reject(new Error(`Chromium ended with ${code}: ${said.slice(-2000)}`)))
    child.once('error', reject)
  })
}
