import { homedir } from 'node:os'
import process from 'node:process'
import { createKeychain, endProcess } from '../platform/keychain.ts'
import { trackThreads } from '../platform/threads/track-threads.ts'
import { workerFiles } from './cli-environment.ts'
import { exitCodes } from './exit-codes.ts'
import { endBySignal, endInterrupted, killIfBlocked } from './interruption.ts'
import { describeUnexpectedError, type Streams } from './output/output.ts'
import { createStreams } from './output/create-streams.ts'
import { findProxiesOfEnvironment } from './proxy.ts'
import { runCommandLine } from './run-command-line.ts'
import { standardInput } from './standard-input.ts'

/**
 * Runs one command of the command line in this process and sets `process.exitCode` to one of `exitCodes`.
 * @param words the arguments after the program's name
 */
export async function main(words: readonly string[] = process.argv.slice(2)): Promise<void> {
  const streams = createStreams({
    input: standardInput,
    stdout: process.stdout,
    stderr: process.stderr,
    signals: process,
    terminalType: process.env['TERM'],
  })
  endOnExceptions(streams)
  const threads = trackThreads(process)
  process.exitCode = await runCommandLine(words, {
    environment: process.env,
    streams,
    signals: process,
    workers: workerFiles(import.meta.filename),
    findProxies: findProxiesOfEnvironment,
    computer: { platform: process.platform, home: homedir(), environment: process.env },
    createKeychain: (log) => createKeychain({ log }),
    endBySignal: (exitCode) => endBySignal(process, exitCode),
    endInterrupted: (exitCode, interruption, keychain) =>
      endInterrupted(process, interruption, { threads, endProcess: () => endProcess(exitCode, keychain) }),
    endStuck: endProcess,
  })
  await killIfBlocked(process, threads)
}

/** As in Node; Electron would show a dialog box and continue (its lib/browser/init.ts). */
function endOnExceptions({ err }: Streams): void {
  const end = (error: unknown) => {
    err.line(describeUnexpectedError(error))
    void err.flush().then(() => process.exit(exitCodes.someFailed))
  }
  process.on('uncaughtException', end)
  process.on('unhandledRejection', end)
}
