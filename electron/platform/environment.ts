import type { Worker, WorkerOptions } from 'node:worker_threads'
import type { Account } from '../contract/account.ts'
import type { Result } from '../contract/failures.ts'
import type { FindProxies } from './network/proxy-resolver.ts'

/**
 * Everything of the outside world that the engine uses and a test replaces: clock, timers, random, log, proxies,
 * threads.
 */
export interface Environment {
  /** Milliseconds since the epoch, for times that are shown, stored or compared with those of a server. */
  readonly now: () => number
  /** For durations, in ms: unlike the time of day it can’t be set, but it may not count sleep. */
  readonly monotonicMs: () => number
  /** In [0, 1). */
  readonly random: () => number
  readonly log: Log
  readonly timers: Timers
  /**
   * Midnight at the start of a moment's day, in ms since the epoch; by this computer's time zone by default.
   */
  readonly startOfDay?: (atMs: number) => number
  /** The computer's proxies for a URL; direct connections by default. */
  readonly findProxies?: FindProxies
  /**
   * The network addresses of this computer as one text; without it, sleep and network changes are not
   * detected.
   */
  readonly networkAddresses?: () => string
  /** Starts the worker threads that hash, send, inspect and find files; by default from the files of the app. */
  readonly startThread?: (url: URL, options: WorkerOptions) => Worker
}

export interface Timers {
  /** Calls back once after `delayMs`; returns a function that cancels it. */
  readonly after: (delayMs: number, callback: () => void) => () => void
}

/** One line per call. Values are redacted as a second safeguard; callers must not pass secrets. */
export interface Log {
  info(message: string, facts?: Readonly<Record<string, unknown>>): void
  warn(message: string, facts?: Readonly<Record<string, unknown>>): void
  error(message: string, facts?: Readonly<Record<string, unknown>>): void
}

/**
 * Stores secrets in the OS keychain, or in memory for this session only. Every call ends within a time limit.
 * `null` does not mean "never stored": a locked keyring returns the same.
 */
export interface SecretStore {
  get(name: string): Promise<Result<string | null>>
  set(name: string, secret: string): Promise<Result<void>>
  delete(name: string): Promise<Result<void>>
}

/** The accounts known on this computer, without secrets. */
export interface AccountStore {
  list(): readonly Account[]
  /** Adds accounts or replaces those with the same ids, all or none. */
  save(...accounts: readonly Account[]): Result<void>
}

/**
 * What each choice belongs to: one `account`, `files` of any user of this computer, or the app as a `setting`.
 * It decides what is encrypted at a sign-out (journal/sealing).
 */
export const choiceOwners = {
  team: 'account',
  'all-paused': 'setting',
  'on-conflict': 'setting',
  'replaced-fate': 'setting',
  'known-folders': 'files',
  'waiting-files': 'files',
  'type-corrections': 'files',
} as const satisfies Record<string, 'account' | 'files' | 'setting'>

export type ChoiceName = keyof typeof choiceOwners

/** Small choices that survive a restart and belong to the queue rather than to the settings. */
export interface StoredChoices {
  get(name: ChoiceName): string | null
  /** A failure of the disk leaves the choice as it was. */
  set(name: ChoiceName, value: string): Result<void>
}
