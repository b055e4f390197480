import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { isKnownServer } from '../contract/servers.ts'
import type { HostConnection } from '../host/connect-host.ts'
import { realTimers } from '../platform/system-environment.ts'
import type { Command } from './arguments.ts'
import { createAppUploads } from './app-uploads.ts'
import { findTeams } from './commands/teams.ts'
import { runUploadCommand } from './commands/upload.ts'
import { exitCodes } from './exit-codes.ts'
import { endBySignal, listenForInterruption } from './interruption.ts'
import { createReporter } from './output/create-reporter.ts'
import { describeFailure } from './output/output.ts'
import type { ProgramContext } from './run-with-engine.ts'

/** How long the second signal waits for the app to cut the parts that are being finished. */
const stopNowMs = 1_000

/** Has the running app upload files, and waits until it has. Returns the exit code. */
export async function uploadThroughApp(
  command: Extract<Command, { readonly name: 'upload' }>,
  app: HostConnection,
  { cliEnvironment, streams, removeSignalHandlers }: ProgramContext,
): Promise<number> {
  const { err } = streams
  const session = await app.calls.session(undefined)
  if (!session.ok) {
    err.line(describeFailure(session.failure))
    return exitCodes.someFailed
  }
  // With MODELFERRY_SERVER, files go to that server only.
  const accounts = session.value.accounts.filter(({ server }) => isKnownServer(cliEnvironment, server))
  const chosen = accounts.some(({ id }) => id === session.value.chosen?.accountId)
    ? session.value.chosen
    : null
  if (!accounts.some(({ state }) => state === 'ready')) {
    err.line('Not signed in. Run: modelferry login')
    return exitCodes.notSignedIn
  }
  const engine = createAppUploads(app, { ...session.value, accounts, chosen }, cliEnvironment.policy.review)
  const teams = findTeams(engine, { teams: command.teams, fallback: cliEnvironment.team, only: null })
  const interruption = listenForInterruption(process, (code) => {
    const stopped = app.calls.stopPausing({ ids: engine.snapshot().rows.map(({ id }) => id) })
    void Promise.race([stopped, delay(stopNowMs)]).then(() => endBySignal(process, code))
  })
  removeSignalHandlers()
  const reporter = createReporter(command, streams)
  const environment = { timers: realTimers }
  const ended = app.ended.then(() => null)
  const code = await Promise.race([
    runUploadCommand(command, teams, {
      engine,
      environment,
      cliEnvironment,
      interruption,
      streams,
      reporter,
    }),
    ended,
  ])
  if (code !== null) return code
  reporter.finished()
  err.line('Modelferry has quit before the uploads ended. They are kept. To continue, run: modelferry resume')
  return exitCodes.someFailed
}
