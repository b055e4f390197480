import { execFile } from 'node:child_process'

/**
 * Runs a program of the operating system and returns its output; `''` when it is missing, fails or times out.
 */
export type RunProgram = (program: string, words: readonly string[]) => Promise<string>

/** Such programs usually end within a second. */
const timeoutMs = 5_000

export const runProgram: RunProgram = (program, words) =>
  new Promise((resolve) => {
    execFile(program, words, { timeout: timeoutMs, windowsHide: true }, (error, printed) =>
      resolve(error ? '' : printed),
    )
  })

/** Windows PowerShell, which every Windows has, with one command. */
export const powerShellCommand = (command: string) => ({
  program: 'powershell.exe',
  words: ['-NoProfile', '-NonInteractive', '-Command', command],
})
