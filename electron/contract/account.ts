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
  /**
   * Signed out by the user, or replaced by another user's sign-in: hidden while another user is signed in.
   */
  readonly hasLeft?: boolean
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
}

/** The same user on the same server, with either kind of sign-in. */
export function isSamePerson(a: Account, b: Account): boolean {
  return baseOf(a.server) === baseOf(b.server) && a.personId === b.personId
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

/**
 * Accounts whose user signed out before another user signed in: their uploads stay hidden until that user
 * returns. While no account is signed in, the uploads of all accounts are shown.
 */
export function hiddenAccounts(accounts: readonly Account[]): ReadonlySet<string> {
  const here = accounts.filter(({ state }) => state === 'ready')
  if (here.length === 0) return new Set()
  const hidden = accounts.filter(
    (account) =>
      account.state === 'signed-out' &&
      account.hasLeft === true &&
      !here.some((other) => hasSameEmail(account, other)),
  )
  return new Set(hidden.map(({ id }) => id))
}
