import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, existsSync, globSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { DatabaseSync } from 'node:sqlite'
import { parseArgs } from 'node:util'
import { ALICE } from '../../cloud/accounts.ts'
import { startCloud } from '../../cloud/cloud.ts'
import type { Cloud } from '../../cloud/cloud.ts'
import { sandboxSwitches } from '../../electron-host/sandbox.ts'
import { openKeyring } from '../own-keyring.ts'
import { projectFolder } from '../temp-project.ts'
import { findChromium, findHeadlessChromium } from './chromium.ts'
import { hasDisplay } from './display.ts'
import { describeRuntime, fetchElectron, findRuntime, namesDisplay } from './electron-runtime.ts'
import type { Runtime } from './electron-runtime.ts'
import { hasKeychain } from './keychain.ts'
import { showUpload } from './show-upload.ts'
import { ensureSystemPackages } from './system-packages.ts'
import { pathWithTools } from './tools.ts'

// `npm start`: runs the app with a local Cyberun Cloud, signed in, or with MODELFERRY_SERVER if set. Without a
// display it uploads a model and saves a picture of the window. `--data FOLDER` replaces .local-cloud.

const { values } = parseArgs({
  options: { data: { type: 'string', default: join(projectFolder, '.local-cloud') } },
})
const localFolder = resolve(values.data)
/** The local cloud's default port; a free one is used if it is occupied. */
const usualPort = 8787
const parentPollMs = 500

/** Says why this can't start, in words for the user. */
class StartError extends Error {}

/** @throws StartError if another user owns the data of earlier starts, or it can't be written */
function ensureLocalFolder(): void {
  const uid = process.getuid?.()
  let path = localFolder
  try {
    mkdirSync(localFolder, { recursive: true })
    for (const name of ['', ...readdirSync(localFolder)]) {
      path = join(localFolder, name)
      accessSync(path, constants.W_OK)
      if (uid !== undefined && statSync(path).uid !== uid) throw new Error('another user owns it')
    }
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    throw new StartError(
      `${path} can’t be used (${problem}). Start as the user who owns it, delete ${localFolder}, or name another folder: npm start -- --data FOLDER`,
    )
  }
}

function ensurePackages(purpose: Runtime['name']): void {
  const readiness = ensureSystemPackages(purpose)
  if (!readiness.ready) throw new StartError(readiness.sentence)
}

/** Electron with a display and if it can be had, else the host; with the system packages that it needs. */
async function prepareRuntime(isWindowShown: boolean): Promise<Runtime> {
  // Without its libraries it could not start.
  if (isWindowShown && (await fetchElectron())) ensurePackages('electron')
  const runtime = findRuntime()
  ensurePackages(runtime.name)
  return runtime
}

function build(): void {
  if (isBuilt()) return
  console.log('Building …')
  const built = spawnSync('npm', ['run', '--silent', 'build'], {
    cwd: projectFolder,
    env: { ...process.env, PATH: pathWithTools() },
    encoding: 'utf8',
  })
  if (built.status !== 0) throw new StartError(`The app could not be built.\n${built.stdout}${built.stderr}`)
}

function isBuilt(): boolean {
  const built = join(projectFolder, 'out/main/main.js')
  if (!existsSync(built)) return false
  const builtMs = statSync(built).mtimeMs
  const sources = globSync(['electron/**/*', 'renderer/**/*', 'electron.vite.config.ts', 'package.json'], {
    cwd: projectFolder,
  })
  return sources.every((source) => statSync(join(projectFolder, source)).mtimeMs <= builtMs)
}

async function startLocalCloud(): Promise<Cloud> {
  try {
    return await startCloud({ dataDir: localFolder, port: usualPort })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error
    return startCloud({ dataDir: localFolder })
  }
}

/**
 * Signs the demo account in through the command line, which shares its data folder and keychain with the app.
 * Must not block, because the cloud runs in the same process.
 */
