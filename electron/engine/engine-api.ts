import type { SignIns } from '../accounts/sign-ins.ts'
import type { Account, KeychainState, SessionView } from '../contract/account.ts'
import type { CallHandlers, CallNameOf } from '../contract/calls.ts'
import type { SpeedLimits } from '../contract/command-calls.ts'
import type { Result } from '../contract/failures.ts'
import type { Settings } from '../contract/settings.ts'
import type { AddReport, Snapshot } from '../contract/uploads.ts'
import type { Review } from '../intake/review/review.ts'
import type { ReviewPolicy } from '../intake/review/upload-policy.ts'
import type { Computer } from '../discovery/places/known-places.ts'
import type { ModelFinder } from '../discovery/places/model-finder.ts'
import type { WatchedFolders } from '../discovery/watched-folders/watched-folders.ts'
import type { DropRequest } from '../intake/waiting-files.ts'
import type { ContinueAllRequest } from '../intake/continue-uploads.ts'
import type { TeamAdder } from '../intake/add-to-team.ts'
import type { Companions } from '../intake/companions/companions.ts'
import type { EnqueueRequest } from '../intake/enqueue.ts'
import type { HostLock } from '../host/host-lock.ts'
import type { Library } from '../library/library.ts'
import type { Environment, SecretStore } from '../platform/environment.ts'
import type { EngineEvents } from '../platform/event-hub.ts'
import type { RetryOptions } from '../platform/retry.ts'
import type { QueueHold } from '../queue/queue-hold.ts'
import type { RequestSlots } from '../transfer/request-slots.ts'
import type { PutTimeouts } from '../transfer/upload-worker-pool.ts'
import type { Verifier } from '../uploads/verify.ts'
import type { StorageTester } from '../uploads/storage-test.ts'
import type { UploadCommands } from './commands.ts'

export type { EnqueueRequest } from '../intake/enqueue.ts'

/**
 * Settings of the app that the engine uses. The command line leaves out the conflict settings and uses the
 * app's, from the journal.
 */
export type EngineSettings = Pick<
  Settings,
  'server' | 'servers' | 'atOnce' | 'singlePutLimitBytes' | 'limitBytesPerSecond' | 'streamsMost'
> &
  Partial<Pick<Settings, 'onConflict' | 'replacedFate'> & ReviewPolicy>

/** Entry files of the worker threads; built and unbuilt code keep them in different places. */
export interface WorkerFiles {
  readonly upload: URL
  readonly hash: URL
  readonly inspect: URL
  readonly search: URL
  readonly watch: URL
}

export interface EngineOptions {
  /** Folder of the journal; created when missing. */
  readonly folder: string
  /** Of the folder; released once the engine has stopped, or if it can't be created. */
  readonly lock: HostLock
  readonly environment: Environment
  readonly secretStore: SecretStore
  /** Whether secrets survive this session, as far as the keychain has been tried. */
  readonly keychainState: () => KeychainState
  readonly settings: EngineSettings
  readonly workers: WorkerFiles
  /** Folders to search for models, instead of this computer's own ones. */
  readonly computer?: Computer
  /** Folders of log files, which are deleted when a user signs out. */
  readonly logFolders?: readonly string[]
  /** Resolves once all lines of the log so far are on the disk. */
  readonly flushLog?: () => Promise<void>
  /** Replacements for measuring and testing. */
  readonly requestSlots?: RequestSlots
  readonly putTimeouts?: PutTimeouts
}

/** The calls of the contract that the engine answers. */
export type EngineCalls = Pick<CallHandlers, CallNameOf<'engine'>>

/** A command names its team or uses the chosen one; files from elsewhere wait while there is none. */
export type AddRequest = DropRequest | (EnqueueRequest & { readonly source?: 'command' })

/** Listens to some events; none of the functions may throw. */
export type EngineListener = {
  readonly [Name in keyof EngineEvents]?: (...values: EngineEvents[Name]) => void
}

export interface StartOptions {
  readonly restoreQueue?: boolean
  /**
   * Asks the user whether to add the account of another person than those known on this computer. Without it
   * every account is added: the command line is not driven by a page.
   */
  readonly confirmAccount?: (account: Account) => Promise<boolean>
}

