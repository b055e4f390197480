import process from 'node:process'
import type { KeychainState } from '../contract/model.ts'
import type { Vault } from '../contract/ports.ts'
import { createKeychain, endProcess } from '../desktop/keychain.ts'
import { createLog } from '../desktop/log.ts'
import { createPorts } from '../desktop/ports.ts'
import { createUploader, type Uploader } from '../uploader.ts'
import { join } from 'node:path'
import { parseCommand, usage, UsageError, type Command } from './arguments.ts'
import { exitCodes } from './exit-codes.ts'
import { createJsonTeller, createLineTeller, explain } from './output.ts'
import { createPrompter } from './password.ts'
import { readSurroundings, workerFiles, type Surroundings } from './surroundings.ts'
import { findTeam, runUploadCommand } from './upload.ts'

const streams = { out: process.stdout, err: process.stderr }
/** The same as in the app's settings until somebody changes them there. */
const atOnce = 3

/** The command line: the same uploads without a window. Ends the process with one of `exitCodes`. */
export async function main(): Promise<void> {
  try {
    const command = parseCommand(process.argv.slice(2))
    if (command.name === 'help') return void process.stdout.write(usage)
    if (command.name === 'version') return void process.stdout.write(`${await version()}\n`)
    await withUploader(command, readSurroundings(process.env))
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = exitCodes.usage
  }
}

async function version(): Promise<string> {
  const { default: about } = await import('../../package.json', { with: { type: 'json' } })
  return about.version
}

async function withUploader(command: Command, surroundings: Surroundings): Promise<void> {
  const log = createLog({ folder: join(surroundings.home, 'logs', 'command-line') })
  const keychain = createKeychain({ log })
  let keychainState: KeychainState = 'ok'
  const vault: Vault = {
    ...keychain,
    async set(name, secret) {
      const answer = await keychain.set(name, secret)
      keychainState = answer.ok ? 'ok' : answer.failure.code === 'keychain-absent' ? 'absent' : 'locked'
      return answer
    },
  }
  const uploader = createUploader({
    folder: surroundings.home,
    ports: createPorts(log),
    vault,
    keychainState: () => keychainState,
    settings: { atOnce, server: surroundings.server, singlePutLimitBytes: surroundings.singlePutLimitBytes },
    workers: workerFiles(import.meta.filename),
  })
  const interrupt = () => {
    process.stderr.write('\nPaused. Run the same command again to go on from here.\n')
    void pauseAndStop(uploader).finally(() => endProcess(exitCodes.interrupted, keychain))
  }
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  let code: number
  try {
    await uploader.start({ restoreQueue: false })
    code = await run(command, surroundings, uploader)
  } finally {
    await uploader.stop()
    await log.flush()
  }
  process.exitCode = code
  if (keychain.isStuck()) endProcess(code, keychain)
}

/** Paused, not waiting: the app must not go on by itself with what somebody stopped here. */
async function pauseAndStop(uploader: Uploader): Promise<void> {
  await uploader.calls.pause({ ids: uploader.snapshot().rows.map(({ id }) => id) })
  await uploader.stop()
}

async function run(command: Command, surroundings: Surroundings, uploader: Uploader): Promise<number> {
  if (command.name === 'login') return login(uploader, command.email, surroundings)
  // A token from outside is nobody's sign-in here, so there is nothing of it to sign out.
  if (surroundings.token !== null && command.name !== 'logout') {
    const used = await uploader.useToken(surroundings.token)
    if (!used.ok) return refuse(explain(used.failure))
  }
  const { accounts } = uploader.session()
  const ready = accounts.filter(({ state }) => state === 'ready')
  if (command.name === 'logout') {
    for (const { id } of ready) {
      const done = await uploader.calls.signOut({ accountId: id })
      if (done.ok) continue
      streams.err.write(`${explain(done.failure)}\n`)
      return exitCodes.someFailed
    }
    streams.out.write(ready.length > 0 ? 'Signed out.\n' : 'Nobody was signed in.\n')
    return exitCodes.ok
  }
  if (ready.length === 0) return refuse('Nobody is signed in. Run: modelferry login')
  if (command.name === 'upload') {
    const choice = findTeam(uploader, command.team ?? surroundings.team)
    const teller = command.json ? createJsonTeller(streams) : createLineTeller(streams)
    return runUploadCommand(uploader, command, choice, teller, streams)
  }
  const teams = ready.flatMap(({ email, teams }) => teams.map((team) => ({ ...team, account: email })))
  for (const team of teams) {
    const json = command.name === 'teams' && command.json
    streams.out.write(json ? `${JSON.stringify(team)}\n` : `${team.id}  ${team.name}  (${team.account})\n`)
  }
  return exitCodes.ok
}

async function login(uploader: Uploader, given: string | null, { server }: Surroundings): Promise<number> {
  const prompter = createPrompter(process.stdin, process.stderr)
  try {
    const email = given ?? (await prompter.ask(`E-mail for ${server}: `))
    const password = await prompter.ask('Password: ', { hidden: true })
    const signedIn = await uploader.calls.signIn({ email, password })
    if (signedIn.ok) {
      streams.out.write(`Signed in as ${email}.\n`)
      return exitCodes.ok
    }
    const hint = signedIn.failure.code.startsWith('keychain-')
      ? ' Without a keychain, put a token into MODELFERRY_TOKEN instead.'
      : ''
    return refuse(explain(signedIn.failure) + hint)
  } finally {
    prompter.close()
  }
}

function refuse(sentence: string): number {
  streams.err.write(`${sentence}\n`)
  return exitCodes.notSignedIn
}