async function signIn(environment: NodeJS.ProcessEnv): Promise<boolean> {
  const commandLine = join(projectFolder, 'electron/cli/modelferry.js')
  const run = async (...words: string[]) => {
    const child = spawn(process.execPath, [commandLine, ...words], {
      env: environment,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    child.stdin.on('error', () => undefined) // it may end without reading the password
    child.stdin.end(`${ALICE.password}\n`)
    const [code] = (await once(child, 'exit')) as [number | null]
    return code === 0
  }
  return (await run('teams')) || run('login', '--email', ALICE.email)
}

/** Resolves with the app's exit code. */
async function openWindow(
  { executable }: Runtime,
  environment: NodeJS.ProcessEnv,
  stopped: AbortSignal,
): Promise<number> {
  const words = [...sandboxSwitches(), projectFolder]
  // In a process group of its own, because the terminal's Ctrl-C would also end Chromium, before the app.
  const child = spawn(executable, words, {
    stdio: 'inherit',
    // On the Electron host, a person answers dialogs.
    env: { ...environment, ELECTRON_HOST_INTERACTIVE: '1' },
    detached: process.platform !== 'win32',
  })
  stopped.addEventListener('abort', () => child.kill())
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? 1
}

/** Runs the app and prints what it is; resolves with the exit code. */
async function startOnLocalCloud(
  runtime: Runtime,
  environment: NodeJS.ProcessEnv,
  stopped: AbortSignal,
): Promise<number> {
  // A second cloud would use the same files. The lock ends with this process, however it ends.
  using lock = new DatabaseSync(join(localFolder, 'lock.sqlite'))
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch {
    throw new StartError(`The app is already running with ${localFolder}.`)
  }
  const cloud = await startLocalCloud()
  try {
    console.log(`Local Cyberun Cloud at ${cloud.url}, data in ${localFolder}`)
    const home = join(localFolder, 'home')
    const env = { ...environment, MODELFERRY_SERVER: cloud.url, MODELFERRY_HOME: home }
    if (namesDisplay(environment)) {
      if (!(await signIn(env))) console.log(`Sign in by hand: ${ALICE.email}, password ${ALICE.password}`)
      stopped.throwIfAborted()
      return await openWindow(runtime, env, stopped)
    }
    stopped.throwIfAborted()
    await showUpload(cloud, localFolder, { ...env, LANGUAGE: 'en' })
    console.log(`Picture of the window: ${join(localFolder, 'window.png')}`)
    console.log('To get the window itself, run npm start in a desktop session or over ssh -X.')
    return 0
  } finally {
    await cloud.close()
  }
}

/** The environment of the app, with a keychain. */
async function withKeychain(use: (environment: NodeJS.ProcessEnv) => Promise<number>): Promise<number> {
  const environment: NodeJS.ProcessEnv = { ...process.env, PATH: pathWithTools() }
  if (hasKeychain()) return use(environment)
  const keyring = await openKeyring(localFolder).catch((error: unknown) => {
    console.log(`There is no keychain, so the sign-in isn’t kept: ${String(error)}`)
  })
  try {
    return await use({ ...environment, ...keyring?.environment })
  } finally {
    await keyring?.end()
  }
}

async function start(): Promise<number> {
  const isWindowShown = await hasDisplay()
  const usesOtherServer = Boolean(process.env['MODELFERRY_SERVER'])
  if (!isWindowShown) {
    for (const name of ['DISPLAY', 'WAYLAND_DISPLAY']) Reflect.deleteProperty(process.env, name)
    if (usesOtherServer)
      throw new StartError(
        'There is no display for a window. With MODELFERRY_SERVER use the command line: npm run modelferry -- login',
      )
  }
  ensureLocalFolder()
  const runtime = await prepareRuntime(isWindowShown)
  console.log(describeRuntime(runtime))
  if (!isWindowShown) console.log('There is no display, so the app runs without a window on screen.')
  build()
  // This process must not end before the app and the cloud.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort())
  // A signal to npm ends only the shell in which npm has started this.
  const { ppid } = process
  setInterval(() => process.ppid === ppid || stop.abort(), parentPollMs).unref()
  return withKeychain(async (environment) => {
    const chromium = isWindowShown ? findChromium() : findHeadlessChromium()
    if (runtime.name === 'host') environment['ELECTRON_HOST_CHROMIUM'] = chromium
    return usesOtherServer
      ? openWindow(runtime, environment, stop.signal)
      : startOnLocalCloud(runtime, environment, stop.signal)
  })
}

const stop = new AbortController()
try {
  process.exitCode = await start()
} catch (error) {
  // What a signal interrupts may fail.
  if (!stop.signal.aborted) console.error(error instanceof StartError ? error.message : error)
  process.exitCode = 1
}
