import { readFileSync } from 'node:fs'
import { createRequire, flushCompileCache, registerHooks } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { readCommandLine } from './arguments.ts'
import { openBrowser } from './browser.ts'
import { isPreview } from './preview/is-preview.ts'
import { hasQuirk } from './quirks.ts'
import { complain, host } from './state.ts'
import type { AppPackage } from './state.ts'

/** How long a process goes on after `process.exit` with the quirk `exit-returns`. */
const exitDelayMs = 50
let isExiting = false

const words = process.argv.slice(2)
const { appFolder, preloadModules, switches } = readCommandLine(words)
if (appFolder === undefined) {
  complain('no app given')
  process.exit(1)
}
host.switches = new Map(switches)
host.appPath = resolve(appFolder)
host.pkg = JSON.parse(readFileSync(join(host.appPath, 'package.json'), 'utf8')) as AppPackage
pretendToBeElectron()
behaveLikeElectron()

// From here on `electron` resolves to the host's module, for the app and for the code that Playwright loads
// into it.
const electronModule = new URL('electron.ts', import.meta.url).href
registerHooks({
  resolve: (id, context, next) =>
    /^electron(\/(main|common|renderer))?$/.test(id)
      ? { url: electronModule, format: 'module-typescript', shortCircuit: true }
      : next(id, context),
})
const { app, becomeReady } = await import('./app.ts')
if (isPreview) await import('./preview/install.ts')
for (const module of preloadModules) createRequire(join(process.cwd(), 'x'))(module)
await runMain()
if (isExiting) await new Promise(() => undefined)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => app.quit())
// The app's listeners for uncaught exceptions would keep the cause from being printed.
await openChromium().catch((error: unknown) => {
  complain('Chromium could not be used:', error)
  process.exit(1)
})
becomeReady()
// A killed host would not write the cache at exit.
flushCompileCache()

function pretendToBeElectron(): void {
  const executable = join(import.meta.dirname, 'electron')
  process.argv = [executable, ...words]
  process.execPath = executable
  const resourcesPath = join(dirname(executable), 'resources')
  Object.assign(process, { type: 'browser', defaultApp: true, resourcesPath })
  setVersion('electron', versionOfTypes())
  setVersion('chrome', '0.0.0.0')
}

/** Differences of Node in Electron's main process (Electron's lib/browser/init.ts and lib/common/init.ts). */
function behaveLikeElectron(): void {
  process.on('uncaughtException', (error) => {
    if (process.listenerCount('uncaughtException') === 1) complain('error box:', error)
  })
  if (hasQuirk('ended-stdin')) {
    const ended = Readable.from([])
    Object.defineProperty(process, 'stdin', { get: () => ended })
  }
  if (hasQuirk('exit-returns')) {
    const exit = process.exit.bind(process)
    process.exit = ((code) => {
      if (code !== undefined) process.exitCode = code
      isExiting = true
      setTimeout(exit, exitDelayMs)
    }) as typeof process.exit
  }
}

function setVersion(name: string, value: string): void {
  Object.defineProperty(process.versions, name, { value, enumerable: true, configurable: true })
}

/** The version of the electron package that the app depends on. */
function versionOfTypes(): string {
  const find = createRequire(join(host.appPath, 'package.json'))
  for (const folder of find.resolve.paths('electron') ?? []) {
    try {
      const text = readFileSync(join(folder, 'electron/package.json'), 'utf8')
      return (JSON.parse(text) as { version: string }).version
    } catch {
      continue
    }
  }
  return '0.0.0'
}

/** As in Electron, `ready` is emitted after the main module has run. */
async function runMain(): Promise<void> {
  const slowMs = 5_000
  const stuck = setTimeout(() => {
    if (host.isReadyAwaited)
      complain('a top-level await on app.whenReady() never ends: the main module must finish before')
  }, slowMs)
  try {
    await import(pathToFileURL(resolve(host.appPath, host.pkg.main ?? 'index.js')).href)
  } catch (error) {
    console.error('App threw an error during load\n', error)
    process.exit(1)
  }
  clearTimeout(stuck)
}

async function openChromium(): Promise<void> {
  const own = new Set(['user-data-dir', 'no-sandbox'])
  const forChromium = [...host.switches].filter(([name]) => !own.has(name))
  const browser = await openBrowser(
    forChromium.map(([name, value]) => (value ? `--${name}=${value}` : `--${name}`)),
  )
  host.browser = browser
  setVersion('chrome', browser.chromeVersion)
  browser.root.on('disconnected', (code: number) => {
    complain(`Chromium closed the connection (${code})`)
    app.exit(1)
  })
  // Playwright parses this line to connect to the pages.
  console.error(`\nDevTools listening on ${browser.url}`)
}
