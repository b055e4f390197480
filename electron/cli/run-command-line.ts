import { readJournal } from '../journal/journal-reader.ts'
import { OtherOwnerError } from '../platform/files/data-folder.ts'
import { parseCommand, UsageError, type Command } from './arguments.ts'
import { readCliEnvironment, type CliEnvironment } from './cli-environment.ts'
import { runChangeUploadsCommand } from './commands/change-uploads.ts'
import { followStatus } from './commands/follow-status.ts'
import { runInspectCommand } from './commands/inspect.ts'
import { runLogCommand } from './commands/log.ts'
import { runStatusCommand } from './commands/status.ts'
import { runWatchCommand } from './commands/watch.ts'
import { exitCodes } from './exit-codes.ts'
import { helpFor, usage } from './help.ts'
import { endOnSignals } from './interruption.ts'
import { describeUnexpectedError, type Streams } from './output/output.ts'
import type { Program } from './program.ts'
import { runWithHost } from './run-with-host.ts'

/**
 * Runs one command of the command line. Returns one of `exitCodes` after all output is written.
 * @param words the arguments after the program's name
 */
export async function runCommandLine(words: readonly string[], program: Program): Promise<number> {
  const { streams } = program
  const removeSignalHandlers = endOnSignals(program.signals, program.endBySignal)
  const exitCode = await start(words, program, removeSignalHandlers).catch((error: unknown) => {
    const isUsage = error instanceof UsageError
    const message = isUsage ? error.message : messageOf(error)
    for (const line of message.split('\n')) streams.err.line(line)
    return isUsage ? exitCodes.usage : exitCodes.someFailed
  })
  // A pager may read the output slowly, so signals must still end the process.
  endOnSignals(program.signals, program.endBySignal)
  await Promise.all([streams.out.flush(), streams.err.flush()])
  const { error } = streams.out
  if (error === null || isReaderGone(error, streams)) return exitCode
  streams.err.line(
    `The output is incomplete because it couldn’t be written: ${error.message}. ` +
      'Free disk space or choose another file, then run the command again.',
  )
  await streams.err.flush()
  return exitCode || exitCodes.someFailed
}

const messageOf = (error: unknown) =>
  error instanceof OtherOwnerError
    ? `${error.message}. Set MODELFERRY_HOME to a folder of your own.`
    : describeUnexpectedError(error)

/** The codes of an error that says that the reader of a pipe has closed it; the second one on Windows. */
const closedPipeCodes: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EOF'])

/** A process that was started with `setsid` goes on after its terminal was closed, which then reports EIO. */
const isReaderGone = ({ code }: NodeJS.ErrnoException, { out }: Streams) =>
  closedPipeCodes.has(code) || (code === 'EIO' && out.terminal.isTTY === true)

/** @param removeSignalHandlers removes the handlers that end the process (see `endOnSignals`) */
async function start(
  words: readonly string[],
  program: Program,
  removeSignalHandlers: () => void,
): Promise<number> {
  const command = parseCommand(words)
  const { streams } = program
  const { out } = streams
  if (command.name === 'help') {
    const help = command.about ? helpFor(command.about) : usage
    for (const line of help.trimEnd().split('\n')) out.line(line)
    return exitCodes.ok
  }
  if (command.name === 'version') {
    out.line(await version())
    return exitCodes.ok
  }
  if (command.name === 'inspect') return runInspectCommand(command, program.workers.inspect, streams)
  const cliEnvironment = readCliEnvironment(program.environment)
  if (command.name === 'change-uploads') return runChangeUploadsCommand(command, cliEnvironment.home, streams)
  if (command.name === 'watch') return runWatchCommand(command, cliEnvironment, streams)
  if (command.name === 'status') return showStatus(command, cliEnvironment, streams)
  if (command.name === 'log') return runLogCommand(command, cliEnvironment.home, streams)
  if (command.name === 'resume' && isQueueEmpty(cliEnvironment.home)) {
    streams.err.line('The upload queue is empty.')
    return exitCodes.ok
  }
  return runWithHost(command, { program, cliEnvironment, streams, removeSignalHandlers })
}

function showStatus(
  command: Command & { readonly name: 'status' },
  cliEnvironment: CliEnvironment,
  streams: Streams,
): number | Promise<number> {
  if (command.follow) return followStatus(command, cliEnvironment.home, streams)
  return runStatusCommand(cliEnvironment, { nowMs: Date.now(), json: command.json }, streams)
}

async function version(): Promise<string> {
  const { default: about } = await import('../../package.json', { with: { type: 'json' } })
  return about.version
}

/** False when the journal can't be read: opening it reports the problem. */
function isQueueEmpty(home: string): boolean {
  const view = readJournal(home)
  return view.ok && (view.value === null || view.value.unfinished.length === 0)
}
