import process from 'node:process'
import type { Ports } from '../contract/ports.ts'
import type { Uploader } from '../uploader.ts'
import type { Command } from './arguments.ts'
import { exitCodes } from './exit-codes.ts'
import { interrupted, type Interruption } from './interruption.ts'
import { createJsonTeller } from './json-teller.ts'
import { createLineTeller } from './line-teller.ts'
import { explain, type Streams } from './output.ts'
import { createPrompter } from './password.ts'
import { runResumeCommand } from './resume.ts'
import type { Surroundings } from './surroundings.ts'
import { findTeam, runUploadCommand } from './upload.ts'

/** The commands that need the engine. */
export type EngineCommand = Exclude<Command, { readonly name: 'help' | 'version' | 'status' }>

/** What a command runs on. */
export interface World {
  readonly uploader: Uploader
  readonly ports: Ports
  readonly surroundings: Surroundings
  readonly interruption: Interruption
  readonly streams: Streams
}

/** Runs a command on an uploader that has not been started. Answers the exit code. */
export async function runCommand(command: EngineCommand, world: World): Promise<number> {
  const { uploader, surroundings, interruption, streams } = world
  const started = await interruption.or(uploader.start({ restoreQueue: false }))
  if (started === interrupted) return interruption.exitCode
  if (command.name === 'login') return orCancelled(login(command.email, world), world)
  if (command.name === 'logout') return orCancelled(logout(world), world)
  // A token from outside is nobody's sign-in here, so there is nothing of it to sign out.
  if (surroundings.token !== null) {
    const used = await interruption.or(uploader.useToken(surroundings.token))
    if (used === interrupted) return interruption.exitCode
    if (!used.ok) return refuse(explain(used.failure), streams)
  }
  if (command.name === 'resume')
    return runResumeCommand(surroundings.home, { ...world, teller: tellerFor(command, streams) })
  const ready = uploader.session().accounts.filter(({ state }) => state === 'ready')
  if (ready.length === 0) return refuse('Nobody is signed in. Run: modelferry login', streams)
  if (command.name === 'upload') {
    const choice = findTeam(uploader, command.team ?? surroundings.team)
    return runUploadCommand(command, choice, { ...world, teller: tellerFor(command, streams) })
  }
  const teams = ready.flatMap(({ email, teams }) => teams.map((team) => ({ ...team, account: email })))
  for (const team of teams)
    streams.out.write(
      command.json ? `${JSON.stringify(team)}\n` : `${team.id}  ${team.name}  (${team.account})\n`,
    )
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

async function logout({ uploader, streams }: World): Promise<number> {
  const ready = uploader.session().accounts.filter(({ state }) => state === 'ready')
  for (const { id } of ready) {
    const done = await uploader.calls.signOut({ accountId: id })
    if (done.ok) continue
    streams.err.write(`${explain(done.failure)}\n`)
    return exitCodes.someFailed
  }
  streams.out.write(ready.length > 0 ? 'Signed out.\n' : 'Nobody was signed in.\n')
  return exitCodes.ok
}

async function login(given: string | null, { uploader, surroundings, streams }: World): Promise<number> {
  const prompter = createPrompter(process.stdin, process.stderr)
  try {
    const email = given ?? (await prompter.ask(`E-mail for ${surroundings.server}: `))
    const password = await prompter.ask('Password: ', { hidden: true })
    const signedIn = await uploader.calls.signIn({ email, password })
    if (signedIn.ok) {
      streams.out.write(`Signed in as ${email}.\n`)
      return exitCodes.ok
    }
    const hint = signedIn.failure.code.startsWith('keychain-')
      ? ' Without a keychain, put a token into MODELFERRY_TOKEN instead.'
      : ''
    return refuse(explain(signedIn.failure) + hint, streams)
  } finally {
    prompter.close()
  }
}

function refuse(sentence: string, { err }: Streams): number {
  err.write(`${sentence}\n`)
  return exitCodes.notSignedIn
}
