import { startProgram, type Started } from './command-line.ts'
import { commandLineFile } from './runner/test-programs.ts'
import type { CommandHarness } from './command-harness.ts'

/** Width of the terminal. */
export const terminalColumns = 60

/** Runs the command on a pseudo-terminal, whose output is copied to standard output. */
export function runOnTerminal(
  { processEnv }: Pick<CommandHarness, 'processEnv'>,
  ...words: string[]
): Started {
  const command = [process.execPath, commandLineFile(), ...words].map((word) => `'${word}'`).join(' ')
  return startProgram(
    [
      'script',
      '--quiet',
      '--return',
      '--flush',
      '-c',
      `stty cols ${terminalColumns} rows 24; exec ${command}`,
      '/dev/null',
    ],
    { MODELFERRY_REVIEW: 'never', ...processEnv, TERM: 'xterm' },
    null,
  )
}

// oxlint-disable-next-line no-control-regex -- matches terminal control sequences
const cursorMoves = /\u001b\[\d*[A-Z]/g

/** The lines that were written, without cursor movements. */
export const terminalLines = (out: string) =>
  out
    .replace(cursorMoves, '')
    .split(/[\r\n]+/)
    .filter(Boolean)
