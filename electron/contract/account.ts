import type { Failure } from './failures.ts'
import { baseOf } from './servers.ts'

/** A team. Its id is opaque and may have any format. */
export interface Team {
  readonly id: string
  readonly name: string
  /**
   * The user's role if the server reports it: owner, admin, member, viewer, or a role of the server's own.
   */
  readonly role?: string
}

/** One sign-in. A `session` (e-mail and password) has many teams; a `device` (paired) has one. */
export interface Account {
  readonly id: string
  readonly kind: 'session' | 'device'
  readonly server: string
  readonly personId: string
  readonly name: string
  readonly email: string
  readonly teams: readonly Team[]
  /** `signed-out`: its secret is missing or no longer valid; its uploads wait for a sign-in. */
  readonly state: 'ready' | 'signed-out'
  /** Signed out by the user, or replaced by another user's sign-in. */
  readonly hasLeft?: boolean
  /**
   * What the user chose for its uploads and history when they could not be encrypted at the sign-out; otherwise
   * they are encrypted.
   */
  readonly data?: 'kept' | 'removed'
}

/** A team and the account that acts for it. */
export interface TeamChoice {
  readonly accountId: string
  readonly teamId: string
}

/** Host and port of an account's server: an account's id starts with them. */
export const serverOf = (accountId: string): string => accountId.split(' ')[0] ?? ''

/**
 * Identifies a team across servers: team ids are unique per server, and an account's id starts with its
 * server.
 */
export const teamKey = ({ accountId, teamId }: TeamChoice): string => `${serverOf(accountId)} ${teamId}`

/** The same team and the same account, which decides whose credentials are used. */
export const isSameChoice = (one: TeamChoice, other: TeamChoice): boolean =>
  one.accountId === other.accountId && one.teamId === other.teamId

/** With `absent` and `locked`, secrets are kept in memory only. */
export type KeychainState = 'ok' | 'absent' | 'locked'

/** A proxy that requires a login. */
export interface ProxyLoginRequest {
  /** `http://host:port` */
  readonly proxy: string
  /** It rejected the last login. */
  readonly wasRefused: boolean
}

/** A pairing in the browser, as the page sees it. Its secret half never leaves the engine. */
export interface Pairing {
  /** The code that the user compares in the browser, such as `AB7K-PNQ3`. */
  readonly userCode: string
  /** The page on which it is confirmed. */
  readonly address: string
  /** When the code expires, in ms since the epoch by this computer's clock. */
  readonly expiresAtMs: number
  /** `waiting` for the confirmation, `storing` the received key, or `over` without a sign-in. */
  readonly state: 'waiting' | 'storing' | 'over'
  /** Why it is over, or the connection problem while it waits; null when there is none. */
  readonly failure: Failure | null
}

export interface SessionView {
  /** The server for new sign-ins. */
  readonly server: string
  readonly accounts: readonly Account[]
  /**
   * The team for new files: the last choice, or the only team there is. Null if there is none or the user has
   * still to choose one.
   */
  readonly chosen: TeamChoice | null
  readonly keychain: KeychainState
  /** The current or last pairing in the browser, or null. */
  readonly pairing: Pairing | null
  /** The proxy that requires a login, or null. */
  readonly proxy: ProxyLoginRequest | null
  /** Why something that was encrypted at a sign-out can't be decrypted; absent if there is no problem. */
  readonly sealed?: Failure
}

/** Whether an account's id is one that a user's sign-ins have: `host user`, or `host user team` (accounts/). */
export function isAccountIdOf({ server, personId }: Person, id: string): boolean {
  const own = `${new URL(server).host} ${personId}`
  return id === own || id.startsWith(`${own} `)
}

/** A user of a server. */
export type Person = Pick<Account, 'server' | 'personId'>

/** Identifies a user across servers. */
export const personKey = ({ server, personId }: Person): string => `${baseOf(server)} ${personId}`

/** The same user on the same server, with either kind of sign-in. */
export const isSamePerson = (a: Person, b: Person): boolean => personKey(a) === personKey(b)

/** What a sign-in is used for. */
interface SignInRequirement extends TeamChoice {
  /**
   * The file is sent in parts, for which a device key is not enough
   * (docs.cyberun.cloud/api-reference/upload/initiate-a-multipart-upload).
   */
  readonly needsParts?: boolean
}

/**
 * The sign-in that can act for an account in a team: its own if possible, else another one of the same user for the
 * team, with a password rather than a device; null when there is none.
 */
export function findSignIn(
  accounts: readonly Account[],
  { accountId, teamId, needsParts = false }: SignInRequirement,
): Account | null {
  const own = accounts.find(({ id }) => id === accountId)
  if (!own) return null
  const canAct = ({ state, kind }: Account) => state === 'ready' && !(needsParts && kind === 'device')
  if (canAct(own)) return own
  const others = accounts.filter(
    (account) =>
      canAct(account) && isSamePerson(account, own) && account.teams.some(({ id }) => id === teamId),
  )
  return others.find(({ kind }) => kind === 'session') ?? others[0] ?? null
}

/**
 * Probably the same human being: a user has one id per server and often the same e-mail address everywhere.
 * Only decides what this computer shows, never which account sends something.
 */
export function hasSameEmail(a: Account, b: Account): boolean {
  const isElsewhere = baseOf(a.server) !== baseOf(b.server)
  const sharesAddress = a.email !== '' && a.email.toLowerCase() === b.email.toLowerCase()
  return isSamePerson(a, b) || (isElsewhere && sharesAddress)
}

/** Whether an account's user has no other account on the same server that is signed in. */
export const isLastSignIn = (accounts: readonly Account[], accountId: string): boolean =>
  accounts.some(({ id }) => id === accountId) && otherTeams(accounts, [accountId]) === null

/** The names of the teams that the users of accounts reach by other sign-ins on the server; null without any. */
export function otherTeams(
  accounts: readonly Account[],
  accountIds: readonly string[],
): readonly string[] | null {
  const own = accounts.filter(({ id }) => accountIds.includes(id))
  const others = accounts.filter(
    (other) =>
      other.state === 'ready' && !own.includes(other) && own.some((account) => isSamePerson(account, other)),
  )
  const names = others.flatMap(({ teams }) => teams.map(({ name }) => name))
  return others.length > 0 ? [...new Set(names)] : null
}

/**
 * Accounts that are not shown: their users have signed out, and what belongs to them is being encrypted or
 * deleted. If it was kept readable, it is hidden while another user is signed in.
 */
export function hiddenAccounts(accounts: readonly Account[]): ReadonlySet<string> {
  const here = accounts.filter(({ state }) => state === 'ready')
  const hidden = accounts.filter((account) => {
    if (account.state !== 'signed-out' || account.hasLeft !== true) return false
    if (account.data === 'kept') return here.length > 0 && !here.some((other) => hasSameEmail(account, other))
    return !here.some((other) => isSamePerson(account, other))
  })
  return new Set(hidden.map(({ id }) => id))
}

/** Whether the user chose to remove what belongs to this account. A sign-in that expired is not signed out. */
export const isToBeRemoved = ({ hasLeft, data }: Account): boolean => hasLeft === true && data === 'removed'

/** Accounts of users who have signed out and whose data is to be encrypted or deleted. */
export function departedAccounts(accounts: readonly Account[]): readonly Account[] {
  const hidden = hiddenAccounts(accounts)
  return accounts.filter(({ id, data }) => hidden.has(id) && data !== 'kept')
}
