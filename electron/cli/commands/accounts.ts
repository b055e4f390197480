import type { Account } from '../../contract/account.ts'
import { visibleText } from '../../contract/visible-text.ts'
import type { Engine } from '../../engine/engine.ts'
import { UsageError } from '../arguments.ts'
import { exitCodes } from '../exit-codes.ts'
import { describeFailure, type Streams } from '../output/output.ts'

interface AccountsContext {
  readonly engine: Engine
  readonly streams: Streams
}

/** Lists the accounts at this server. Returns the exit code. */
export function runAccountsCommand(
  { json }: { readonly json: boolean },
  { engine, streams }: AccountsContext,
): number {
  const { accounts } = engine.session()
  for (const account of accounts) {
    const { id, kind, server, name, email, teams, state } = account
    if (json) streams.out.json({ id, kind, server, name, email, teams, state })
    else streams.out.line(accountLine(account))
  }
  if (accounts.length === 0) streams.err.line('No accounts. Run: modelferry login')
  return exitCodes.ok
}

function accountLine({ id, kind, server, email, teams, state }: Account): string {
  const signInKind = kind === 'session' ? 'by password' : 'paired'
  const stateLabel = state === 'ready' ? 'signed in' : 'signed out'
  const names = teams.map(({ name }) => name).join(', ')
  return `${stateLabel.padEnd(10)}  ${email}  ${signInKind}  ${server}  ${names}  (${id})`
}

/** Signs out all accounts, or the one with the given email address or ID. Returns the exit code. */
export async function runLogoutCommand(
  account: string | null,
  { engine, streams }: AccountsContext,
): Promise<number> {
  const ready = engine.session().accounts.filter(({ state }) => state === 'ready')
  const selected = account === null ? ready : [findAccount(account, ready)]
  let code: number = exitCodes.ok
  for (const { id } of selected) {
    const result = await engine.calls.signOut({ accountId: id })
    if (result.ok) continue
    streams.err.line(describeFailure(result.failure))
    code = exitCodes.someFailed
  }
  if (code === exitCodes.ok)
    streams.out.line(selected.length > 0 ? 'Signed out.' : 'No account was signed in.')
  return code
}

function findAccount(emailOrId: string, accounts: readonly Account[]): Account {
  const sameId = accounts.filter(({ id }) => id === emailOrId)
  const found =
    sameId.length > 0
      ? sameId
      : accounts.filter(({ email }) => email.toLowerCase() === emailOrId.toLowerCase())
  const [only] = found
  const ids = (found.length > 0 ? found : accounts)
    .map(({ id, email }) => `${visibleText(`  "${id}"  ${email}`)}\n`)
    .join('')
  if (!only) throw new UsageError(`No signed-in account matches "${emailOrId}".\n${ids}`.trimEnd())
  if (found.length > 1)
    throw new UsageError(`Several accounts match "${emailOrId}". Use the ID instead:\n${ids}`.trimEnd())
  return only
}
