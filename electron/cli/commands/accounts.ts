import { isSamePerson, otherTeams, type Account } from '../../contract/account.ts'
import { visibleText } from '../../contract/visible-text.ts'
import { failed } from '../../contract/failures.ts'
import type { EngineClient } from '../engine-client.ts'
import { joinNames } from '../../messages/messages.ts'
import { UsageError, type Command } from '../arguments.ts'
import type { CommandContext } from '../command-context.ts'
import { exitCodes } from '../exit-codes.ts'
import { interrupted } from '../interruption.ts'
import { describeFailure, reportCancelled, t, type Streams } from '../output/output.ts'

interface AccountsContext {
  readonly engine: EngineClient
  readonly streams: Streams
}

/** Lists the accounts at this server. Returns the exit code. */
export async function runAccountsCommand(
  { json, discardEncrypted }: Pick<Command & { name: 'accounts' }, 'json' | 'discardEncrypted'>,
  { engine, streams }: AccountsContext,
): Promise<number> {
  if (discardEncrypted) return discardSealed({ engine, streams })
  const { accounts } = engine.session()
  for (const account of accounts) {
    const { id, kind, server, name, email, teams, state } = account
    if (json) streams.out.json({ id, kind, server, name, email, teams, state })
    else streams.out.line(accountLine(account))
  }
  if (accounts.length === 0) streams.err.line('No accounts. Run: modelferry login')
  return exitCodes.ok
}

async function discardSealed({ engine, streams }: AccountsContext): Promise<number> {
  await engine.calls.unsealPresent(undefined)
  const { sealed } = engine.session()
  if (!sealed) {
    streams.out.line('There is nothing to discard.')
    return exitCodes.ok
  }
  // With another problem, such as a locked keychain, it may still be decrypted later.
  const canDiscard = sealed.code === 'sealed-key-missing' || sealed.code === 'sealed-damaged'
  const discarded = canDiscard ? await engine.calls.discardSealed(undefined) : failed(sealed)
  if (!discarded.ok) {
    streams.err.line(describeFailure(discarded.failure))
    return exitCodes.someFailed
  }
  streams.out.line('Discarded.')
  return exitCodes.ok
}

function accountLine({ id, kind, server, email, teams, state }: Account): string {
  const signInKind = kind === 'session' ? 'by password' : 'paired'
  const stateLabel = state === 'ready' ? 'signed in' : 'signed out'
  const names = teams.map(({ name }) => name).join(', ')
  return `${stateLabel.padEnd(10)}  ${email}  ${signInKind}  ${server}  ${names}  (${id})`
}

type LogoutOptions = Pick<Command & { name: 'logout' }, 'account' | 'data'>
type LogoutContext = AccountsContext & Pick<CommandContext, 'interruption'>

const readyAccounts = (engine: EngineClient) =>
  engine.session().accounts.filter(({ state }) => state === 'ready')

/**
 * Signs out all accounts, or the one with the given email address or ID, and encrypts what belongs to them.
 * Returns the exit code.
 */
export async function runLogoutCommand(options: LogoutOptions, context: LogoutContext): Promise<number> {
  const { engine, interruption } = context
  const ready = readyAccounts(engine)
  const selected = options.account === null ? ready : [findAccount(options.account, ready)]
  const code = await interruption.race(signOutAccounts(selected, options, context))
  return code === interrupted ? reportInterrupted(selected, options, context) : code
}

/** Accounts may have been signed out before the signal. */
function reportInterrupted(
  selected: readonly Account[],
  { data }: LogoutOptions,
  { engine, streams, interruption }: LogoutContext,
): number {
  const left = readyAccounts(engine)
  const signedOut = selected.filter(({ id }) => !left.some((other) => other.id === id))
  if (signedOut.length === 0) return reportCancelled({ streams, interruption })
  // The terminal shows ^C.
  streams.err.line('')
  streams.err.line(visibleText(`Signed out: ${signedOut.map(({ email }) => email).join(', ')}.`))
  streams.err.line(afterSignOut(signedOut, left, afterInterruptedLogout[data ?? 'encrypted']))
  return interruption.exitCode
}

/** What became of the data of accounts that were signed out: `sentence`, unless their users have other sign-ins. */
function afterSignOut(signedOut: readonly Account[], left: readonly Account[], sentence: string): string {
  const accounts = [...signedOut, ...left]
  const teams = otherTeams(
    accounts,
    signedOut.map(({ id }) => id),
  )
  return teams ? t('sign-out.other-sign-in', { teams: joinNames(teams, t) }) : sentence
}

async function signOutAccounts(
  selected: readonly Account[],
  { account, data }: LogoutOptions,
  context: LogoutContext,
): Promise<number | typeof interrupted> {
  const { engine, streams, interruption } = context
  let code: number = exitCodes.ok
  for (const { id } of selected) {
    if (interruption.signal.aborted) return interrupted
    const signedOut = await engine.calls.signOut({ accountId: id, ...(data === null ? {} : { data }) })
    if (signedOut.ok) continue
    streams.err.line(describeFailure(signedOut.failure))
    if (signedOut.failure.code === 'seal-unavailable')
      streams.err.line('Use --remove to delete them from this computer, or --keep to leave them readable.')
    code = exitCodes.someFailed
  }
  if (code === exitCodes.ok)
    streams.out.line(selected.length > 0 ? 'Signed out.' : 'No account was signed in.')
  if (code === exitCodes.ok && selected.length > 0)
    streams.out.line(afterSignOut(selected, readyAccounts(engine), afterLogout[data ?? 'encrypted']))
  const isMeant = (one: Account) => account === null || selected.some((other) => isSamePerson(one, other))
  const expired = engine.session().accounts.filter((one) => one.state === 'signed-out' && !one.hasLeft)
  reportReadable(expired.filter(isMeant), streams)
  return code
}

/**
 * Names accounts that could not be signed out. A locked keychain looks like an empty one, so that its accounts
 * count as expired.
 */
function reportReadable(accounts: readonly Account[], streams: Streams): void {
  if (accounts.length === 0) return
  const emails = [...new Set(accounts.map(({ email }) => email))].join(', ')
  streams.err.line(
    `Uploads and history of ${emails} are still readable: the sign-in has expired, or the keychain is locked. ` +
      'Unlock the keychain or run modelferry login, then sign out again.',
  )
}

const afterLogout = {
  encrypted: 'Uploads and history on this computer are encrypted until the account signs in again.',
  removed: 'Uploads and history were removed from this computer.',
  kept: 'Uploads and history on this computer are still readable.',
}

const afterInterruptedLogout = {
  encrypted: 'Uploads and history are hidden. What isn’t encrypted yet is encrypted at the next start.',
  removed: 'Uploads and history are hidden. What isn’t removed yet is removed at the next start.',
  kept: afterLogout.kept,
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
