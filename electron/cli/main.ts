import process from 'node:process'
import { readJournal } from '../journal/journal-reader.ts'
import { OtherOwnerError } from '../platform/files/data-folder.ts'
import { trackThreads } from '../platform/threads/track-threads.ts'
import { parseCommand, UsageError, type Command } from './arguments.ts'
import { exitCodes } from './exit-codes.ts'
import { helpFor, usage } from './help.ts'
import type { Worker } from 'node:worker_threads'
import { endOnSignals, killIfBlocked } from './interruption.ts'
import { runInspectCommand } from './commands/inspect.ts'
import { describeUnexpectedError, type Streams } from './output/output.ts'
import { createTextStream } from './output/text-stream.ts'
import { runLogCommand } from './commands/log.ts'
import { followStatus } from './commands/follow-status.ts'
import { runStatusCommand } from './commands/status.ts'
import { runChangeUploadsCommand } from './commands/change-uploads.ts'
import { runWatchCommand } from './commands/watch.ts'
import { readCliEnvironment, workerFiles, type CliEnvironment } from './cli-environment.ts'
import { runWithHost } from './run-with-host.ts'

const streams: Streams = {
  out: createTextStream(process.stdout),
  err: createTextStream(process.stderr),
}

/**
 * Runs one command of the command line and sets `process.exitCode` to one of `exitCodes`.
 * @param words the arguments after the program's name
 */
export async function main(words: readonly string[] = process.argv.slice(2)): Promise<void> {
  endOnExceptions()
  const removeSignalHandlers = endOnSignals(process)
  const threads = trackThreads(process)
  try {
    process.exitCode = await start(parseCommand(words), threads, removeSignalHandlers)
  } catch (error) {
    const isUsage = error instanceof UsageError
    const message = isUsage ? error.message : messageOf(error)
    for (const line of message.split('\n')) streams.err.line(line)
    process.exitCode = isUsage ? exitCodes.usage : exitCodes.someFailed
  }
  // A pager may read the output slowly, so signals must still end the process.
  endOnSignals(process)
  await Promise.all([streams.out.flush(), streams.err.flush()])
  const { error } = streams.out
  if (error !== null && !isReaderGone(error)) {
    streams.err.line(
      `The output is incomplete because it couldn’t be written: ${error.message}. ` +
        'Free disk space or choose another file, then run the command again.',
    )
    await streams.err.flush()
    process.exitCode ||= exitCodes.someFailed
  }
  await killIfBlocked(process, threads)
}

const messageOf = (error: unknown) =>
  error instanceof OtherOwnerError
    ? `${error.message}. Set MODELFERRY_HOME to a folder of your own.`
    : describeUnexpectedError(error)

/** As in Node; Electron would show a dialog box and continue (its lib/browser/init.ts). */
function endOnExceptions(): void {
  const end = (error: unknown) => {
    streams.err.line(describeUnexpectedError(error))
    void streams.err.flush().then(() => process.exit(exitCodes.someFailed))
  }
  process.on('uncaughtException', end)
  process.on('unhandledRejection', end)
}

/** The codes of an error that says that the reader of a pipe has closed it; the second one on Windows. */
const closedPipeCodes: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EOF'])

/** A process that was started with `setsid` goes on after its terminal was closed, which then reports EIO. */
const isReaderGone = ({ code }: NodeJS.ErrnoException) =>
  closedPipeCodes.has(code) || (code === 'EIO' && process.stdout.isTTY)

/** @param removeSignalHandlers removes the handlers that end the process (see `endOnSignals`) */
async function start(
  command: Command,
  threads: ReadonlySet<Worker>,
  removeSignalHandlers: () => void,
): Promise<number> {
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
  const workers = workerFiles(import.meta.filename)
  if (command.name === 'inspect') return runInspectCommand(command, workers.inspect, streams)
  const cliEnvironment = readCliEnvironment(process.env)
  if (command.name === 'change-uploads') return runChangeUploadsCommand(command, cliEnvironment.home, streams)
  if (command.name === 'watch') return runWatchCommand(command, cliEnvironment, streams)
  if (command.name === 'status') return showStatus(command, cliEnvironment)
  if (command.name === 'log') return runLogCommand(command, cliEnvironment.home, streams)
  if (command.name === 'resume' && isQueueEmpty(cliEnvironment.home)) {
    streams.err.line('The upload queue is empty.')
    return exitCodes.ok
  }
  return runWithHost(command, { cliEnvironment, workers, threads, streams, removeSignalHandlers })
}

function showStatus(
  command: Command & { readonly name: 'status' },
  cliEnvironment: CliEnvironment,
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
