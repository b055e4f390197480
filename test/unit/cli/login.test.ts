import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { runLoginCommand } from '../../../electron/cli/commands/login.ts'
import { exitCodes } from '../../../electron/cli/exit-codes.ts'
import { listenForInterruption } from '../../../electron/cli/interruption.ts'
import type { Pairing, SessionView } from '../../../electron/contract/account.ts'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import { account, signedIn, signedOut } from '../../components/support/rows.ts'
import { fakeEngine } from '../../support/fake-engine.ts'
import { recordedStreams } from '../../support/recorded-streams.ts'

const waiting: Pairing = {
  userCode: 'ABCD-EFGH',
  address: 'https://cloud.example/pair',
  expiresAtMs: 600_000,
  state: 'waiting',
  failure: null,
}

/** A pairing whose session the test changes. */
function pair({
  started = success(signedOut),
  ...session
}: Partial<SessionView> & { readonly started?: Result<SessionView> } = {}) {
  const { streams, out, err } = recordedStreams()
  const process = new EventEmitter() as NodeJS.Process
  const cancelled: string[] = []
  const listeners = new Set<(view: SessionView) => void>()
  let view: SessionView = { ...signedOut, pairing: waiting, ...session }
  const change = (next: Partial<SessionView>) => {
    view = { ...view, ...next }
    for (const listener of listeners) listener(view)
  }
  const engine = fakeEngine({
    session: () => view,
    subscribe({ session: listener = () => undefined }) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    unsealPresent: async () => undefined,
    calls: {
      startPairing: async () => started,
      async cancelPairing() {
        cancelled.push('pairing')
        change({ pairing: null })
        return success(view)
      },
    },
  })
  const interruption = listenForInterruption(process, () => undefined)
  const code = runLoginCommand(
    { name: 'login', by: 'pairing', email: null },
    { engine, streams, interruption },
  )
  return {
    code,
    out,
    err,
    cancelled,
    listeners,
    change,
    interrupt: () => void process.emit('SIGINT', 'SIGINT'),
    shown: () => expect.poll(() => out.at(-1)).toBe('Waiting for confirmation. Press Ctrl-C to cancel.'),
  }
}

test('shows the code and reports the account that was signed in', async () => {
  const known = account({ id: 'known', email: 'known@aurora.example' })
  const { shown, change, code, out, err, listeners } = pair({ accounts: [known] })
  await shown()
  change({ ...signedIn(known, account()), pairing: null })
  expect([await code, err, listeners.size]).toEqual([exitCodes.ok, [], 0])
  expect(out).toEqual([
    'Confirm the code ABCD-EFGH on this page:',
    '  https://cloud.example/pair',
    'Waiting for confirmation. Press Ctrl-C to cancel.',
    'Signed in as mira@aurora.example, for Aurora Studio, Night Lab.',
  ])
})

test('does not name an account that was signed in before', async () => {
  const { shown, change, code, out } = pair({ accounts: [account()] })
  await shown()
  change({ pairing: null })
  expect([await code, out.at(-1)]).toEqual([exitCodes.ok, 'Signed in.'])
})

test('reports each problem of a pairing once while it continues', async () => {
  const { shown, change, code, err } = pair()
  await shown()
  const problems = ['offline', 'offline', 'server-trouble', null, 'offline'] as const
  for (const problem of problems)
    change({ pairing: { ...waiting, failure: problem && failure(problem, { status: 503 }) } })
  change({ pairing: null })
  expect(await code).toBe(exitCodes.ok)
  expect(err.map((line) => /\(([^()]+)\)$/.exec(line)?.[1])).toEqual(['offline', 'server-trouble', 'offline'])
  // Nothing is uploaded yet, so nothing is said about uploads.
  expect(err[0]).toBe('No connection. Modelferry keeps trying until the code expires. (offline)')
})

test.each([
  ['login-refused', failure('login-refused')],
  ['pairing-over', null],
])('exits with 3 and the reason %s when the pairing is over', async (reason, why) => {
  const { shown, change, code, err } = pair()
  await shown()
  change({ pairing: { ...waiting, state: 'over', failure: why } })
  expect([await code, err]).toEqual([exitCodes.notSignedIn, [expect.stringContaining(`(${reason})`)]])
})

test.each([
  ['absent', 'this computer has no keychain'],
  ['locked', 'the keychain is locked'],
] as const)('pairs nothing if the keychain is %s', async (keychain, text) => {
  const { code, out, err, cancelled } = pair({ keychain })
  expect([await code, out, cancelled]).toEqual([exitCodes.notSignedIn, [], ['pairing']])
  expect(err).toEqual([
    expect.stringMatching(new RegExp(`^Not signed in: ${text}.* MODELFERRY_TOKEN instead`)),
  ])
})

