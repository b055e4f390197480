import * as v from 'valibot'
import {
  call,
  calls,
  ids,
  path,
  paths,
  targetChange,
  teamChoice,
  type Call,
  type CallHandlers,
  type CallName,
} from './calls.ts'
import type { Failure, Result } from './failures.ts'
import { onConflict } from './library.ts'
import { reviewSetting, type UploadProposal } from './review.ts'
import { failureCodes } from './stored-values.ts'
import type { AddReport, Patch } from './uploads.ts'
import type { Verification } from './verification.ts'
import type { WatchedFoldersView } from './watched-folders.ts'

/**
 * The number of the protocol between the process that hosts the uploads of a data folder and the commands that steer
 * them (see `host/`). Both sides must have the same: it is raised with every change of a call or event named here.
 */
export const hostProtocol = 4

/**
 * The calls that a command may make besides its own. They are those of the page without what only a window needs. A
 * command runs with the rights of the user, who has typed it: where the page is asked in a native dialog, it asks on
 * the terminal.
 */
const sharedCallNames = [
  'snapshot',
  'session',
  'settings',
  'changeSettings',
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
  'watching',
  'pauseWatched',
  'unwatch',
] as const satisfies readonly CallName[]

const codes = v.array(v.picklist(failureCodes))

/** What only commands may do: they name paths. Uploads are those that the same connection has added. */
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
  /** Adds nothing any more. Returns the ids of the uploads that were added or continued and that no other command follows. */
  stopAdding: call<readonly string[]>()('engine', v.undefined()),
  /** Follows uploads of the queue, of which the command continues some. */
  followUploads: call<void>()('engine', v.strictObject({ ids, continued: ids })),
  /** Watches a folder for a team from now on (see `watchFolder`). */
  watchPath: call<WatchedFoldersView>()('engine', v.strictObject({ path, team: teamChoice })),
  /** Deletes from storage what no upload needs any more; returns of how many uploads something is left. */
  cleanUpStorage: call<number>()('engine', v.undefined()),
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

/** What the host tells a command about the uploads that it has added. */
export interface OwnEvents {
  /** Like `patch`, but only of these uploads. */
  readonly uploads: Patch
  readonly verified: { readonly id: string; readonly verification: Verification | null }
  /** It was dropped because its library path is in use. */
  readonly leftOut: { readonly id: string; readonly fileName: string }
  /** A library can't be listed, or not again since `listedAtMs`. */
  readonly unlisted: Failure
  readonly proposal: UploadProposal
}

/** All that the host tells commands. */
export interface HostEvents extends OwnEvents {
  /** To a command that follows the whole queue. */
  readonly patch: Patch
  /** Patches were left out: the snapshot is to be loaded again. */
  readonly resync: undefined
}

export const hostEventNames = [
  'uploads',
  'verified',
  'leftOut',
  'unlisted',
  'proposal',
  'patch',
  'resync',
] as const satisfies readonly (keyof HostEvents)[]

export type AddPathsArgs = v.InferOutput<OwnCall<'addPaths'>['args']>

/** Tells a command about its own uploads. */
export type TellCommand = <Name extends keyof OwnEvents>(name: Name, value: OwnEvents[Name]) => void

/** The uploads that one command has added, or that it waits for because the queue had them before. */
export interface CommandUploads {
  readonly calls: OwnHandlers
  /** Tells again what all of them are: some changes were not told. */
  tellAll(): void
  /** The command has ended. What it has added stays in the queue. */
  close(): void
}
