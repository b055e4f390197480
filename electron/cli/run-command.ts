import type { Account } from '../contract/account.ts'
import { runAccountsCommand, runLogoutCommand } from './commands/accounts.ts'
import type { Command } from './arguments.ts'
import { runCheckCommand } from './commands/check.ts'
import { exitCodes } from './exit-codes.ts'
import { interrupted } from './interruption.ts'
import { createReporter } from './output/create-reporter.ts'
import { describeFailure, reportNotSignedIn, signInExitCode, type Streams } from './output/output.ts'
import { runFindCommand } from './commands/find.ts'
import { runHistoryCommand } from './commands/history.ts'
import { runLibraryCommand } from './commands/library.ts'
import { runResumeCommand } from './commands/resume.ts'
import { runLoginCommand } from './commands/login.ts'
import { findTeam, findTeams, uploadTeams, type AccountTeam } from './commands/teams.ts'
import { runUploadCommand } from './commands/upload.ts'
import { runVerifyCommand } from './commands/verify.ts'
import { runWorkflowCommand } from './commands/workflow.ts'
import type { CommandContext, UploadContext } from './command-context.ts'

/** The commands that need the engine, which this process hosts if no other one does. */
export type EngineCommand = Exclude<
  Command,
  { readonly name: 'help' | 'version' | 'status' | 'change-uploads' | 'watch' | 'log' | 'inspect' }
>

type RunContext = CommandContext & Pick<UploadContext, 'onDecided'>

/** Runs a command with a started engine. Returns the exit code. */
export async function runCommand(command: EngineCommand, context: RunContext): Promise<number> {
  // `login` and `logout` ignore a token in the environment; `check` reports a rejected one as a failed step.
  if (command.name === 'login') return runLoginCommand(command, context)
  if (command.name === 'logout') return runLogoutCommand(command, context)
  if (command.name === 'check') return runCheckCommand(command, context)
  if (command.name === 'history') return runHistoryCommand(command, context)
  if (context.cliEnvironment.token === null) return runSignedInCommand(command, null, context)
  const { streams, interruption } = context
  const signedIn = await interruption.race(signInWithToken(context.cliEnvironment.token, command, context))
  if (signedIn === interrupted) return interruption.exitCode
  if (signedIn.ok) return runSignedInCommand(command, signedIn.value, context)
  streams.err.line(describeFailure(signedIn.failure))
  return signInExitCode(signedIn.failure)
}

/** Commands that upload ask the server again as long as an upload would; the others end with the reason. */
async function signInWithToken(token: string, command: SignedInCommand, { engine, streams }: CommandContext) {
  if (!uploads(command)) return engine.calls.useToken({ token, retry: 'briefly' })
  const reporter = createReporter(command, streams)
  const unsubscribe = engine.subscribe({
    signInDelayed: ({ reason, atMs }) => reporter.signInDelayed(reason, atMs),
  })
  const signedIn = await engine.calls.useToken({ token, retry: 'patiently' })
  unsubscribe()
  return signedIn
}

type UploadingCommand = Extract<EngineCommand, { readonly name: 'upload' | 'resume' | 'workflow' }>

/** Whether a command adds or continues uploads, and waits for them. */
export const uploads = (command: EngineCommand): command is UploadingCommand =>
  command.name === 'upload' || command.name === 'resume' || (command.name === 'workflow' && command.upload)

type SignedInCommand = Exclude<EngineCommand, { readonly name: 'login' | 'logout' | 'check' | 'history' }>

/** @param tokenAccount the account of the environment's token, the only one that is used if there is one */
async function runSignedInCommand(
  command: SignedInCommand,
  tokenAccount: Account | null,
  context: RunContext,
): Promise<number> {
  const { engine, cliEnvironment, streams } = context
  // The file is compared without a sign-in too.
  if (command.name === 'verify') return runVerifyCommand(command, context)
  if (command.name === 'accounts') return runAccountsCommand(command, context)
  if (command.name === 'resume')
    return runResumeCommand({ ...context, reporter: createReporter(command, streams) })
  const isSignedIn = engine.session().accounts.some(({ state }) => state === 'ready')
  if (command.name === 'find') {
    const team = command.team ?? cliEnvironment.team
    return runFindCommand(command, isSignedIn ? findTeam(engine, team, tokenAccount) : null, context)
  }
  if (!isSignedIn) return reportNotSignedIn(streams.err)
  if (command.name === 'teams') return listTeams(uploadTeams(engine, tokenAccount), command, streams)
  const teamOf = (idOrName: string | null) => findTeam(engine, idOrName, tokenAccount)
  if (command.name === 'library')
    return runLibraryCommand(command, teamOf(command.team ?? cliEnvironment.team), context)
  const uploadContext = { ...context, reporter: createReporter(command, streams) }
  if (command.name === 'upload') {
    const { teams } = command
    const found = findTeams(engine, { teams, fallback: cliEnvironment.team, only: tokenAccount })
    return runUploadCommand(command, found, uploadContext)
  }
  return runWorkflowCommand(command, teamOf(command.team ?? cliEnvironment.team), uploadContext)
}

function listTeams(
  teams: readonly AccountTeam[],
  { json }: SignedInCommand & { readonly name: 'teams' },
  { out }: Streams,
): number {
  for (const team of teams) {
    if (json) out.json(teamAsJson(team))
    else out.line(teamAsText(team))
  }
  return exitCodes.ok
}

const teamAsJson = ({ team, account }: AccountTeam) => ({ ...team, account: account.email })

const teamAsText = ({ team, account }: AccountTeam) => `${team.id}  ${team.name}  (${account.email})`
