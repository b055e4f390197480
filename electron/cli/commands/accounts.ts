import type { Account } from '../../contract/account.ts'
import type { Engine } from '../../engine/engine.ts'
import { UsageError } from '../arguments.ts'
import { exitCodes } from '../exit-codes.ts'
import { describeFailure, type Streams } from '../output/output.ts'
import { oneLine } from '../output/terminal-text.ts'

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
    streams.out.write(
      json
        ? `${JSON.stringify({ id, kind, server, name, email, teams, state })}\n`
        : `${oneLine(accountLine(account))}\n`,
    )
  }
  if (accounts.length === 0) streams.err.write('No accounts. Run: modelferry login\n')
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
    streams.err.write(`${describeFailure(result.failure)}\n`)
    code = exitCodes.someFailed
  }
  if (code === exitCodes.ok)
    streams.out.write(selected.length > 0 ? 'Signed out.\n' : 'No account was signed in.\n')
  return code
}

function findAccount(emailOrId: string, accounts: readonly Account[]): Account {
  const sameId = accounts.filter(({ id }) => id === emailOrId)
  const found =
    sameId.length > 0
      ? sameId
      : accounts.filter(({ email }) => email.toLowerCase() === emailOrId.toLowerCase())
  const [only] = found
  const ids = (found.length > 0 ? found : accounts).map(({ id, email }) => `  "${id}"  ${email}\n`).join('')
  if (!only) throw new UsageError(`No signed-in account matches "${emailOrId}".\n${ids}`.trimEnd())
  if (found.length > 1)
    throw new UsageError(`Several accounts match "${emailOrId}". Use the ID instead:\n${ids}`.trimEnd())
  return only
}
