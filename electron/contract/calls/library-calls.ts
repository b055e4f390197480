import * as v from 'valibot'
import type { FoundModelView, FoundPlacesView, WorkflowView } from '../discovery.ts'
import { replacedFate, type Agent, type FailedDeletion, type LibraryListing } from '../library.ts'
import type { AddReport } from '../uploads.ts'
import type { WatchedFoldersView } from '../watched-folders.ts'
import { call, nothing, id, ids, teamChoice, sha256, target, targetChange } from './call.ts'

const libraryChange = v.strictObject({
  ...targetChange.entries,
  status: v.exactOptional(v.picklist(['active', 'disabled'])),
})

export const libraryCalls = {
  /** All models of a team, as listed at most `maxAgeMs` ago; without it a few minutes. */
  library: call<LibraryListing>()(
    'engine',
    v.strictObject({ choice: teamChoice, maxAgeMs: v.exactOptional(v.pipe(v.number(), v.minValue(0))) }),
  ),
  /** The team's connected agents. */
  agents: call<readonly Agent[]>()('engine', v.strictObject({ choice: teamChoice })),
  changeModel: call<void>()(
    'engine',
    v.strictObject({ choice: teamChoice, modelId: id, change: libraryChange }),
  ),
  /**
   * Deletes the records of models; returns those that could not be deleted. A native dialog asks first;
   * null when it was not confirmed. Whether the models' bytes in storage and on
   * agents are deleted is not specified.
   */
  deleteModels: call<readonly FailedDeletion[] | null>()(
    'desktop',
    v.strictObject({ choice: teamChoice, modelIds: v.pipe(ids, v.minLength(1)) }),
  ),
  /**
   * The same as `addUploadsToTeam` for models of a team's library whose files are on this computer; the
   * others are skipped.
   */
  addModelsToTeam: call<AddReport | null>()(
    'desktop',
    v.strictObject({ choice: teamChoice, modelIds: v.pipe(ids, v.minLength(1)), team: teamChoice }),
  ),
  /** Whether an unchanged file with these bytes is known on this computer. */
  hasLocalFile: call<boolean>()('engine', v.strictObject({ sha256 })),
  showLocalFile: call<void>()('desktop', v.strictObject({ sha256 })),
  /**
   * Resolves path conflicts of uploads; `path` is the new path of a single upload that is renamed. A native
   * dialog asks before models are replaced and deleted; nothing changes unless it is confirmed.
   */
  decide: call<void>()(
    'desktop',
    v.strictObject({
      ids,
      choice: v.picklist(['skip', 'rename', 'replace', 'keep-both']),
      fate: replacedFate,
      path: v.exactOptional(target.modelPath),
    }),
  ),
}

/** Models on this computer: in well-known places, and those that a workflow needs. Ids stand for paths. */
export const discoveryCalls = {
  /** Starts a search unless one runs; the event `finding` shows its progress. */
  findPlaces: call<FoundPlacesView>()('engine', nothing),
  /** Also ends the updates of `finding` by changes of the library. */
  stopFinding: call<void>()('engine', nothing),
  /** The models of a found place, largest first; none for an unknown id. */
  foundModels: call<readonly FoundModelView[]>()('engine', v.strictObject({ place: id })),
  /**
   * Adds found models to the review. If the settings turn reviews off, they are uploaded once a native dialog
   * was confirmed; null when it was not.
   */
  addFound: call<AddReport | null>()('desktop', v.strictObject({ ids })),
  /**
   * What a workflow needs, or null for an unknown id; the event `workflow` shows later changes. `isFresh` lists
   * the team's library again first.
   */
  workflow: call<WorkflowView | null>()(
    'engine',
    v.strictObject({ id, isFresh: v.exactOptional(v.boolean()) }),
  ),
  closeWorkflow: call<void>()('engine', v.strictObject({ id })),
  /**
   * Uploads needed models found on this computer under the type and path that the workflow uses. Unless the
   * user picked each file, a native dialog asks first; null when it was not confirmed.
   */
  sendNeeds: call<AddReport | null>()(
    'desktop',
    v.strictObject({ id, needs: v.pipe(v.array(id), v.maxLength(1_000)) }),
  ),
  /**
   * Opens the native picker for a folder to search for all missing models; a cancelled picker changes
   * nothing.
   */
  lookInFolder: call<WorkflowView | null>()('desktop', v.strictObject({ id })),
  /** Opens the native picker for one missing model; a cancelled picker changes nothing. */
  locateNeed: call<WorkflowView | null>()('desktop', v.strictObject({ id, need: id })),
}

export const watchedFolderCalls = {
  watching: call<WatchedFoldersView>()('engine', nothing),
  /** Opens the native picker, then asks in a native dialog; nothing changes unless both are confirmed. */
  watchFolder: call<WatchedFoldersView>()('desktop', v.strictObject({ team: teamChoice })),
  pauseWatched: call<WatchedFoldersView>()('engine', v.strictObject({ id, isPaused: v.boolean() })),
  /**
   * Uploads new and waiting files to another team, if a native dialog is confirmed. What was in the folder
   * when it was added is not affected.
   */
  giveWatched: call<WatchedFoldersView>()('desktop', v.strictObject({ id, team: teamChoice })),
  unwatch: call<WatchedFoldersView>()('engine', v.strictObject({ id })),
  /** Uploads what was in the folder when it was added; null when the native dialog was not confirmed. */
  sendOffered: call<AddReport | null>()('desktop', v.strictObject({ id })),
  declineOffered: call<WatchedFoldersView>()('engine', v.strictObject({ id })),
}
