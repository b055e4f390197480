import { existsSync, readFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { projectFolder } from '../temp-project.ts'

/** The runtime of the built app: Electron itself, or the host that emulates it (test/electron-host). */
export interface Runtime {
  readonly name: 'electron' | 'host'
  readonly executable: string
}

const packageFolder = join(projectFolder, 'node_modules/electron')
const hostExecutable = join(projectFolder, 'test/electron-host/electron')

/**
 * Since Electron 42 the package does not include the runtime; `npx install-electron` downloads it and writes
 * path.txt.
 */
function installedElectron(): string | undefined {
  const pathFile = join(packageFolder, 'path.txt')
  if (!existsSync(pathFile)) return undefined
  const executable = join(packageFolder, 'dist', readFileSync(pathFile, 'utf8'))
  return existsSync(executable) ? executable : undefined
}

/** Electron if it is installed, else the host. */
export function findRuntime(): Runtime {
  const executable = installedElectron()
  return executable === undefined
    ? { name: 'host', executable: hostExecutable }
    : { name: 'electron', executable }
}

/** Long enough for a reachable server to respond. */
const askLimitMs = 5_000
/** Electron is about 120 MB; on a slower connection the download is not worthwhile. */
const fetchLimitMs = 600_000

/** Electron, downloaded if missing and its server is reachable; else the host. */
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
  // The same order as in @electron/get, including its default.
  const server = process.env['ELECTRON_MIRROR'] ?? 'https://github.com/electron/electron/releases/'
  try {
    await fetch(server, { method: 'HEAD', signal: AbortSignal.timeout(askLimitMs) })
    return true
  } catch {
    return false
  }
}

/** Chromium, and therefore Electron, has no sandbox as root. */
export function runtimeArguments(): string[] {
  return process.getuid?.() === 0 ? ['--no-sandbox'] : []
}
