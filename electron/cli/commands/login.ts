import { failure, type Failure, type FailureCode, type Result } from '../../contract/failures.ts'
import type { SessionView } from '../../contract/account.ts'
import type { EngineClient } from '../engine-client.ts'
import type { Command } from '../arguments.ts'
import { exitCodes } from '../exit-codes.ts'
import { interrupted, type Interruption } from '../interruption.ts'
import { describeFailure, reportCancelled, signInExitCode, type Streams } from '../output/output.ts'

interface LoginContext {
  readonly engine: EngineClient
  readonly streams: Streams
  readonly interruption: Interruption
}

/** Signs in by pairing, password or device key. Returns the exit code. */
export async function runLoginCommand(
  { by, email }: Command & { name: 'login' },
  context: LoginContext,
): Promise<number> {
  const { engine, streams, interruption } = context
  const before = readyIds(engine.session())
  if (by === 'pairing') return signInByPairing(context)
  const prompter = streams.openPrompt()
  try {
    const asking = prompter.ask(by === 'key' ? 'Device key: ' : 'Password: ', { hidden: true })
    const secret = await interruption.race(asking)
    if (secret === interrupted) return reportCancelled(context)
    if (secret === null) {
      streams.err.line(prompter.isTerminal ? 'Cancelled.' : missingInput[by])
      return prompter.isTerminal ? exitCodes.interrupted : exitCodes.usage
    }
    const signedIn = await interruption.race(
      by === 'key'
        ? engine.calls.signInWithKey({ key: secret })
        : engine.calls.signIn({ email: email ?? '', password: secret }),
    )
    if (signedIn === interrupted) return reportCancelled(context)
    return await reportSignIn(signedIn, before, context)
  } finally {
    prompter.close()
  }
}

const missingInput = {
  password:
    'Standard input has no password. Pass it from a file: modelferry login --email you@example.com < password.txt',
  key: 'Standard input has no device key. Pass it from a file: modelferry login --key - < key.txt',
}

/** Shows the code and waits until it is confirmed or expires. */
async function signInByPairing(context: LoginContext): Promise<number> {
  const { engine, streams, interruption } = context
  const before = readyIds(engine.session())
  const started = await interruption.race(engine.calls.startPairing(undefined))
  if (started === interrupted) return reportCancelled(context)
  const { pairing, keychain } = engine.session()
  if (!started.ok || pairing === null) return reportSignIn(started, before, context)
  if (keychain !== 'ok') {
    // The received key could not be stored, so pairing must not start.
    await engine.calls.cancelPairing(undefined)
    return reportRefusal(failure(keychain === 'absent' ? 'keychain-absent' : 'keychain-locked'), streams)
  }
  streams.out.line(`Confirm the code ${pairing.userCode} on this page:`)
  streams.out.line(`  ${pairing.address}`)
  streams.out.line('Waiting for confirmation. Press Ctrl-C to cancel.')
  let isCancelled = false
  interruption.signal.addEventListener('abort', () => {
    // The server returns the key only once: with it, the sign-in is finished and reported.
    if (engine.session().pairing?.state !== 'waiting') return
    isCancelled = true
    void engine.calls.cancelPairing(undefined)
  })
  const view = await waitForPairing(engine, (problem) =>
    streams.err.line(describeFailure(problem, 'pairing')),
  )
  if (isCancelled) return reportCancelled(context)
  if (view.pairing) return reportRefusal(view.pairing.failure ?? failure('pairing-over'), streams)
  return reportSignIn({ ok: true, value: view }, before, context)
}

/** Resolves when the pairing has led to a sign-in, which removes it from the view, or is over without one. */
function waitForPairing(
  engine: EngineClient,
  reportProblem: (problem: Failure) => void,
): Promise<SessionView> {
  return new Promise((resolve) => {
    let reported: Failure | null = null
    const check = (view: SessionView) => {
      if (view.pairing === null || view.pairing.state === 'over') {
        unsubscribe()
        resolve(view)
        return
      }
      const { failure: problem } = view.pairing
      if (problem && problem.code !== reported?.code) reportProblem(problem)
      reported = problem
    }
    const unsubscribe = engine.subscribe({ session: check })
    check(engine.session())
  })
}

const readyIds = ({ accounts }: SessionView) =>
  new Set(accounts.flatMap(({ id, state }) => (state === 'ready' ? id : [])))

async function reportSignIn(
  signedIn: Result<SessionView>,
  before: ReadonlySet<string>,
  { engine, streams, interruption }: LoginContext,
): Promise<number> {
  if (!signedIn.ok) return reportRefusal(signedIn.failure, streams)
  // An account that was signed in before is not reported.
  const added = signedIn.value.accounts.find(({ id, state }) => state === 'ready' && !before.has(id))
  const accountText = added ? ` as ${added.email}, for ${added.teams.map(({ name }) => name).join(', ')}` : ''
  streams.out.line(`Signed in${accountText}.`)
  // The process ends next, and the app continues what it decrypts.
  await interruption.race(engine.calls.unsealPresent(undefined))
  const { sealed } = engine.session()
  if (sealed) streams.err.line(describeFailure(sealed))
  return exitCodes.ok
}

/** Sign-ins can't be kept without the keychain, since this process ends at once. */
const keychainProblems: ReadonlyMap<FailureCode, string> = new Map([
  ['keychain-absent', 'this computer has no keychain in which the sign-in could be saved.'],
  ['keychain-locked', 'the keychain is locked, so the sign-in can’t be saved. Unlock it and try again.'],
  ['keychain-slow', 'the keychain isn’t responding, so the sign-in can’t be saved. Unlock it and try again.'],
])

function reportRefusal(reason: Failure, { err }: Streams): number {
  const keychainProblem = keychainProblems.get(reason.code)
  err.line(
    keychainProblem === undefined
      ? describeFailure(reason)
      : `Not signed in: ${keychainProblem} Without a keychain, set MODELFERRY_TOKEN instead. (${reason.code})`,
  )
  return signInExitCode(reason)
}
