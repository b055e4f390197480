import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, statSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { ALICE } from '../../cloud/accounts.ts'
import { startCloud } from '../../cloud/cloud.ts'
import type { Cloud } from '../../cloud/cloud.ts'
import { hasProgram } from '../../cloud/ceph/daemons.ts'
import { findChromium } from './chromium.ts'
import { fetchRuntime, runtimeArguments } from './electron-runtime.ts'
import { runInKeyring } from './keyring.ts'
import { projectFolder } from '../temp-project.ts'
import { pathWithTools } from './tools.ts'

// `npm start`: runs the app with a local Cyberun Cloud, signed in, or with MODELFERRY_SERVER if set.

const localFolder = join(projectFolder, '.local-cloud')
const environment: NodeJS.ProcessEnv = { ...process.env, PATH: pathWithTools() }
/** The local cloud's default port; a free one is used if it is occupied. */
const usualPort = 8787

function hasDisplay(): boolean {
  if (process.platform !== 'linux') return true
  return Boolean(process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY'])
}

/** Whether a keychain is available. On Linux this requires a session bus with a secret service. */
function hasKeychain(): boolean {
  if (process.platform !== 'linux') return true
  if (process.env['DBUS_SESSION_BUS_ADDRESS'] === undefined) return false
  const asks = (what: string) =>
    spawnSync('dbus-send', [...'--session --print-reply --dest=org.freedesktop.DBus /'.split(' '), what], {
      encoding: 'utf8',
    }).stdout ?? ''
  const lists = ['ListNames', 'ListActivatableNames'].map((list) => asks(`org.freedesktop.DBus.${list}`))
  return lists.some((names) => names.includes('org.freedesktop.secrets'))
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
async function signIn(): Promise<boolean> {
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

async function openApp(): Promise<number> {
  const runtime = await fetchRuntime()
  if (runtime.name === 'host') {
    const chromium = findChromium()
    if (chromium === undefined) {
      console.error('Electron could not be fetched, and there is no Chromium to stand in for it.')
      return 1
    }
    console.log(
      'Electron could not be fetched: this is the app on its stand-in in Chromium. Drag files onto it.',
    )
    Object.assign(environment, { ELECTRON_HOST_CHROMIUM: chromium, ELECTRON_HOST_INTERACTIVE: '1' })
  }
  const child = spawn(runtime.executable, [...runtimeArguments(), projectFolder], {
    stdio: 'inherit',
    env: environment,
  })
  // A terminal sends Ctrl-C to the app too; this process must not end before the app and the cloud.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => child.kill())
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? 1
}

async function startOnLocalCloud(): Promise<number> {
  const cloud = await startLocalCloud()
  try {
    environment['MODELFERRY_SERVER'] = cloud.url
    environment['MODELFERRY_HOME'] = join(localFolder, 'home')
    console.log(`Local Cyberun Cloud at ${cloud.url}, data in .local-cloud`)
    if (!(await signIn())) console.log(`Sign in by hand: ${ALICE.email}, password ${ALICE.password}`)
    return await openApp()
  } finally {
    await cloud.close()
  }
}

async function start(): Promise<number> {
  if (!hasDisplay()) {
    console.error('There is no display to open a window on. See the whole way without one: npm run demo')
    return 1
  }
  if (!hasKeychain() && hasProgram('dbus-run-session') && hasProgram('gnome-keyring-daemon')) {
    // Restarts this file in a session with a keychain.
    const kept = { keptIn: join(localFolder, 'keyring'), withDisplay: true }
    return runInKeyring([process.execPath, import.meta.filename], kept)
  }
  if (!isBuilt()) {
    console.log('Building …')
    const built = spawnSync('npm', ['run', '--silent', 'build'], {
      cwd: projectFolder,
      env: environment,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    if (built.status !== 0) return 1
  }
  return process.env['MODELFERRY_SERVER'] ? openApp() : startOnLocalCloud()
}

process.exitCode = await start()
