import * as v from 'valibot'
import type { SessionView, TeamChoice } from './account.ts'
import type { AppInfo } from './app-info.ts'
import type { Conditions, FileManagerEntry, LoginItem } from './conditions.ts'
import type { DeadlineView } from './deadline.ts'
import type { ReportSection, ConnectionCheck } from './diagnostics.ts'
import type { FoundModelView, FoundPlacesView, WorkflowView } from './discovery.ts'
import type { Result } from './failures.ts'
import {
  replacedFate,
  type Agent,
  type FailedDeletion,
  type LibraryListing,
  type LibraryUpdate,
} from './library.ts'
import type { MissingCompanion, MissingInList } from './companions.ts'
import type { ModelFacts, Preview } from './recognition.ts'
import type { Receipt } from './receipt.ts'
import type { ReviewApproval, ReviewView } from './review.ts'
import { serverAddress, type ServerCheck } from './servers.ts'
import { settingsChange, type Settings } from './settings.ts'
import type { StorageTest } from './storage-test.ts'
import type { UpdateState } from './updates.ts'
import type { TransferSpeed, UploadDetails } from './upload-details.ts'
import type { LogDocument } from './upload-log.ts'
import type {
  AddReport,
  HistoryFilters,
  HistoryPage,
  ModelStatus,
  Patch,
  ReadingView,
  Snapshot,
  WaitingFilesView,
} from './uploads.ts'
import type { WatchedFoldersView } from './watched-folders.ts'

/** The side that implements a call: `engine` needs no Electron, `desktop` does. */
type Answerer = 'engine' | 'desktop'

export interface Call<Who extends Answerer, Schema extends v.GenericSchema, Answer> {
  readonly who: Who
  readonly args: Schema
  /** Never set; it carries the type of the result. */
  readonly answer?: Answer
}

/** Declares one call: the type of its result, the side that implements it, and the schema of its argument. */
export function call<Answer>() {
  return <const Who extends Answerer, const Schema extends v.GenericSchema>(
    who: Who,
    args: Schema,
  ): Call<Who, Schema, Answer> => ({ who, args })
}

export const text = (maxLength: number) => v.pipe(v.string(), v.maxLength(maxLength))
const nothing = v.undefined()
/** The longest id is that of a paired device's account, made of its server, user and team. */
export const id = v.pipe(text(400), v.minLength(1))
/** Only a bound against abuse: more rows than a queue can have in memory, all of which may be selected. */
const maxItems = 1_000_000
export const ids = v.pipe(v.array(id), v.maxLength(maxItems))
/** The id of a review; the shared one of older records is empty. */
const review = text(400)
export const teamChoice = v.strictObject({ accountId: id, teamId: id }) satisfies v.GenericSchema<TeamChoice>
export const path = text(32_768)
/** Filled in by the preload from `File` objects: the page cannot name a path. */
export const paths = v.pipe(v.array(path), v.maxLength(maxItems))
export const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))

/** Paths or hashes of all rows of a queue of ten thousand. */
const maxCopiedLength = 2_000_000

/** Only bounds against abuse: the rules of the API are checked where a failure can explain them. */
const target = { displayName: text(1_000), modelType: text(1_000), modelPath: text(4_000) }
export const targetChange = v.strictObject({
  displayName: v.exactOptional(target.displayName),
  modelType: v.exactOptional(target.modelType),
  modelPath: v.exactOptional(target.modelPath),
})
const libraryChange = v.strictObject({
  ...targetChange.entries,
  status: v.exactOptional(v.picklist(['active', 'disabled'])),
})

/**
 * Every call between page and main, by topic. Channels, IPC handlers, bridge and the test double are derived
 * from it.
 */
