import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { UsageError } from '../../../electron/cli/arguments.ts'
import { runAccountsCommand, runLogoutCommand } from '../../../electron/cli/commands/accounts.ts'
import { exitCodes } from '../../../electron/cli/exit-codes.ts'
import { listenForInterruption } from '../../../electron/cli/interruption.ts'
import type { Account, SessionView } from '../../../electron/contract/account.ts'
import {
  failed,
  failure,
  success,
  type FailureCode,
  type Result,
} from '../../../electron/contract/failures.ts'
import { account, signedIn } from '../../components/support/rows.ts'
import { fakeEngine } from '../../support/fake-engine.ts'
import { advanceRetries, createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { recordedStreams } from '../../support/recorded-streams.ts'

const mira = account()
const device = account({ id: 'device-1', kind: 'device' })
const otto = account({ id: 'account-2', personId: 'person-2', email: 'otto@night.example', name: 'Otto' })
const expired = (one: Account): Account => ({ ...one, state: 'signed-out' })

/** An engine with these accounts whose sign-outs succeed unless `signOut` returns a failure. */
function setup(
  accounts: readonly Account[],
  {
    signOut = () => success(undefined),
    sealDeparted = () => success(undefined),
    sealed,
    canUnseal = false,
  }: {
    readonly signOut?: () => Result<void>
    readonly sealDeparted?: () => Result<void>
    readonly sealed?: SessionView['sealed']
    readonly canUnseal?: boolean
  } = {},
) {
  const clock = standingClock()
  const process = new EventEmitter() as NodeJS.Process
  const interruption = listenForInterruption(process, () => undefined)
  const { streams, out, err } = recordedStreams()
  const calls: unknown[] = []
  let session: SessionView = { ...signedIn(...accounts), ...(sealed && { sealed }), accounts }
  const engine = fakeEngine({
    session: () => session,
    async unsealPresent() {
      await Promise.resolve()
      if (canUnseal) session = signedIn(...accounts)
    },
    sealDeparted: async () => sealDeparted(),
    calls: {
      async signOut(args) {
        calls.push(args)
        const result = signOut()
        const left = session.accounts.filter(({ id }) => id !== args.accountId)
        if (!result.ok && result.failure.code !== 'seal-pending') return result
        session = { ...session, accounts: left }
        return result.ok ? success(session) : result
      },
      async discardSealed() {
        const result = signOut()
        return result.ok ? success(session) : result
      },
    },
  })
  return {
    out,
    err,
    calls,
    clock,
    accounts: (options: { readonly json?: boolean; readonly discardEncrypted?: boolean } = {}) =>
      runAccountsCommand({ json: false, discardEncrypted: false, ...options }, { engine, streams }),
    logout: (emailOrId: string | null = null, data: 'kept' | 'removed' | null = null) =>
      runLogoutCommand(
        { account: emailOrId, data },
        { engine, streams, environment: createTestEnvironment(clock), interruption },
      ),
    interrupt: () => void process.emit('SIGINT', 'SIGINT'),
  }
}

test('lists the accounts with the kind and state of their sign-ins', async () => {
  const { accounts, out, err } = setup([mira, expired({ ...device, teams: [] })])
  expect([await accounts(), err]).toEqual([exitCodes.ok, []])
  expect(out).toEqual([
    'signed in   mira@aurora.example  by password  https://cloud.example/api/v1  Aurora Studio, Night Lab  (account-1)',
    'signed out  mira@aurora.example  paired  https://cloud.example/api/v1    (device-1)',
  ])
})

test('lists the accounts as JSON', async () => {
  const { accounts, out } = setup([mira])
  expect(await accounts({ json: true })).toBe(exitCodes.ok)
  const { id, kind, server, name, email, teams, state } = mira
  expect(out.map((line) => JSON.parse(line) as object)).toEqual([
    { id, kind, server, name, email, teams, state },
  ])
})

test('says how to sign in when there are no accounts', async () => {
  const { accounts, out, err } = setup([])
  expect([await accounts(), out, err]).toEqual([exitCodes.ok, [], ['No accounts. Run: modelferry login']])
})

test.for<[string, number, Parameters<typeof setup>[1]]>([
  ['Discarded.', exitCodes.ok, { sealed: failure('sealed-key-missing') }],
  ['Discarded.', exitCodes.ok, { sealed: failure('sealed-damaged') }],
  ['There is nothing to discard.', exitCodes.ok, {}],
  ['There is nothing to discard.', exitCodes.ok, { sealed: failure('sealed-key-missing'), canUnseal: true }],
])('discarding what is encrypted writes “%s” and exits with %i', async ([line, code, engine]) => {
  const { accounts, out } = setup([mira], engine)
  expect([await accounts({ discardEncrypted: true }), out]).toEqual([code, [line]])
})

test('says why what is encrypted could not be discarded', async () => {
  const { accounts, out, err } = setup([mira], {
    sealed: failure('sealed-damaged'),
    signOut: () => failed(failure('unexpected')),
  })
  expect([await accounts({ discardEncrypted: true }), out, err]).toEqual([
    exitCodes.someFailed,
    [],
    [expect.stringContaining('(unexpected)')],
  ])
})

test.for<FailureCode>(['sealed-locked', 'sealed-full'])(
  'discards nothing that may still be decrypted (%s)',
  async (code) => {
    const { accounts, out, err } = setup([mira], { sealed: failure(code) })
    expect([await accounts({ discardEncrypted: true }), out, err]).toEqual([
      exitCodes.someFailed,
      [],
      [expect.stringContaining(`(${code})`)],
    ])
  },
)

test.for<[string, 'kept' | 'removed' | null]>([
  ['Uploads and history on this computer are encrypted until the account signs in again.', null],
  ['Uploads and history were removed from this computer.', 'removed'],
  ['Uploads and history on this computer are still readable.', 'kept'],
])('after a sign-out writes “%s”', async ([sentence, data]) => {
  const { logout, out, err, calls } = setup([mira, otto])
  expect(await logout(null, data)).toBe(exitCodes.ok)
  expect([out, err]).toEqual([['Signed out.', sentence], []])
  const change = data === null ? {} : { data }
  expect(calls).toEqual([
    { accountId: 'account-1', ...change },
    { accountId: 'account-2', ...change },
  ])
})

test('says that nothing is encrypted while the user has another sign-in', async () => {
  const { logout, out } = setup([mira, device, otto])
  await logout('device-1')
  const sentence = 'You have another sign-in for this account, so its uploads and history stay visible.'
  expect(out).toEqual(['Signed out.', sentence])
  const { logout: logoutOfOther, out: outOfOther } = setup([mira, otto])
  await logoutOfOther('account-2')
  expect(outOfOther[1]).toContain('encrypted until')
})

test('without a signed-in account there is nothing to sign out', async () => {
  const { logout, out } = setup([expired({ ...mira, hasLeft: true })])
  expect([await logout(), out]).toEqual([exitCodes.ok, ['No account was signed in.']])
})

test.for<[string, readonly string[]]>([
  ['account-2', ['account-2']],
  ['OTTO@night.example', ['account-2']],
  ['mira@aurora.example', []],
  ['nobody', []],
])('signs out the account “%s” only if it names one', async ([emailOrId, signedOut]) => {
  const { logout, calls } = setup([mira, device, otto])
  const result = logout(emailOrId)
  if (signedOut.length === 0) await expect(result).rejects.toThrow(UsageError)
  else await result
  expect(calls).toEqual(signedOut.map((accountId) => ({ accountId })))
})

test('lists the matching accounts if there are several, and all if there is none', async () => {
  const { logout } = setup([mira, device, otto])
  await expect(logout('mira@aurora.example')).rejects.toThrow(
    'Several accounts match "mira@aurora.example". Use the ID instead:\n  "account-1"  mira@aurora.example\n  "device-1"  mira@aurora.example',
  )
  await expect(logout('nobody')).rejects.toThrow(
    /^No signed-in account matches "nobody"\.\n(?: {2}".+\n?){3}$/,
  )
})

test('names once each user whose sign-in has expired, because their data is still readable', async () => {
  const { logout, err } = setup([mira, expired(device), expired({ ...otto, id: 'account-3' }), expired(otto)])
  await logout()
  expect(err).toEqual([
    expect.stringMatching(
      /^Uploads and history of mira@aurora\.example, otto@night\.example are still readable/,
    ),
  ])
})

test('names of the expired sign-ins only those of the user who signs out', async () => {
  const { logout, err } = setup([mira, expired(device), expired(otto)])
  await logout('account-1')
  expect(err).toEqual([expect.stringContaining('history of mira@aurora.example are still readable')])
})

test('does not name an account that has left', async () => {
  const { logout, err } = setup([mira, { ...expired(otto), hasLeft: true }])
  await logout()
  expect(err).toEqual([])
})

test.for<[FailureCode, readonly string[]]>([
  ['seal-unavailable', ['Use --remove to delete them from this computer, or --keep to leave them readable.']],
  ['unexpected', []],
])('a sign-out that fails with %s exits with 1 and proposes %j', async ([code, proposals]) => {
  const { logout, out, err, calls } = setup([mira, otto], { signOut: () => failed(failure(code)) })
  expect(await logout()).toBe(exitCodes.someFailed)
  // Both accounts are tried.
  const reported = [expect.stringContaining(`(${code})`) as string, ...proposals]
  expect([out, err, calls.length]).toEqual([[], [...reported, ...reported], 2])
})

test('a sign-out waits until another process has stopped the uploads of the account', async () => {
  const askedAtMs: number[] = []
  const { logout, clock } = setup([mira], {
    signOut: () => failed(failure('seal-pending')),
    sealDeparted: () =>
      askedAtMs.push(clock.now()) < 3 ? failed(failure('seal-pending')) : success(undefined),
  })
  expect(await advanceRetries(clock, logout())).toBe(exitCodes.ok)
  expect(new Set(askedAtMs).size).toBe(3)
})

test('a sign-out fails if another process does not stop its uploads within 12 seconds', async () => {
  const pending = () => failed(failure('seal-pending'))
  let attemptCount = 0
  const sealDeparted = () => {
    attemptCount += 1
    return pending()
  }
  const { logout, clock, out, err } = setup([mira], { signOut: pending, sealDeparted })
  const startMs = clock.now()
  expect(await advanceRetries(clock, logout())).toBe(exitCodes.someFailed)
  expect([out, err]).toEqual([[], [expect.stringContaining('(seal-pending)')]])
  expect([attemptCount, clock.now() - startMs]).toEqual([6, 12_000])
})

test.for<['kept' | 'removed' | null, string]>([
  [null, 'Uploads and history are hidden. What isn’t encrypted yet is encrypted at the next start.'],
  ['removed', 'Uploads and history are hidden. What isn’t removed yet is removed at the next start.'],
  ['kept', 'Uploads and history on this computer are still readable.'],
])('says after Ctrl-C which accounts are signed out (%s)', async ([data, sentence]) => {
  const pending = () => failed(failure('seal-pending'))
  const { logout, clock, out, err, calls, interrupt } = setup([mira, otto], { signOut: pending })
  const code = logout(null, data)
  await expect.poll(() => clock.waits()).toHaveLength(1)
  interrupt()
  const lines = ['', 'Signed out: mira@aurora.example.', sentence]
  expect([await code, out, err, calls.length]).toEqual([exitCodes.interrupted, [], lines, 1])
})

test('Ctrl-C cancels a sign-out that has not changed anything', async () => {
  const { logout, err, calls, interrupt } = setup([mira])
  interrupt()
  const code = logout()
  expect([await code, calls, err]).toEqual([exitCodes.interrupted, [], ['', 'Cancelled.']])
})
