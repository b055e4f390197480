import process from 'node:process'
import { failure, type Failure, type Result } from '../../contract/failures.ts'
import type { SessionView } from '../../contract/account.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Command } from '../arguments.ts'
import { exitCodes } from '../exit-codes.ts'
import { explain, refusalCode, type Streams } from '../output/output.ts'
import { createPrompter } from '../output/password-prompt.ts'

interface World {
  readonly engine: Engine
  readonly streams: Streams
  readonly signal: AbortSignal
}

/** Signs in as the command says. Answers the exit code. */
export async function runLoginCommand(
  { by, email }: Command & { name: 'login' },
  world: World,
): Promise<number> {
  const { calls } = world.engine
  const before = readyIds(world.engine.session())
  if (by === 'pairing') return pair(world)
  const prompter = createPrompter(process.stdin, process.stderr)
  try {
    const secret = await prompter.ask(by === 'key' ? 'Device key: ' : 'Password: ', { hidden: true })
    if (secret === null) {
      world.streams.err.write('Cancelled.\n')
      return exitCodes.interrupted
    }
    const signedIn =
      by === 'key'
        ? await calls.signInWithKey({ key: secret })
        : await calls.signIn({ email: email ?? '', password: secret })
    return welcome(signedIn, before, world.streams)
  } finally {
    prompter.close()
  }
}

/** Shows the code and waits until it was confirmed or ran out. */
async function pair({ engine, streams, signal }: World): Promise<number> {
  const before = readyIds(engine.session())
  const begun = await engine.calls.startPairing(undefined)
  const { pairing, keychain } = engine.session()
  if (!begun.ok || pairing === null) return welcome(begun, before, streams)
  if (keychain !== 'ok') {
    // What the browser gives could not be kept; better to say so before somebody goes there.
    await engine.calls.cancelPairing(undefined)
    return refuse(failure(keychain === 'absent' ? 'keychain-absent' : 'keychain-locked'), streams)
  }
  streams.out.write(
    `Confirm the code ${pairing.userCode} on this page:\n  ${pairing.address}\nWaiting for it. Ctrl-C cancels.\n`,
  )
  signal.addEventListener('abort', () => void engine.calls.cancelPairing(undefined))
  const view = await whenOver(engine, (trouble) => streams.err.write(`${explain(trouble)}\n`))
  if (view.pairing) return refuse(view.pairing.failure ?? failure('pairing-over'), streams)
  return welcome({ ok: true, value: view }, before, streams)
}

/** Resolves when the pairing has led to a sign-in, which takes it out of the view, or is over without one. */
function whenOver(engine: Engine, tellTrouble: (trouble: Failure) => void): Promise<SessionView> {
  return new Promise((resolve) => {
    let told: Failure | null = null
    const look = (view: SessionView) => {
      if (view.pairing === null || view.pairing.state === 'over') {
        unsubscribe()
        resolve(view)
        return
      }
      const { failure: trouble } = view.pairing
      if (trouble && trouble.code !== told?.code) tellTrouble(trouble)
      told = trouble
    }
    const unsubscribe = engine.subscribe({ session: look })
    look(engine.session())
  })
}

const readyIds = ({ accounts }: SessionView) =>
  new Set(accounts.flatMap(({ id, state }) => (state === 'ready' ? id : [])))

function welcome(signedIn: Result<SessionView>, before: ReadonlySet<string>, streams: Streams): number {
  if (!signedIn.ok) return refuse(signedIn.failure, streams)
  // Who had signed in before and does so again is not new.
  const come = signedIn.value.accounts.find(({ id, state }) => state === 'ready' && !before.has(id))
  const whose = come ? ` as ${come.email}, for ${come.teams.map(({ name }) => name).join(', ')}` : ''
  streams.out.write(`Signed in${whose}.\n`)
  return exitCodes.ok
}

function refuse(reason: Failure, { err }: Streams): number {
  const hint = reason.code.startsWith('keychain-')
    ? ' Without a keychain, put a token into MODELFERRY_TOKEN instead.'
    : ''
  err.write(`${explain(reason)}${hint}\n`)
  return refusalCode(reason)
}
