import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { runAccountsCommand, runLogoutCommand } from '../../../electron/cli/commands/accounts.ts'
import { exitCodes } from '../../../electron/cli/exit-codes.ts'
import { listenForInterruption } from '../../../electron/cli/interruption.ts'
import type { Account, SessionView } from '../../../electron/contract/account.ts'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import { account, signedIn } from '../../components/support/rows.ts'
import { fakeEngine } from '../../support/fake-engine.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { recordedStreams } from '../../support/recorded-streams.ts'

const mira = account()
const otto = account({ id: 'account-2', personId: 'person-2', email: 'otto@night.example', name: 'Otto' })

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

test.for<[string, number, Parameters<typeof setup>[1]]>([
  ['Discarded.', exitCodes.ok, { sealed: failure('sealed-key-missing') }],
  ['Discarded.', exitCodes.ok, { sealed: failure('sealed-damaged') }],
  ['There is nothing to discard.', exitCodes.ok, {}],
  ['There is nothing to discard.', exitCodes.ok, { sealed: failure('sealed-key-missing'), canUnseal: true }],
])('discarding what is encrypted writes “%s” and exits with %i', async ([line, code, engine]) => {
  const { accounts, out } = setup([mira], engine)
  expect([await accounts({ discardEncrypted: true }), out]).toEqual([code, [line]])
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