/** The object that the desktop and the command line both drive. */
export interface Engine {
  /** One function for each call of the contract that the engine answers. */
  readonly calls: EngineCalls
  readonly workflows: ModelFinder['workflows']
  readonly library: Pick<Library, 'models' | 'remove'>
  /** Uploads a little to the team's storage and removes it again (see uploads/storage-test.ts). */
  readonly testStorage: StorageTester['test']
  /** Compares the library's record with a receipt (see uploads/verify.ts). */
  readonly verifyReceipt: Verifier['verifyReceipt']
  snapshot(): Snapshot
  /**
   * Resolves when the unfinished uploads of the journal are shown; before `start` at once. With `restoreQueue: false`
   * they are read when this, `add` or `resumeUnfinished` is first called.
   */
  queueRestored(): Promise<void>
  session(): SessionView
  /** Scans, inspects, records and queues files and folders, or adds them to a review. */
  add(paths: readonly string[], request?: AddRequest): Promise<Result<AddReport>>
  /** Lists the models in the usual places of this computer, compared with a team. */
  readonly findModels: ModelFinder['findAll']
  /** Adds models that were found on this computer to the review, or uploads them once `confirm` agrees. */
  readonly addFound: ModelFinder['enqueueFound']
  /** Uploads the files of earlier uploads and of library models to another team too. */
  readonly otherTeam: TeamAdder
  /** Adds offered companions of an upload, once `confirm` agrees. */
  readonly addCompanions: Companions['add']
  /** Queues files in review, once `confirm` agrees if the app has found any of them. */
  readonly approveReview: Review['approve']
  /** Watches a folder for a team from now on, once `confirm` agrees. */
  readonly watchFolder: WatchedFolders['addFolder']
  /** Uploads new and waiting files of a watched folder to another team, once `confirm` agrees. */
  readonly giveWatched: WatchedFolders['setTeam']
  /** Uploads what was in a watched folder when it was added, if it still is what was confirmed. */
  readonly sendOffered: WatchedFolders['enqueueOffered']
  /** Accepts files that can run code when loaded; returns whether any was waiting for that. */
  readonly allow: UploadCommands['allow']
  /** Resolves path conflicts of uploads. */
  readonly decide: UploadCommands['decide']
  /** Checks whether a server is reachable and speaks this API. */
  readonly checkServer: SignIns['checkServer']
  /** Continues unfinished uploads of these accounts' users that are signed in; returns their ids. */
  resumeUnfinished(request: ContinueAllRequest): Promise<Result<readonly string[]>>
  /** Aborts multipart uploads that no upload needs any more. */
  cleanUpAbandoned(): Promise<void>
  /** Multipart uploads that no upload needs any more and that storage of the known servers still holds. */
  abandonedCount(): number
  /**
   * Signs in with a token from outside, which is kept in memory only; returns its account. Temporary failures
   * are retried with `retry`.
   */
  useToken(token: string, retry?: RetryOptions): Promise<Result<Account>>
  /** Forgets the token of an account once nothing else has called `useToken` for it. */
  dropToken(accountId: string): void
  /** Runs work for a command: the user has typed it, so that sign-ins need no confirmation. */
  asCommand<T>(work: () => T): T
  /** Limits the speed of all uploads, if the settings don't limit it further, until the returned function is called. */
  lowerSpeed(limits: SpeedLimits): () => void
  /** Whether a user is signed in to a server, or an upload is meant for it. */
  usesServer(address: string): boolean
  /** Path on this computer of a row's file, in the queue or in history; null when the row is unknown. */
  fileOf(id: string): string | null
  /** Path of a file on this computer that has these bytes; `file-missing` when none is known. */
  localFileWith(sha256: string): Promise<Result<string>>
  applySettings(settings: EngineSettings): void
  /** The keychain may have been unlocked, so that stored sign-ins are available again. */
  keychainChanged(): Promise<void>
  /**
   * Asks the servers whether the sign-ins are still valid and marks those that are not. A lost connection
   * marks none.
   */
  confirmSignIns(): Promise<void>
  /** Resolves once everything that belongs to the users who are signed in is decrypted. */
  unsealPresent(): Promise<void>
  /**
   * Holds the queue because of battery, connection or quiet hours, or releases it. Parts that need a few
   * seconds are finished.
   */
  readonly hold: QueueHold['hold']
  /**
   * Retries at once what waits for a time, and cuts connections that a sleep or another network has killed.
   */
  networkChanged(): void
  /** The user returns to the window: looks at once whether refused files have changed. */
  windowFocused(): void
  /** Returns the unsubscribe function. */
  subscribe(listener: EngineListener): () => void
  /**
   * Starts; unfinished uploads continue unless `restoreQueue` is false. Then each waits until `add`, `resumeUnfinished`
   * or a call continues it. Resolves to false if `stop` was called before it had started.
   */
  start(options?: StartOptions): Promise<boolean>
  /** Whether `finishParts` would finish anything. */
  canFinishParts(): boolean
  /**
   * Starts nothing any more and resolves once the parts that need a few seconds are finished; the call
   * `stopPausing` cuts that short. `stop` follows.
   */
  readonly finishParts: QueueHold['finishParts']
  /**
   * Stops what runs at once (keeping remote state), flushes the journal and ends the worker threads. Nothing is lost.
   */
  stop(): Promise<void>
}
