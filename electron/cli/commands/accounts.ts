import type { Account } from '../../contract/account.ts'
import type { Engine } from '../../engine/engine.ts'
import { UsageError } from '../arguments.ts'
import { exitCodes } from '../exit-codes.ts'
import { explain, type Streams } from '../output/output.ts'
import { oneLine } from '../output/terminal-text.ts'

interface World {
  readonly engine: Engine
  readonly streams: Streams
}

/** Lists who has signed in at this server. Answers the exit code. */
export function runAccountsCommand({ json }: { readonly json: boolean }, { engine, streams }: World): number {
  const { accounts } = engine.session()
  for (const account of accounts) {
    const { id, kind, server, name, email, teams, state } = account
    streams.out.write(
      json
        ? `${JSON.stringify({ id, kind, server, name, email, teams, state })}\n`
        : `${oneLine(lineOf(account))}\n`,
    )
  }
  if (accounts.length === 0) streams.err.write('Nobody has signed in. Run: modelferry login\n')
  return exitCodes.ok
}

function lineOf({ id, kind, server, email, teams, state }: Account): string {
  const by = kind === 'session' ? 'by password' : 'paired'
  const stands = state === 'ready' ? 'signed in' : 'signed out'
  const names = teams.map(({ name }) => name).join(', ')
  return `${stands.padEnd(10)}  ${email}  ${by}  ${server}  ${names}  (${id})`
}

/** Signs out, all accounts or the one that is named by its e-mail address or id. Answers the exit code. */
export async function runLogoutCommand(wanted: string | null, { engine, streams }: World): Promise<number> {
  const ready = engine.session().accounts.filter(({ state }) => state === 'ready')
  const meant = wanted === null ? ready : [accountNamed(wanted, ready)]
  let code: number = exitCodes.ok
  for (const { id } of meant) {
    const done = await engine.calls.signOut({ accountId: id })
    if (done.ok) continue
    streams.err.write(`${explain(done.failure)}\n`)
    code = exitCodes.someFailed
  }
  if (code === exitCodes.ok) streams.out.write(meant.length > 0 ? 'Signed out.\n' : 'Nobody was signed in.\n')
  return code
}

function accountNamed(wanted: string, accounts: readonly Account[]): Account {
  const sameId = accounts.filter(({ id }) => id === wanted)
  const found =
    sameId.length > 0 ? sameId : accounts.filter(({ email }) => email.toLowerCase() === wanted.toLowerCase())
  const [only] = found
  const ids = (found.length > 0 ? found : accounts).map(({ id, email }) => `  "${id}"  ${email}\n`).join('')
  if (!only) throw new UsageError(`Nobody called "${wanted}" is signed in.\n${ids}`.trimEnd())
  if (found.length > 1)
    throw new UsageError(`Several sign-ins are "${wanted}". Name one by its id:\n${ids}`.trimEnd())
  return only
}