const callGroups = {
  accounts: {
    session: call<SessionView>()('engine', nothing),
    signIn: call<SessionView>()('engine', v.strictObject({ email: text(320), password: text(1_000) })),
    signInWithKey: call<SessionView>()('engine', v.strictObject({ key: text(10_000) })),
    /** Starts pairing in the browser; its progress is in `SessionView.pairing`. */
    startPairing: call<SessionView>()('engine', nothing),
    cancelPairing: call<SessionView>()('engine', nothing),
    /**
     * Signs out and encrypts what belongs to the account. `seal-unavailable` without a keychain, and nothing
     * has changed: then `data` says whether it is `kept` readable or `removed`. If its uploads can't be removed
     * (like `cancel`), the account stays signed in. `seal-pending`: signed out, but not everything could be
     * encrypted yet.
     */
    signOut: call<SessionView>()(
      'engine',
      v.strictObject({ accountId: id, data: v.exactOptional(v.picklist(['kept', 'removed'])) }),
    ),
    /** Deletes what was encrypted at sign-outs and can't be decrypted (`SessionView.sealed`). */
    discardSealed: call<SessionView>()('engine', nothing),
    chooseTeam: call<SessionView>()('engine', teamChoice),
    /** Requests the teams of all accounts from their servers, at most once a minute; changes follow as an event. */
    refreshTeams: call<void>()('engine', nothing),
  },

  servers: {
    /**
     * Checks whether a known server answers and serves this API. Returns no text of the response, and only
     * some checks per minute (`rate-limited`).
     */
    checkServer: call<ServerCheck>()('desktop', v.strictObject({ address: serverAddress })),
    /**
     * Checks an address like `checkServer`, and uses it for new sign-ins only if the check succeeds. A native
     * dialog asks before the first request to it; null when it was not confirmed.
     */
    addServer: call<ServerCheck | null>()('desktop', v.strictObject({ address: serverAddress })),
    /** Removes a server without signed-in accounts and unfinished uploads (else `server-in-use`). */
    removeServer: call<Settings>()('desktop', v.strictObject({ address: serverAddress })),
    /**
     * Signs in to the proxy (`http://host:port`) that asks for a login (else `bad-call`), and retries the
     * uploads that waited for it.
     */
    signInToProxy: call<SessionView>()(
      'engine',
      v.strictObject({ proxy: v.pipe(text(2_000), v.url()), name: text(1_000), password: text(1_000) }),
    ),
    /** Dismisses the proxy's question. */
    leaveProxy: call<SessionView>()('engine', nothing),
  },

  uploads: {
    snapshot: call<Snapshot>()('engine', nothing),
    /**
     * From the page: `{ files: File[] }`. The preload turns the files into paths. With a team they are for it
     * (else `no-team`), otherwise for the chosen one; without one they wait.
     */
    addFiles: call<AddReport>()('engine', v.strictObject({ paths, team: v.exactOptional(teamChoice) })),
    /** Stops reading what was added (see the event `reading`); nothing of it is added. Returns whether it was read. */
    stopReading: call<boolean>()('engine', nothing),
    /** Opens the native picker; a cancelled picker returns an empty report. */
    chooseFiles: call<AddReport>()('desktop', v.strictObject({ what: v.picklist(['files', 'folder']) })),
    /** Files that wait for a sign-in or a team. */
    waitingFiles: call<WaitingFilesView>()('engine', nothing),
    /** Forgets them; the files themselves stay. */
    discardWaitingFiles: call<WaitingFilesView>()('engine', nothing),
    /** Keeps again those that were discarded last, until the app ends. */
    undoDiscardWaitingFiles: call<WaitingFilesView>()('engine', nothing),
    /** Adds them if they could not be added before. */
    retryWaitingFiles: call<WaitingFilesView>()('engine', nothing),
    /**
     * Queues the files of uploads, of the list or the history, for another team too, once a native dialog is
     * confirmed; null when it was not. Each gets a row with a target of its own, and is reviewed by the same
     * rules as a dropped file. Files that are gone or have changed are skipped.
     */
    addUploadsToTeam: call<AddReport | null>()(
      'desktop',
      v.strictObject({ ids: v.pipe(ids, v.minLength(1)), team: teamChoice }),
    ),
    editTarget: call<void>()('engine', v.strictObject({ id, change: targetChange })),
    /**
     * Gives many uploads new targets, all or none: one invalid target refuses the whole change. Uploads that
     * have started in the meantime keep theirs; returns the ids that were changed.
     */
    editTargets: call<readonly string[]>()(
      'engine',
      v.strictObject({
        changes: v.pipe(
          v.array(v.strictObject({ id, target: v.strictObject(target) })),
          v.maxLength(maxItems),
        ),
      }),
    ),
    /** Withdraws the types that are offered for these uploads, and doesn't offer them again. */
    declineType: call<void>()('engine', v.strictObject({ ids })),
    /** Returns once the parts that need a few seconds are finished, or the uploads were resumed. */
    pause: call<void>()('engine', v.strictObject({ ids })),
    /** Stops uploads that are being paused at once, all unless some are named. */
    stopPausing: call<void>()('engine', v.strictObject({ ids: v.nullable(ids) })),
    resume: call<void>()('engine', v.strictObject({ ids })),
    /** `settings-not-saved`: everything is paused, but only until the app ends. */
    pauseAll: call<void>()('engine', nothing),
    /** Ends the pause of the whole queue and of every single upload. Fails like `pauseAll`. */
    resumeAll: call<void>()('engine', nothing),
    /**
     * Stops the uploads, deletes what storage holds of them and removes their rows. Those of which nothing
     * was sent can be restored by `undoRemove`. One that is being registered is waited for and stays if its model is
     * in the library then, or if the server has not answered by then (`not-registered-yet`).
     */
    cancel: call<void>()('engine', v.strictObject({ ids })),
    /**
     * Restores rows that were removed in this session before anything was sent, with their targets and in
     * their places; returns the ids that were restored.
     */
    undoRemove: call<readonly string[]>()('engine', v.strictObject({ ids })),
    /**
     * Removes the rows of a drop (`AddReport.drop`) that are not registered and deletes what storage holds of
     * them; returns their ids. Fails with `undo-too-late` if all of them are registered.
     */
    undoAdd: call<readonly string[]>()('engine', v.strictObject({ drop: id })),
    /**
     * Accepts files that can run code when loaded; stored with each upload. A native dialog asks first;
     * nothing changes unless it is confirmed. Files in review stay there.
     */
    allow: call<void>()('desktop', v.strictObject({ ids })),
    /** Takes back for files in review what `allow` has accepted. */
    disallow: call<void>()('engine', v.strictObject({ ids })),
    retry: call<void>()('engine', v.strictObject({ ids })),
    /** Runs uploads before all others; the first few start at once. */
    moveToTop: call<void>()('engine', v.strictObject({ ids })),
    /**
     * Changes the order in which uploads run: puts waiting, paused and failed ones directly before another
     * one, or after all if it is null or gone. Uploads in progress keep their places.
     */
    moveUploads: call<void>()('engine', v.strictObject({ ids, before: v.nullable(id) })),
    /** Removes finished rows from the list. The history keeps them. */
    dismiss: call<void>()('engine', v.strictObject({ ids })),
    /** Removes finished rows from the history for good. Nothing in the library changes. */
    forget: call<void>()('engine', v.strictObject({ ids })),
    /**
     * Sends the event `details` for this upload and no other; null for none. Returns null when it is not in
     * the queue.
     */
    watch: call<UploadDetails | null>()('engine', v.strictObject({ id: v.nullable(id) })),
    /** Metadata read from the row's file, which rows don't carry. Null when the row or its file is gone. */
    modelFacts: call<{ readonly facts: ModelFacts; readonly preview: Preview | null } | null>()(
      'engine',
      v.strictObject({ id }),
    ),
    /**
     * A text for reporting a wrong recognition of a row's file, without weights, paths and private metadata.
     */
    recognitionReport: call<string>()('engine', v.strictObject({ id })),
    /**
     * Receipts of registered uploads, in the queue or the history, and of the other files of their multi-file models
     * in the same team; other ids are left out.
     */
    receipts: call<readonly Receipt[]>()('engine', v.strictObject({ ids })),
    /**
     * Asks for a file and saves the receipts of registered uploads, as JSON or as text by the file's ending;
     * false when the user cancelled.
     */
    saveReceipts: call<boolean>()('desktop', v.strictObject({ ids: v.pipe(ids, v.minLength(1)) })),
    /** The log of an upload in the queue or the history; null for an unknown id. */
    uploadLog: call<LogDocument | null>()('engine', v.strictObject({ id })),
    /** Asks for a file and saves the log, as JSON or as text by the file's ending; false when the user cancelled. */
    saveUploadLog: call<boolean>()('desktop', v.strictObject({ id })),
    /** How much of a row's multi-file model the library has. Null for a model of one file. */
    modelStatus: call<ModelStatus | null>()('engine', v.strictObject({ id })),
    /**
     * Models that a row's file needs and that its team doesn't seem to have; empty if the team's library can't be
     * listed. Unless `isSearched`, only those files of this computer are offered that were found before.
     */
    companions: call<readonly MissingCompanion[]>()(
      'engine',
      v.strictObject({ id, isSearched: v.boolean() }),
    ),
    /**
     * What uploads of the list need and their teams don't seem to have, as far as the teams' libraries were listed
     * before: it requests nothing.
     */
    missingCompanions: call<MissingInList>()('engine', nothing),
    /**
     * Adds offered files of this computer for the team of a row: to the review if the row is in review, else to the
     * queue. A native dialog asks first; null when it was not confirmed.
     */
    addCompanions: call<AddReport | null>()(
      'desktop',
      v.strictObject({ id, offers: v.pipe(ids, v.minLength(1)) }),
    ),
    history: call<HistoryPage>()(
      'engine',
      v.strictObject({
        beforeMs: v.nullable(v.number()),
        sinceMs: v.exactOptional(v.number()),
        search: target.modelPath,
        teamId: v.exactOptional(id),
        modelType: v.exactOptional(target.modelType),
        limit: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(500)),
      }),
    ),
    historyFilters: call<HistoryFilters>()('engine', nothing),
  },

  review: {
    /** What is to be approved, the oldest first; the event `reviews` shows later changes. */
    reviews: call<readonly ReviewView[]>()('engine', nothing),
    /**
     * Queues files of a review for a team, all unless some are named. Files with a failure leave it as failed
     * uploads. `no-team` if the team is not available. If any was found by the app rather than picked by the user, a
     * native dialog asks first; null when it was not confirmed.
     */
    approveReview: call<ReviewApproval | null>()(
      'desktop',
      v.strictObject({ review, ids: v.nullable(ids), team: teamChoice }),
    ),
    /** Removes files from their review; returns their ids, which `undoRemove` restores. */
    excludeFromReview: call<readonly string[]>()('engine', v.strictObject({ ids })),
    /** Removes all files of a review; returns their ids, which `undoRemove` restores. */
    discardReview: call<readonly string[]>()('engine', v.strictObject({ review })),
    /**
     * Compares all files of a review with another team's library, for which they are then. What was accepted or
     * decided for the team before is asked again.
     */
    setReviewTeam: call<void>()('engine', v.strictObject({ review, team: teamChoice })),
  },

  library: {
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
  },

  /** Models on this computer: in well-known places, and those that a workflow needs. Ids stand for paths. */
  discovery: {
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
  },

  watchedFolders: {
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
  },

  app: {
    surroundings: call<AppInfo>()('desktop', nothing),
    settings: call<Settings>()('desktop', nothing),
    /**
     * Accepts known servers only: a new one is added by `addServer`. A native dialog asks before uploads may
     * delete models that they replace; nothing changes unless it is confirmed.
     */
    changeSettings: call<Settings>()('desktop', settingsChange),
    showInFolder: call<void>()('desktop', v.strictObject({ id })),
    /** Only while the window has the focus. */
    copyText: call<void>()('desktop', v.strictObject({ text: text(maxCopiedLength) })),
    /**
     * Copies the paths on this computer of the files of rows, in the queue or the history, one a line. Only
     * while the window has the focus; the page never sees them.
     */
    copyLocalPaths: call<void>()('desktop', v.strictObject({ ids: v.pipe(ids, v.minLength(1)) })),
    /**
     * Opens the web app of an account's server in the browser, also after the account has signed out;
     * `server-removed` unless the server is among the known ones.
     */
    openServer: call<void>()('desktop', v.strictObject({ accountId: id })),
    /**
     * Opens one of the app's own addresses in the browser. The page passes its name, main holds the address.
     */
    openPage: call<void>()(
      'desktop',
      v.strictObject({ page: v.picklist(['web-app', 'documentation', 'licences', 'pairing']) }),
    ),
    /** Reads the keychain again after the user unlocked it, and restores the sign-ins stored in it. */
    recheckKeychain: call<void>()('desktop', nothing),
    quit: call<void>()('desktop', nothing),
  },

  /** Each call returns the state at that moment; the event `update` shows later changes. */
  updates: {
    update: call<UpdateState>()('desktop', nothing),
    /** Checks now, even when the settings turn updates off. */
    checkForUpdate: call<UpdateState>()('desktop', nothing),
    downloadUpdate: call<UpdateState>()('desktop', nothing),
    /** Stops the uploads, installs the new version and starts it. */
    installUpdate: call<UpdateState>()('desktop', nothing),
    /** Licence texts of the third-party packages in the app. */
    thirdPartyNotices: call<string>()('desktop', nothing),
  },

  diagnostics: {
    /** Checks the connection to the server; the event `connection` follows each step. */
    checkConnection: call<ConnectionCheck>()('desktop', nothing),
    /**
     * Sends 8 MB to the chosen team's storage and deletes them; the event `storageTest` shows the progress.
     * Call it only after the user has agreed.
     */
    testStorage: call<StorageTest>()('desktop', nothing),
    /** Cancels the test; what was sent is deleted. */
    cancelStorageTest: call<void>()('desktop', nothing),
    /** The sections of a support report, without secrets, to read before anything is written. */
    supportPieces: call<readonly ReportSection[]>()('desktop', nothing),
    /**
     * Asks for a file and writes the given sections as they were last read; false when the user cancelled.
     */
    saveSupportBundle: call<boolean>()(
      'desktop',
      v.strictObject({
        pieces: v.pipe(
          v.array(v.picklist(['versions', 'settings', 'queue', 'names', 'connection', 'log'])),
          v.maxLength(6),
        ),
      }),
    ),
  },

  /** Uploads in the background, and the app's entries in the operating system. */
  background: {
    conditions: call<Conditions>()('desktop', nothing),
    /** The deadline in the settings and whether it can be met, or null; the event `deadline` shows later changes. */
    deadline: call<DeadlineView | null>()('desktop', nothing),
    /**
     * Uploads despite a hold (battery, metered network, schedule) until its cause ends, or always on this
     * network. `settings-not-saved`: on this network only until the app ends.
     */
    sendAnyway: call<void>()('desktop', v.strictObject({ isAlways: v.boolean() })),
    /** `nothing` also cancels a running countdown. */
    setWhenDone: call<void>()(
      'desktop',
      v.strictObject({ whenDone: v.picklist(['nothing', 'sleep', 'quit']) }),
    ),
    loginItem: call<LoginItem>()('desktop', nothing),
    /** Returns the state that the system reports afterwards. */
    setLoginItem: call<LoginItem>()('desktop', v.strictObject({ isOn: v.boolean() })),
    /** The file managers of this system; none where the installer adds the entries. */
    fileManagers: call<readonly FileManagerEntry[]>()('desktop', nothing),
    setFileManager: call<readonly FileManagerEntry[]>()(
      'desktop',
      v.strictObject({
        id: v.picklist(['menu', 'nautilus', 'nemo', 'dolphin', 'finder']),
        isOn: v.boolean(),
      }),
    ),
  },
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

