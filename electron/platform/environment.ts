import type { Account } from '../contract/account.ts'
import type { Result } from '../contract/failures.ts'
import type { FindProxies } from './proxy-resolver.ts'

/** Everything of the outside world that the engine uses and a test replaces: clock, timers, random, log, proxies. */
export interface Environment {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** In [0, 1). */
  readonly random: () => number
  readonly log: Log
  readonly timers: Timers
  /** Midnight (ms since the epoch) with which the day of a moment began; this computer's own where it is left out. */
  readonly startOfDay?: (atMs: number) => number
  /** Which proxies this computer has for an address; nothing stands between where it is left out. */
  readonly findProxies?: FindProxies
  /** The network addresses of this computer as one text; without it, sleep and network changes are not detected. */
  readonly networkAddresses?: () => string
}

export interface Timers {
  /** Calls back once after `delayMs`; the answer cancels it. */
  readonly after: (delayMs: number, callback: () => void) => () => void
}

/** One line each; values are redacted by the writer, so callers pass no secret in the first place. */
export interface Log {
  info(message: string, facts?: Readonly<Record<string, unknown>>): void
  warn(message: string, facts?: Readonly<Record<string, unknown>>): void
  error(message: string, facts?: Readonly<Record<string, unknown>>): void
}

/**
 * Where secrets live: the OS keychain, or memory for this session only. Every call ends within its own time limit; `null`
 * does not mean "never stored" (a locked keyring answers the same).
 */
export interface SecretStore {
  get(name: string): Promise<Result<string | null>>
  set(name: string, secret: string): Promise<Result<void>>
  delete(name: string): Promise<Result<void>>
}

/** Which accounts are known on this computer: no secret is in it. */
export interface AccountStore {
  list(): readonly Account[]
  save(account: Account): void
  remove(accountId: string): void
}

type ChoiceName = 'team' | 'all-paused' | 'on-conflict' | 'replaced-fate' | 'known-folders'

/** Small choices that survive a restart and belong to the queue rather than to the settings. */
export interface StoredChoices {
  get(name: ChoiceName): string | null
  set(name: ChoiceName, value: string): void
}
