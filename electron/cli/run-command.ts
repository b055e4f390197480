import type { Account } from '../contract/account.ts'
import { runAccountsCommand, runLogoutCommand } from './commands/accounts.ts'
import type { Command } from './arguments.ts'
import { runCheckCommand } from './commands/check.ts'
import { exitCodes } from './exit-codes.ts'
import { interrupted } from './interruption.ts'
import { createJsonTeller } from './output/json-output.ts'
import { createLineTeller } from './output/text-output.ts'
import { explain, refusalCode, type Streams } from './output/output.ts'
import { runResumeCommand } from './commands/resume.ts'
import { runLoginCommand } from './commands/login.ts'
import { findTeam, teamsOf } from './commands/teams.ts'
import { oneLine } from './output/terminal-text.ts'
import { runUploadCommand } from './commands/upload.ts'
import { runWorkflowCommand } from './commands/workflow.ts'
import type { World } from './command-context.ts'

/** The commands that need the engine. */
export type EngineCommand = Exclude<Command, { readonly name: 'help' | 'version' | 'status' | 'inspect' }>

/** Runs a command on an uploader that has not been started. Answers the exit code. */
export async function runCommand(command: EngineCommand, world: World): Promise<number> {
  const { engine, surroundings, interruption, streams } = world
  const started = await interruption.or(engine.start({ restoreQueue: false }))
  if (started === interrupted) return interruption.exitCode
  if (command.name === 'login')
    return orCancelled(runLoginCommand(command, { ...world, signal: interruption.signal }), world)
  if (command.name === 'logout') return orCancelled(runLogoutCommand(command.account, world), world)
  if (command.name === 'check') return runCheckCommand(command, world)
  let given: Account | null = null
  // A token from outside is nobody's sign-in here, so there is nothing of it to sign out.
  if (surroundings.token !== null) {
    const used = await interruption.or(engine.useToken(surroundings.token))
    if (used === interrupted) return interruption.exitCode
    if (!used.ok) {
      streams.err.write(`${explain(used.failure)}\n`)
      return refusalCode(used.failure)
    }
    given = used.value
    // At the start this account was not known yet.
    void engine.cleanUpAbandoned()
  }
  if (command.name === 'accounts') return runAccountsCommand(command, world)
  if (command.name === 'resume')
    return runResumeCommand(surroundings.home, { ...world, teller: tellerFor(command, streams) })
  const ready = engine.session().accounts.filter(({ state }) => state === 'ready')
  if (ready.length === 0) {
    streams.err.write('Nobody is signed in. Run: modelferry login\n')
    return exitCodes.notSignedIn
  }
  if (command.name === 'upload') {
    const choice = findTeam(engine, command.team ?? surroundings.team, given)
    return runUploadCommand(command, choice, { ...world, teller: tellerFor(command, streams) })
  }
  if (command.name === 'workflow') {
    const choice = findTeam(engine, command.team ?? surroundings.team, given)
    return runWorkflowCommand(command, choice, { ...world, teller: tellerFor(command, streams) })
  }
  for (const { account, team } of teamsOf(engine, given)) {
    const { email } = account
    streams.out.write(
      command.json
        ? `${JSON.stringify({ ...team, account: email })}\n`
        : `${oneLine(`${team.id}  ${team.name}  (${email})`)}\n`,
    )
  }
  return exitCodes.ok
}

function tellerFor(command: { readonly json: boolean; readonly quiet: boolean }, streams: Streams) {
  return command.json ? createJsonTeller(streams, command) : createLineTeller(streams, command)
}

async function orCancelled(work: Promise<number>, { interruption, streams }: World): Promise<number> {
  const code = await interruption.or(work)
  if (code !== interrupted) return code
  streams.err.write('\nCancelled.\n')
  return interruption.exitCode
}