test.each([
  ['offline', exitCodes.someFailed],
  ['login-refused', exitCodes.notSignedIn],
] as const)('a pairing that can’t start because of %s exits with %i', async (reason, exitCode) => {
  const { code, err } = pair({ started: failed(failure(reason)) })
  expect([await code, err]).toEqual([exitCode, [expect.stringContaining(`(${reason})`)]])
})

test('Ctrl-C cancels a pairing that waits', async () => {
  const { shown, interrupt, code, err, cancelled } = pair()
  await shown()
  interrupt()
  expect([await code, cancelled, err]).toEqual([exitCodes.interrupted, ['pairing'], ['', 'Cancelled.']])
})

test('says that what was encrypted can’t be opened', async () => {
  const { shown, change, code, err } = pair()
  await shown()
  change({ ...signedIn(), pairing: null, sealed: failure('seal-unavailable') })
  expect([await code, err]).toEqual([exitCodes.ok, [expect.stringContaining('(seal-unavailable)')]])
})

interface Secret {
  /** What the user enters; null after Ctrl-D, and undefined while nothing is entered. */
  readonly entered?: string | null
  readonly answer?: Result<SessionView>
  /** Ctrl-C while the command waits for this. */
  readonly interruptedAt?: 'prompt' | 'server'
}

/** A sign-in by a password or a key, with the questions and what the engine was asked for. */
async function signInBy(by: 'password' | 'key', { entered, answer, interruptedAt }: Secret = {}) {
  const { streams, out, err } = recordedStreams()
  const process = new EventEmitter() as NodeJS.Process
  const events: unknown[] = []
  let view: SessionView = signedOut
  const signIn = async (args: object) => {
    events.push(args)
    if (interruptedAt === 'server') {
      process.emit('SIGINT', 'SIGINT')
      await new Promise<void>(() => undefined)
    }
    view = signedIn(account())
    return answer ?? success(view)
  }
  const engine = fakeEngine({
    session: () => view,
    async unsealPresent() {
      await Promise.resolve()
      view = { ...view, sealed: failure('sealed-damaged') }
    },
    calls: { signIn, signInWithKey: signIn },
  })
  const interruption = listenForInterruption(process, () => undefined)
  const prompt = {
    isTerminal: true,
    ask(question: string, options: object = {}) {
      events.push([question, options])
      if (interruptedAt === 'prompt') setImmediate(() => process.emit('SIGINT', 'SIGINT'))
      return entered === undefined ? new Promise<null>(() => undefined) : Promise.resolve(entered)
    },
    close: () => void events.push('closed'),
  }
  const email = by === 'password' ? 'mira@aurora.example' : null
  const context = { engine, streams, interruption }
  return {
    code: await runLoginCommand({ name: 'login', by, email }, context, () => prompt),
    out,
    err,
    events,
  }
}

test.each([
  ['password', 'Password: ', { email: 'mira@aurora.example', password: 'secret' }],
  ['key', 'Device key: ', { key: 'secret' }],
] as const)('asks for the %s without showing it, and signs in with it', async (by, question, args) => {
  const { code, out, err, events } = await signInBy(by, { entered: 'secret' })
  expect([code, out]).toEqual([
    exitCodes.ok,
    ['Signed in as mira@aurora.example, for Aurora Studio, Night Lab.'],
  ])
  expect(events).toEqual([[question, { hidden: true }], args, 'closed'])
  expect(err).toEqual([expect.stringContaining('(sealed-damaged)')])
})

test.each([
  ['keychain-slow', 'the keychain isn’t responding'],
  ['login-refused', '(login-refused)'],
] as const)('a password that fails with %s exits with 3', async (reason, text) => {
  const { code, out, err, events } = await signInBy('password', {
    entered: 'secret',
    answer: failed(failure(reason)),
  })
  expect([code, out, events.at(-1)]).toEqual([exitCodes.notSignedIn, [], 'closed'])
  expect(err).toEqual([expect.stringContaining(text)])
})

test('Ctrl-D at the prompt cancels the sign-in', async () => {
  const { code, err, events } = await signInBy('password', { entered: null })
  expect([code, err, events.slice(1)]).toEqual([exitCodes.interrupted, ['Cancelled.'], ['closed']])
})

test('Ctrl-C cancels the sign-in at the prompt and while the server checks the password', async () => {
  for (const secret of [{ interruptedAt: 'prompt' }, { interruptedAt: 'server', entered: 'x' }] as const) {
    const { code, out, err, events } = await signInBy('password', secret)
    expect([code, out, err, events.at(-1)]).toEqual([exitCodes.interrupted, [], ['', 'Cancelled.'], 'closed'])
  }
})
