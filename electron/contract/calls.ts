import type * as v from 'valibot'
import { accountCalls, serverCalls } from './calls/account-calls.ts'
import { uploadCalls, reviewCalls } from './calls/upload-calls.ts'
import { libraryCalls, discoveryCalls, watchedFolderCalls } from './calls/library-calls.ts'
import { appCalls, updateCalls, diagnosticCalls, backgroundCalls } from './calls/app-calls.ts'
import type { Answerer, Call } from './calls/call.ts'
import type { EventName, Events } from './events.ts'
import type { Result } from './failures.ts'
import type { TeamChoice } from './account.ts'

/**
 * Every call between page and main, by topic. Channels, IPC handlers, bridge and the test double are derived
 * from it.
 */
const callGroups = {
  accounts: accountCalls,
  servers: serverCalls,
  uploads: uploadCalls,
  review: reviewCalls,
  library: libraryCalls,
  discovery: discoveryCalls,
  watchedFolders: watchedFolderCalls,
  app: appCalls,
  updates: updateCalls,
  diagnostics: diagnosticCalls,
  background: backgroundCalls,
} satisfies Readonly<Record<string, Readonly<Record<string, Call<Answerer, v.GenericSchema, unknown>>>>>

/** The same calls by name alone. */
export const calls = {
  ...callGroups.accounts,
  ...callGroups.servers,
  ...callGroups.uploads,
  ...callGroups.review,
  ...callGroups.library,
  ...callGroups.discovery,
  ...callGroups.watchedFolders,
  ...callGroups.app,
  ...callGroups.updates,
  ...callGroups.diagnostics,
  ...callGroups.background,
}

export type CallName = keyof typeof calls

/** The calls of one topic. */
export type CallNameIn<Group extends keyof typeof callGroups> = {
  [One in Group]: keyof (typeof callGroups)[One]
}[Group]

/** The calls that one side implements. */
export type CallNameOf<Who extends Answerer> = {
  [Name in CallName]: (typeof calls)[Name]['who'] extends Who ? Name : never
}[CallName]

export type CallArgs<Name extends CallName> = v.InferOutput<(typeof calls)[Name]['args']>
export type CallAnswer<Name extends CallName> =
  (typeof calls)[Name] extends Call<Answerer, v.GenericSchema, infer Answer> ? Answer : never

/** What main implements: one function per call. */
export type CallHandlers = {
  readonly [Name in CallName]: (args: CallArgs<Name>) => Promise<Result<CallAnswer<Name>>>
}

type ReadonlyList<Value> = Value extends (infer One)[] ? readonly One[] : Value

/** Arguments on the page: files in place of paths, lists as they are shown, and no argument in place of `undefined`. */
type PageArgs<Name extends CallName> = Name extends 'addFiles'
  ? [args: { readonly files: readonly File[]; readonly team?: TeamChoice }]
  : CallArgs<Name> extends undefined
    ? []
    : [args: { readonly [Key in keyof CallArgs<Name>]: ReadonlyList<CallArgs<Name>[Key]> }]

/** The page's connection to the main process. */
export type Bridge = {
  readonly [Name in CallName]: (...args: PageArgs<Name>) => Promise<Result<CallAnswer<Name>>>
} & {
  /** Returns a function that ends the subscription. */
  readonly on: <Name extends EventName>(name: Name, listener: (value: Events[Name]) => void) => () => void
}

/**
 * `window.modelferry`: answers and values of events are JSON texts, because Electron copies a text between processes
 * and JavaScript contexts in one piece, and an object member by member (docs/decisions/045-startup.md).
 */
export type TextBridge = {
  readonly [Name in CallName]: (...args: PageArgs<Name>) => Promise<string>
} & {
  readonly on: (name: EventName, listener: (value: string) => void) => () => void
}

export const callChannel = (name: CallName) => `call:${name}`
