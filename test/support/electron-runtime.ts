import { existsSync, readFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { projectFolder } from './temp-project.ts'

/** What the built app runs on: Electron itself, or the host that stands in for it (test/electron-host). */
export interface Runtime {
  readonly name: 'electron' | 'host'
  readonly executable: string
}

const packageFolder = join(projectFolder, 'node_modules/electron')
const hostExecutable = join(projectFolder, 'test/electron-host/electron')

/** Since Electron 42 its package comes without the runtime; `npx install-electron` fetches it and writes path.txt. */
function installedElectron(): string | undefined {
  const pathFile = join(packageFolder, 'path.txt')
  if (!existsSync(pathFile)) return undefined
  const executable = join(packageFolder, 'dist', readFileSync(pathFile, 'utf8'))
  return existsSync(executable) ? executable : undefined
}

/** The real runtime where it is installed, else the host. */
export function findRuntime(): Runtime {
  const executable = installedElectron()
  return executable === undefined
    ? { name: 'host', executable: hostExecutable }
    : { name: 'electron', executable }
}

/** Long enough for any server that is there to say a word. */
const askLimitMs = 5_000
/** About 120 MB; a line that needs longer is better used for something else. */
const fetchLimitMs = 600_000

/** The real runtime, fetched when it is not there yet and its server can be reached; else the host. */
export async function fetchRuntime(): Promise<Runtime> {
  const runtime = findRuntime()
  if (runtime.name === 'electron' || !(await isServerReachable())) return runtime
  console.log('Fetching Electron, once …')
  spawnSync(process.execPath, [join(packageFolder, 'install.js')], {
    stdio: 'inherit',
    timeout: fetchLimitMs,
  })
  return findRuntime()
}

async function isServerReachable(): Promise<boolean> {
  // The same order as in @electron/get, whose default this is.
  const server = process.env['ELECTRON_MIRROR'] ?? 'https://github.com/electron/electron/releases/'
  try {
    await fetch(server, { method: 'HEAD', signal: AbortSignal.timeout(askLimitMs) })
    return true
  } catch {
    return false
  }
}

/** As root Chromium, and so Electron, has no sandbox. */
export function runtimeArguments(): string[] {
  return process.getuid?.() === 0 ? ['--no-sandbox'] : []
}
