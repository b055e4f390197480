import * as v from 'valibot'
import type { Account, SessionView } from './account.ts'
import { calls, type CallHandlers, type CallName } from './calls.ts'
import {
  call,
  id,
  ids,
  path,
  paths,
  sha256,
  targetChange,
  teamChoice,
  text,
  type Call,
} from './calls/call.ts'
import type { FoundModelView, FoundPlacesView, WorkflowView } from './discovery.ts'
import type { Failure, Result } from './failures.ts'
import { onConflict } from './library.ts'
import { receiptSchema } from './receipt.ts'
import { reviewSetting, type UploadProposal } from './review.ts'
import { serverAddress, type ServerCheck } from './servers.ts'
import { speedLimit, streamsMost } from './settings.ts'
import type { StorageTest } from './storage-test.ts'
import { failureCodes } from './stored-values.ts'
import type { QueueConditions, UploadStatus } from './upload-status.ts'
import type { AddReport, Patch } from './uploads.ts'
import type { Verification } from './verification.ts'
import type { WatchedFoldersView } from './watched-folders.ts'

/**
 * The number of the protocol between the process that hosts the uploads of a data folder and the commands that steer
 * them (see `host/`). Both sides must have the same: it is raised with every change of a call or event named here.
 */
export const hostProtocol = 7

/**
 * The calls that a command may make besides its own. They are those of the page without what only a window needs. A
 * command runs with the rights of the user, who has typed it: where the page is asked in a native dialog, it asks on
 * the terminal.
 */
const sharedCallNames = [
  'session',
  'signIn',
  'signInWithKey',
  'startPairing',
  'cancelPairing',
  'signOut',
  'discardSealed',
  'settings',
  'changeSettings',
  'snapshot',
  'undoAdd',
  'pause',
  'pauseAll',
  'stopPausing',
  'resume',
  'resumeAll',
  'retry',
  'cancel',
  'moveToTop',
  'moveUploads',
  'modelStatus',
  'history',
  'library',
  'changeModel',
  'watching',
  'pauseWatched',
  'unwatch',
] as const satisfies readonly CallName[]

const codes = v.array(v.picklist(failureCodes))

const speedLimits = v.strictObject({
  limitBytesPerSecond: v.nullable(speedLimit),
  streamsMost: v.nullable(streamsMost),
})

/** Limits of the upload speed; null for none. */
export type SpeedLimits = v.InferOutput<typeof speedLimits>

/** What only commands may do: they name paths, servers and tokens. Uploads are those that the same connection has added. */
export const ownCalls = {
  /**
   * Adds files and folders for a team, as far as the user agrees to the event `proposal`, and follows their uploads
   * by the other events, also those that the queue had before.
   */
  addPaths: call<AddReport>()(
    'engine',
    v.strictObject({
      paths,
      team: teamChoice,
      target: targetChange,
      allow: codes,
      onConflict: v.nullable(onConflict),
      /** Instead of the setting. */
      review: reviewSetting,
      /** `given`: nothing is asked. `asked`: by `proposal`. `asked-first`: the same for what is only shown (`--dry-run`). */
      approval: v.picklist(['given', 'asked', 'asked-first']),
    }),
  ),
  /** Which failures the user accepts of what was proposed last, or null to add nothing. */
  answerProposal: call<void>()('engine', v.nullable(codes)),
  /**
   * Ends what this command adds, searches or checks. Returns the ids of the uploads that it has added or continued and
   * that no other command follows.
   */
  stopWork: call<readonly string[]>()('engine', v.undefined()),
  /** Continues all uploads of these accounts' users, except those in review, and follows them; returns their ids. */
  continueUploads: call<readonly string[]>()('engine', v.strictObject({ accountIds: ids })),
  /** Deletes from storage what no upload needs any more; returns of how many uploads something is left. */
  cleanUpStorage: call<number>()('engine', v.undefined()),
  /** What each upload of the queue does or waits for. The snapshot of 10,000 uploads has 15 MB. */
  statuses: call<QueueStatuses>()('engine', v.undefined()),
  /** Limits all uploads while this command runs, if the settings don't limit them further. */
  lowerSpeed: call<void>()('engine', speedLimits),
  /**
   * Signs in with a token until this command ends. It is kept in memory only. After temporary failures the server is
   * asked again, which the event `signInDelayed` announces: `patiently` like for uploads, without end.
   */
  useToken: call<Account>()(
    'engine',
    v.strictObject({ token: text(10_000), retry: v.picklist(['none', 'briefly', 'patiently']) }),
  ),
  /** Decrypts what belongs to users who are signed in. */
  unsealPresent: call<SessionView>()('engine', v.undefined()),
  /** Checks whether a server answers and serves this API. */
  askServer: call<ServerCheck>()('engine', v.strictObject({ address: serverAddress })),
  /** Asks the servers whether the sign-ins are still valid. */
  confirmSignIns: call<SessionView>()('engine', v.undefined()),
  /** Uploads a little to a team's storage and removes it again. */
  tryStorage: call<StorageTest>()('engine', teamChoice),
  /** Deletes a model from a team's library. */
  deleteModel: call<void>()('engine', v.strictObject({ choice: teamChoice, modelId: id })),
  /** Searches the usual places of this computer, and compares with a team unless it is null. */
  findModels: call<FoundOnComputer>()('engine', v.nullable(teamChoice)),
  /** Opens a workflow and searches for its models. Null if the file holds none, `isUnread` if reading took too long. */
  openWorkflow: call<{ readonly view: WorkflowView | null; readonly isUnread: boolean }>()(
    'engine',
    v.strictObject({ path, team: teamChoice }),
  ),
  /**
   * Uploads needed models that were found on this computer, without asking, and continues those that the queue has;
   * follows their uploads.
   */
  addNeeded: call<AddReport>()('engine', v.strictObject({ workflow: id, needs: ids })),
  /** Compares the library's record with a receipt. `signed-out` without a sign-in to the receipt's team. */
  verifyReceipt: call<Verification>()('engine', receiptSchema),
  /** The path of a file of this computer that has these bytes; `file-missing` when none is known. */
  localFileWith: call<string>()('engine', v.strictObject({ sha256 })),
  /** Watches a folder for a team from now on (see `watchFolder`). */
  watchPath: call<WatchedFoldersView>()('engine', v.strictObject({ path, team: teamChoice })),
  /** Makes a command that hosts the uploads end, because the app starts. The app refuses (`bad-call`). */
  handOver: call<void>()('engine', v.undefined()),
}

