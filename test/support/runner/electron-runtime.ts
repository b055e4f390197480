import { existsSync, readFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { sandboxProblem, sandboxSwitches } from '../../electron-host/sandbox.ts'
import { projectFolder } from '../temp-project.ts'

/** The runtime of the built app: Electron itself, or the host that emulates it (test/electron-host). */
export interface Runtime {
  readonly name: 'electron' | 'host'
  readonly executable: string
  /** Why Electron isn't used, as the end of a sentence. */
  readonly reason?: string
}

const installed = join(projectFolder, 'node_modules/electron')
const emptyApp = join(projectFolder, 'test/fixtures/empty-app')
export const hostExecutable = join(projectFolder, 'test/electron-host/electron')
/** Generous: Electron needs about a second. */
const startLimitMs = 20_000

/**
 * Electron if it is installed and starts here, else the host. `MODELFERRY_RUNTIME`, `electron` or `host`, decides
 * without a try.
 * @throws if Electron is required and not installed
 */
export function findRuntime(
  environment: NodeJS.ProcessEnv = process.env,
  packageFolder = installed,
): Runtime {
  const { MODELFERRY_RUNTIME: chosen } = environment
  const host = (reason: string): Runtime => ({ name: 'host', executable: hostExecutable, reason })
  if (chosen === 'host') return host('MODELFERRY_RUNTIME is host')
  const executable = installedElectron(packageFolder)
  if (executable === undefined) {
    if (chosen === 'electron') throw new Error('MODELFERRY_RUNTIME is electron, but Electron isn’t installed')
    return host('Electron isn’t installed')
  }
  if (chosen !== 'electron') {
    if (!namesDisplay(environment)) return host('Electron needs a display')
    const problem = startProblem(executable, environment)
    if (problem !== null) return host(`Electron can’t start: ${problem}`)
  }
  return { name: 'electron', executable }
}

/** Whether the environment names a display; other systems always have one. */
export const namesDisplay = ({ DISPLAY, WAYLAND_DISPLAY }: NodeJS.ProcessEnv) =>
  process.platform !== 'linux' || Boolean(DISPLAY || WAYLAND_DISPLAY)

/**
 * Since Electron 42 the package does not include the runtime; `npx install-electron` downloads it and writes
 * path.txt.
 */
function installedElectron(packageFolder = installed): string | undefined {
  const pathFile = join(packageFolder, 'path.txt')
  if (!existsSync(pathFile)) return undefined
  const executable = join(packageFolder, 'dist', readFileSync(pathFile, 'utf8'))
  return existsSync(executable) ? executable : undefined
}

/** Starts an app that ends at once. Returns what Electron says if it can't start, otherwise null. */
function startProblem(executable: string, env: NodeJS.ProcessEnv): string | null {
  const { status, signal, stderr, error } = spawnSync(executable, [...sandboxSwitches(), emptyApp], {
    env,
    encoding: 'utf8',
    timeout: startLimitMs,
    killSignal: 'SIGKILL',
  })
  if (status === 0) return null
  if (error) return error.message
  const lines = stderr.split('\n').filter((line) => line.trim() !== '')
  const fatal = lines.find((line) => /FATAL|error while loading/.test(line)) ?? lines.at(-1)
  // Without Chromium's prefix of process, time and file.
  return fatal?.replace(/^\[[^\]]*\]\s*/, '') ?? `it ended with ${status ?? signal}`
}

/** Long enough for a reachable server to respond. */
const askLimitMs = 5_000
/** Electron is about 120 MB; on a slower connection the download is not worthwhile. */
const fetchLimitMs = 600_000

/** Downloads Electron if it is missing and its server is reachable; true if it is installed then. */
export async function fetchElectron(): Promise<boolean> {
  if (installedElectron() !== undefined) return true
  if (!(await isServerReachable())) return false
  console.log('Fetching Electron, once …')
  spawnSync(process.execPath, [join(installed, 'install.js')], { stdio: 'inherit', timeout: fetchLimitMs })
  return installedElectron() !== undefined
}

async function isServerReachable(): Promise<boolean> {
  // The same order as in @electron/get, including its default.
  const server = process.env['ELECTRON_MIRROR'] ?? 'https://github.com/electron/electron/releases/'
  try {
    await fetch(server, { method: 'HEAD', signal: AbortSignal.timeout(askLimitMs) })
    return true
  } catch {
    return false
  }
}

/** Says in one or two lines which runtime is used, what that means, and how to get the real one. */
export function describeRuntime({ name, reason }: Runtime): string {
  if (name === 'host')
    return (
      `Runtime: a stand-in for Electron, since ${reason}. The app runs in Node, its window in Chromium.\n` +
      'The real one needs a display and: npx install-electron'
    )
  const problem = sandboxProblem()
  return `Runtime: Electron${problem === null ? '' : `, without its sandbox, since ${problem}`}.`
}
