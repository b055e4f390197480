import { execFile } from 'node:child_process'

/** Runs a system's own program and answers what it printed; `''` when it is not there, fails or is late. */
export type RunProgram = (program: string, words: readonly string[]) => Promise<string>

/** Such programs answer within a second or so; what comes later is of no use. In ms. */
const limitMs = 5_000

export const runProgram: RunProgram = (program, words) =>
  new Promise((resolve) => {
    execFile(program, words, { timeout: limitMs, windowsHide: true }, (error, printed) =>
      resolve(error ? '' : printed),
    )
  })

/** Windows PowerShell, which every Windows has, with one command. */
export const powerShellCommand = (command: string) => ({
  program: 'powershell.exe',
  words: ['-NoProfile', '-NonInteractive', '-Command', command],
})
