import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { runAccountsCommand, runLogoutCommand } from '../../../electron/cli/commands/accounts.ts'
import { exitCodes } from '../../../electron/cli/exit-codes.ts'
import { listenForInterruption } from '../../../electron/cli/interruption.ts'
import type { Account, SessionView } from '../../../electron/contract/account.ts'
import { failure, success } from '../../../electron/contract/failures.ts'
import { account, signedIn } from '../../components/support/rows.ts'
import { fakeClient } from '../../support/fake-client.ts'
import { recordedStreams } from '../../support/recorded-streams.ts'

const mira = account()
const otto = account({ id: 'account-2', personId: 'person-2', email: 'otto@night.example', name: 'Otto' })

/** An engine with these accounts. */
function setup(
  accounts: readonly Account[],
  {
    hanging = null,
    sealed,
    canUnseal = false,
  }: {
    /** The account whose sign-out doesn't end. */
    readonly hanging?: Account | null
    readonly sealed?: SessionView['sealed']
    readonly canUnseal?: boolean
  } = {},
) {
  const process = new EventEmitter() as NodeJS.Process
  const interruption = listenForInterruption(process, () => undefined)
  const { streams, out, err } = recordedStreams()
  let session: SessionView = { ...signedIn(...accounts), ...(sealed && { sealed }), accounts }
  const engine = fakeClient({
    session: () => session,
    calls: {
      async unsealPresent() {
        await Promise.resolve()
        if (canUnseal) session = signedIn(...accounts)
        return success(session)
      },
      async signOut({ accountId }) {
        if (accountId === hanging?.id) return new Promise(() => undefined)
        session = { ...session, accounts: session.accounts.filter(({ id }) => id !== accountId) }
        return success(session)
      },
      discardSealed: async () => success(session),
    },
  })
  return {
    out,
    err,
    session: () => session,
    accounts: (options: { readonly json?: boolean; readonly discardEncrypted?: boolean } = {}) =>
      runAccountsCommand({ json: false, discardEncrypted: false, ...options }, { engine, streams }),
    logout: (emailOrId: string | null = null, data: 'kept' | 'removed' | null = null) =>
      runLogoutCommand({ account: emailOrId, data }, { engine, streams, interruption }),
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
  const { logout, session, out, err, interrupt } = setup([mira, otto], { hanging: otto })
  const code = logout(null, data)
  await expect.poll(() => session().accounts).toHaveLength(1)
  interrupt()
  const lines = ['', 'Signed out: mira@aurora.example.', sentence]
  expect([await code, out, err]).toEqual([exitCodes.interrupted, [], lines])
})
