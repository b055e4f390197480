import type * as v from 'valibot'
import type { SessionView } from './account.ts'
import type { Answerer, Call } from './call.ts'
import { backgroundCalls } from './calls-background.ts'
import { accountCalls } from './calls-accounts.ts'
import { bulkCalls } from './calls-bulk.ts'
import { findingCalls } from './calls-finding.ts'
import { watchingCalls } from './calls-watching.ts'
import { desktopCalls } from './calls-desktop.ts'
import { diagnosticsCalls } from './calls-diagnostics.ts'
import { libraryCalls } from './calls-library.ts'
import { serverCalls } from './calls-servers.ts'
import { recognitionCalls } from './calls-recognition.ts'
import { updateCalls } from './calls-updates.ts'
import { uploadCalls } from './calls-uploads.ts'
import type { ConnectionCheck } from './diagnostics.ts'
import type { Conditions } from './conditions.ts'
import type { Result } from './failures.ts'
import type { TransferSpeed, UploadDetails } from './upload-details.ts'
import type { LibraryNews } from './library.ts'
import type { FindingView, WorkflowView } from './discovery.ts'
import type { AddReport, Patch } from './uploads.ts'
import type { WatchingView } from './watched-folders.ts'
import type { Settings } from './settings.ts'
import type { StorageTest } from './storage-test.ts'
import type { AppInfo } from './app-info.ts'
import type { UpdateState } from './updates.ts'

/** Each call between page and main, once. Channels, binder, bridge, page types and the test double walk this table. */
export const calls = {
  ...accountCalls,
  ...serverCalls,
  ...uploadCalls,
  ...libraryCalls,
  ...bulkCalls,
  ...findingCalls,
  ...watchingCalls,
  ...desktopCalls,
  ...updateCalls,
  ...diagnosticsCalls,
  ...recognitionCalls,
  ...backgroundCalls,
  ...bulkCalls,
}

export type CallName = keyof typeof calls

/** A command that a native menu or the tray gives to the page. */
export type PageCommand =
  | 'choose-files'
  | 'choose-folder'
  | 'show-settings'
  | 'show-history'
  | 'show-uploads'
  | 'find'
  | 'check-updates'
  | 'check-connection'

/** What main announces. Events say what has become true; they do not steer, but for `command`, which is a menu's click. */
export interface Events {
  readonly patch: Patch
  readonly flow: TransferSpeed
  /** Of the upload that is watched. */
  readonly details: UploadDetails
  readonly session: SessionView
  readonly library: LibraryNews
  readonly settings: Settings
  readonly surroundings: AppInfo
  readonly conditions: Conditions
  /** A report of files that came in without the page's doing: a second start, the dock, the tray. */
  readonly added: AddReport
  readonly finding: FindingView
  readonly workflow: WorkflowView
  readonly watching: WatchingView
  readonly command: PageCommand
  /** How a newer version of the app stands. */
  readonly update: UpdateState
  /** A look at the connection, after each of its steps. */
  readonly connection: ConnectionCheck
  readonly storageTest: StorageTest
}
export type EventName = keyof Events
/** At run time only the names are needed; the type says that none is missing and none is extra. */
export const eventNames = Object.keys({
  patch: true,
  flow: true,
  details: true,
  session: true,
  library: true,
  settings: true,
  surroundings: true,
  conditions: true,
  added: true,
  finding: true,
  workflow: true,
  watching: true,
  command: true,
  update: true,
  connection: true,
  storageTest: true,
} satisfies Record<EventName, true>) as readonly EventName[]

export type CallArgs<Name extends CallName> = v.InferOutput<(typeof calls)[Name]['args']>
export type CallAnswer<Name extends CallName> =
  (typeof calls)[Name] extends Call<Answerer, v.GenericSchema, infer Answer> ? Answer : never

/** The calls that one side answers. */
export type CallNameOf<Who extends Answerer> = {
  [Name in CallName]: (typeof calls)[Name]['who'] extends Who ? Name : never
}[CallName]

/** What main implements: one function per call. */
export type CallHandlers = {
  readonly [Name in CallName]: (args: CallArgs<Name>) => Promise<Result<CallAnswer<Name>>>
}

/** What the page passes: the same, but files in place of paths, and nothing in place of `undefined`. */
type PageArgs<Name extends CallName> = Name extends 'addFiles'
  ? [args: { readonly files: readonly File[] }]
  : CallArgs<Name> extends undefined
    ? []
    : [args: CallArgs<Name>]

/** `window.modelferry` */
export type Bridge = {
  readonly [Name in CallName]: (...args: PageArgs<Name>) => Promise<Result<CallAnswer<Name>>>
} & {
  /** Subscribes; the answer unsubscribes. */
  readonly on: <Name extends EventName>(name: Name, listener: (value: Events[Name]) => void) => () => void
}

export const callChannel = (name: CallName) => `call:${name}`
export const eventChannel = (name: EventName) => `event:${name}`
