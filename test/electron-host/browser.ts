import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Connection } from './cdp.ts'
import type { Session } from './cdp.ts'

export interface Browser {
  readonly connection: Connection
  readonly root: Session
  /** DevTools address, through which Playwright finds the pages. */
  readonly url: string
  readonly chromeVersion: string
}

/**
 * Starts the Chromium that replaces Electron's content layer: headless without a display, unsandboxed only as
 * root. Its profile is a temporary folder, so that the app's data folder contains only the app's data;
 * localStorage and cookies therefore do not persist between runs.
 */
export async function startBrowser(switches: readonly string[]): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'electron-host-'))
  mkdirSync(join(profile, 'tmp'))
  const child = spawn(
    process.env['ELECTRON_HOST_CHROMIUM'] ?? '/usr/bin/chromium',
    argumentsFor(profile, switches),
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, TMPDIR: join(profile, 'tmp') },
    },
  )
  process.on('exit', () => {
    child.kill('SIGKILL')
    removeProfile(profile)
  })
  const url = await addressOf(child)
  const connection = await Connection.open(url)
  const { product } = await connection.root.send<{ product: string }>('Browser.getVersion')
  await connection.root.send('Target.setDiscoverTargets', { discover: true })
  // Nothing is saved; `will-download` is emitted in page-events.ts.
  await connection.root.send('Browser.setDownloadBehavior', { behavior: 'deny', eventsEnabled: true })
  return { connection, root: connection.root, url, chromeVersion: product.split('/')[1] ?? product }
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
    '--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup',
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