/** A command from a native menu or the tray to the page. */
export type PageCommand =
  | 'choose-files'
  | 'choose-folder'
  | 'show-settings'
  | 'show-library'
  | 'show-history'
  | 'show-places'
  | 'show-help'
  | 'show-shortcuts'
  | 'show-uploads'
  | 'find'
  | 'check-updates'
  | 'check-connection'

/** What the page shows after a click on a notification. */
export type PageTarget =
  /** These rows; the list as it is if there are none. */
  | { readonly kind: 'uploads'; readonly ids: readonly string[] }
  /** Models of a team's library; their uploads if no sign-in has the team. */
  | {
      readonly kind: 'library'
      readonly team: TeamChoice
      readonly modelIds: readonly string[]
      readonly uploadIds: readonly string[]
    }

export const eventNames = [
  'patch',
  'flow',
  'details',
  'session',
  'library',
  'settings',
  'surroundings',
  'conditions',
  'deadline',
  'added',
  'reading',
  'waitingFiles',
  'reviews',
  'finding',
  'workflow',
  'watching',
  'command',
  'reveal',
  'update',
  'connection',
  'storageTest',
] as const
export type EventName = (typeof eventNames)[number]

/**
 * Events from main to the page. They report state, except for `command`, which is a click in a menu, and
 * `reveal`, which is a click on a notification.
 */
export interface Events {
  readonly patch: Patch
  readonly flow: TransferSpeed
  /** Of the upload given to the call `watch`. */
  readonly details: UploadDetails
  readonly session: SessionView
  readonly library: LibraryUpdate
  readonly settings: Settings
  readonly surroundings: AppInfo
  readonly conditions: Conditions
  readonly deadline: DeadlineView | null
  /**
   * Files that the page did not add just now: from outside the app, or after they waited for a team; also those that
   * were skipped after they had been queued.
   */
  readonly added: AddReport
  /** Ten times a second while files are found and checked, once that takes noticeable time; then null. */
  readonly reading: ReadingView | null
  readonly waitingFiles: WaitingFilesView
  readonly reviews: readonly ReviewView[]
  readonly finding: FoundPlacesView
  readonly workflow: WorkflowView
  readonly watching: WatchedFoldersView
  readonly command: PageCommand
  readonly reveal: PageTarget
  readonly update: UpdateState
  /** Sent after each step of a connection check. */
  readonly connection: ConnectionCheck
  readonly storageTest: StorageTest
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
export const eventChannel = (name: EventName) => `event:${name}`
