import process from 'node:process'
import { readJournal } from '../journal/journal-reader.ts'
import { parseCommand, UsageError, type Command } from './arguments.ts'
import { exitCodes } from './exit-codes.ts'
import { helpFor, usage } from './help.ts'
import { runInspectCommand } from './commands/inspect.ts'
import { describeUnexpectedError, type Streams } from './output/output.ts'
import { createTextStream } from './output/text-stream.ts'
import { runLogCommand } from './commands/log.ts'
import { runStatusCommand } from './commands/status.ts'
import { readCliEnvironment, workerFiles } from './cli-environment.ts'

const streams: Streams = {
  out: createTextStream(process.stdout),
  err: createTextStream(process.stderr),
}

/**
 * Runs one command of the command line and sets `process.exitCode` to one of `exitCodes`.
 * @param words the arguments after the program's name
 */
export async function main(words: readonly string[] = process.argv.slice(2)): Promise<void> {
  // Uploads continue when the reader of a pipe has closed it (`| head`).
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  try {
    process.exitCode = await start(parseCommand(words))
  } catch (error) {
    const isUsage = error instanceof UsageError
    const message = isUsage ? error.message : describeUnexpectedError(error)
    for (const line of message.split('\n')) streams.err.line(line)
    process.exitCode = isUsage ? exitCodes.usage : exitCodes.someFailed
  }
}

async function start(command: Command): Promise<number> {
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
  if (command.name === 'status')
    return runStatusCommand(cliEnvironment, { nowMs: Date.now(), json: command.json }, streams)
  if (command.name === 'log') return runLogCommand(command, cliEnvironment.home, streams)
  if (command.name === 'resume' && isQueueEmpty(cliEnvironment.home)) {
    streams.err.line('The upload queue is empty.')
    return exitCodes.ok
  }
  // Loading the engine takes a third of the time of a command that doesn't need it.
  const { runWithEngine } = await import('./run-with-engine.ts')
  return runWithEngine(command, { cliEnvironment, workers, streams })
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
