import { startProgram, type StartedProcess } from './command-line.ts'
import { commandLineFile } from './runner/test-programs.ts'
import type { CommandHarness } from './command-harness.ts'

/** Width of the terminal. */
export const terminalColumns = 60

/** Runs the command on a pseudo-terminal, whose output is copied to standard output. */
export function runOnTerminal(
  { processEnv }: Pick<CommandHarness, 'processEnv'>,
  ...words: string[]
): StartedProcess {
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

/** Runs a program on a terminal that it closes at the end of the input, and exits with the exit code that a shell would show. */
const terminalOwner = `
import os, pty, select, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
while True:
    ready, _, _ = select.select([0, terminal], [], [])
    if 0 in ready:
        break
    os.write(1, os.read(terminal, 65536))
os.close(terminal)
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.exit(code if code >= 0 else 128 - code)
`

/** Runs the command on a pseudo-terminal that is closed with the input. */
export const runOnClosingTerminal = (harness: Pick<CommandHarness, 'processEnv'>, ...words: string[]) =>
  startOnClosingTerminal(harness, [process.execPath, commandLineFile(), ...words])

/** The same with `setsid`: the end of the terminal sends no signal to the command. */
export const runOnClosingTerminalBySetsid = (
  harness: Pick<CommandHarness, 'processEnv'>,
  ...words: string[]
) =>
  startOnClosingTerminal(harness, [
    ...['sh', '-c', 'trap "" HUP; exec setsid --wait "$@"', 'sh'],
    ...[process.execPath, commandLineFile(), ...words],
  ])

function startOnClosingTerminal(
  { processEnv }: Pick<CommandHarness, 'processEnv'>,
  program: readonly string[],
): StartedProcess {
  return startProgram(
    ['python3', '-c', terminalOwner, ...program],
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
