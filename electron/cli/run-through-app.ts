import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import type { HostConnection } from '../host/connect-host.ts'
import { realTimers } from '../platform/system-environment.ts'
import type { Command } from './arguments.ts'
import { readAppSession } from './app-session.ts'
import { createAppUploads } from './app-uploads.ts'
import { findTeams } from './commands/teams.ts'
import { resumeInApp } from './commands/resume-in-app.ts'
import { runUploadCommand } from './commands/upload.ts'
import { endBySignal, listenForInterruption } from './interruption.ts'
import { createReporter } from './output/create-reporter.ts'
import type { ProgramContext } from './run-with-engine.ts'

/** How long the second signal waits for the app to cut the parts that are being finished. */
const stopNowMs = 1_000

type AppCommand = Extract<Command, { readonly name: 'upload' | 'resume' }>

/**
 * Has the running app upload or continue files, and waits until it has. Returns the exit code, or the command that is
 * left if the app has ended before.
 */
export async function runThroughApp(
  command: AppCommand,
  app: HostConnection,
  { cliEnvironment, streams, removeSignalHandlers }: ProgramContext,
): Promise<number | AppCommand> {
  const { err } = streams
  const session = await readAppSession(app, cliEnvironment, err)
  if (typeof session === 'number') return session
  const engine = createAppUploads(app, session, cliEnvironment.policy.review)
  const interruption = listenForInterruption(process, (code) => {
    const stopped = app.calls.stopPausing({ ids: engine.snapshot().rows.map(({ id }) => id) })
    void Promise.race([stopped, delay(stopNowMs)]).then(() => endBySignal(process, code))
  })
  removeSignalHandlers()
  const reporter = createReporter(command, streams)
  const environment = { timers: realTimers }
  const context = { engine, environment, cliEnvironment, interruption, streams, reporter }
  const teams =
    command.name === 'upload'
      ? findTeams(engine, { teams: command.teams, fallback: cliEnvironment.team, only: null })
      : []
  const running =
    command.name === 'upload' ? runUploadCommand(command, teams, context) : resumeInApp(app.calls, context)
  const code = await Promise.race([running, app.ended])
  if (code !== undefined) return code
  if (interruption.signal.aborted) return running
  reporter.finished()
  err.line('Modelferry has quit. This command continues with its files.')
  if (command.name === 'resume') return command
  // What was approved is in the queue.
  return { ...command, yes: command.yes || engine.addedCount() === teams.length }
}
