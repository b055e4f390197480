import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { posix, win32 } from 'node:path'
import process from 'node:process'

/**
 * Runs a program of the operating system and returns its output; `''` when it is missing, fails or times out.
 */
export type RunProgram = (program: string, words: readonly string[]) => Promise<string>

/** Such programs usually end within a second. */
const timeoutMs = 5_000

export const runProgram: RunProgram = (program, words) =>
  new Promise((resolve) => {
    const file = systemProgramPath(program)
    if (file === null) return resolve('')
    execFile(file, words, { timeout: timeoutMs, windowsHide: true }, (error, printed) =>
      resolve(error ? '' : printed),
    )
  })

/** Folders that only an administrator can change; the last one is where NixOS links its programs. */
const unixFolders = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/run/current-system/sw/bin']

/**
 * The absolute path of a program of the operating system, or null if it is missing. Neither the PATH nor the
 * current folder is searched, since both may contain another program with its name.
 */
export function systemProgramPath(
  program: string,
  platform: NodeJS.Platform = process.platform,
  isFile: (path: string) => boolean = existsSync,
): string | null {
  const isWindows = platform === 'win32'
  const { join, isAbsolute } = isWindows ? win32 : posix
  const folders = isWindows ? windowsFolders(process.env['SystemRoot']) : unixFolders
  const paths = isAbsolute(program) ? [program] : folders.map((folder) => join(folder, program))
  return paths.find(isFile) ?? null
}

/** The system's folder is on a local drive; Windows sets the variable. */
function windowsFolders(systemRoot: string | undefined): readonly string[] {
  const root = systemRoot !== undefined && /^[a-z]:\\/i.test(systemRoot) ? systemRoot : 'C:\\Windows'
  const system = win32.join(root, 'System32')
  return [system, win32.join(system, 'WindowsPowerShell\\v1.0')]
}

/** Windows PowerShell, which every Windows has, with one command. */
export const powerShellCommand = (command: string) => ({
  program: 'powershell.exe',
  words: ['-NoProfile', '-NonInteractive', '-Command', command],
})
