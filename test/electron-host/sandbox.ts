import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import process from 'node:process'

/** Why Chromium, and therefore Electron, can't use its sandbox here, as the end of a sentence; otherwise null. */
export function sandboxProblem(): string | null {
  if (process.platform !== 'linux') return null
  if (process.getuid?.() === 0) return 'root has none'
  // Ubuntu lets `unshare` create user namespaces, but not programs that it has no profile for.
  const mayUnshare = spawnSync('unshare', ['-Ur', 'true'], { stdio: 'ignore' }).status === 0
  return mayUnshare && !isRestrictedByAppArmor() ? null : 'this system restricts user namespaces'
}

/** Whether Ubuntu 23.10 or newer restricts user namespaces (electron/electron#42510). */
function isRestrictedByAppArmor(): boolean {
  try {
    return readFileSync('/proc/sys/kernel/apparmor_restrict_unprivileged_userns', 'utf8').trim() === '1'
  } catch {
    return false
  }
}

/** The switch that Chromium and Electron need where their sandbox can't work. */
export const sandboxSwitches = (): string[] => (sandboxProblem() === null ? [] : ['--no-sandbox'])