/** What `statuses` answers. */
export interface QueueStatuses {
  readonly queue: QueueConditions
  /** By the ids of the uploads. */
  readonly statuses: Readonly<Record<string, UploadStatus>>
}

/** What `findModels` has found. */
export interface FoundOnComputer {
  readonly view: FoundPlacesView
  /** By the ids of the places, largest models first. */
  readonly models: Readonly<
    Record<string, readonly { readonly path: string; readonly model: FoundModelView }[]>
  >
}

export type OwnCallName = keyof typeof ownCalls
type OwnCall<Name extends OwnCallName> = (typeof ownCalls)[Name]
type AnswerOf<One> = One extends Call<'engine', v.GenericSchema, infer Answer> ? Answer : never

/** What a command may call of the page's calls. */
export type SharedHandlers = Pick<CallHandlers, (typeof sharedCallNames)[number]>

export type OwnHandlers = {
  readonly [Name in OwnCallName]: (
    args: v.InferOutput<OwnCall<Name>['args']>,
  ) => Promise<Result<AnswerOf<OwnCall<Name>>>>
}

/** All that a command may call. */
export type CommandHandlers = SharedHandlers & OwnHandlers

/** The schemas of the arguments of a command's calls. */
export const commandCalls: Readonly<Record<keyof CommandHandlers, { readonly args: v.GenericSchema }>> = {
  ...(Object.fromEntries(sharedCallNames.map((name) => [name, calls[name]])) as unknown as Pick<
    typeof calls,
    (typeof sharedCallNames)[number]
  >),
  ...ownCalls,
}

export const commandCallNames = Object.keys(commandCalls) as [keyof CommandHandlers]

/** What the host tells a command about its uploads and the sign-ins. */
export interface OwnEvents {
  /** Like `patch`, but only of these uploads. */
  readonly uploads: Patch
  readonly verified: { readonly id: string; readonly verification: Verification | null }
  /** It was dropped because its library path is in use. */
  readonly leftOut: { readonly id: string; readonly fileName: string }
  /** A library can't be listed, or not again since `listedAtMs`. */
  readonly unlisted: Failure
  readonly proposal: UploadProposal
  readonly session: SessionView
  /** The next try of `useToken`, in ms since the epoch. */
  readonly signInDelayed: { readonly reason: Failure; readonly atMs: number }
}

/** All that the host tells commands. */
export interface HostEvents extends OwnEvents {
  /** To a command that follows the whole queue. */
  readonly patch: Patch
  /** Patches were left out: the snapshot is to be loaded again. */
  readonly resync: undefined
  /** The host ends, because the app starts and takes its place. */
  readonly appStarts: undefined
}

export const hostEventNames = [
  'uploads',
  'verified',
  'leftOut',
  'unlisted',
  'proposal',
  'session',
  'signInDelayed',
  'patch',
  'resync',
  'appStarts',
] as const satisfies readonly (keyof HostEvents)[]

export type AddPathsArgs = v.InferOutput<OwnCall<'addPaths'>['args']>

/** Tells a command about its own uploads and the sign-ins. */
export type TellCommand = <Name extends keyof OwnEvents>(name: Name, value: OwnEvents[Name]) => void

/** What is served to one command. */
export interface ServedCommand {
  /** Sign-ins of a command need no confirmation in the app. */
  readonly calls: OwnHandlers & Pick<CallHandlers, 'signIn' | 'signInWithKey' | 'startPairing'>
  /** Whether it waits for uploads. */
  hasUploads(): boolean
  /** Tells again what all of its uploads are: some changes were not told. */
  tellAll(): void
  /** The command has ended. What it has added stays in the queue. */
  close(): void
}
