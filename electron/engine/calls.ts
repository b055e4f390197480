import { isLastSignIn, type SessionView } from '../contract/account.ts'
import type { CallArgs } from '../contract/calls.ts'
import { failed, failure, success, type Result } from '../contract/failures.ts'
import type { LibraryListing } from '../contract/library.ts'
import { receiptOf } from '../contract/receipt.ts'
import { logDocumentOf } from '../contract/upload-log.ts'
import { targetFailure, toggleOf } from '../contract/uploads.ts'
import { fileToInspect } from '../intake/inspect-again.ts'
import type { WaitingFiles } from '../intake/waiting-files.ts'
import type { HashCache } from '../journal/hash-cache.ts'
import { toUploadRow } from '../journal/row-view.ts'
import { isSameTeam, reviewIdOf, type UploadRecord } from '../journal/upload-record.ts'
import type { UploadStore } from '../journal/upload-store.ts'
import { withTimeout } from '../platform/delays.ts'
import { identityAt, isUntouched } from '../platform/files/file-identity.ts'

import type { EngineCalls } from './engine-api.ts'
import type { Adding } from './areas/adding.ts'
import type { Base } from './areas/base.ts'
import type { Control } from './areas/control.ts'
import type { Finding } from './areas/finding.ts'
import type { People } from './areas/people.ts'
import type { Sending } from './areas/sending.ts'
import type { Uploads } from './areas/uploads.ts'
import type { View } from './areas/view.ts'

/** The areas of the engine (see `engine.ts`). */
export interface Areas {
  readonly base: Base
  readonly people: People
  readonly uploads: Uploads
  readonly sending: Sending
  readonly control: Control
  readonly adding: Adding
  readonly finding: Finding
  readonly view: View
}

function waitingFileCalls(waitingFiles: WaitingFiles) {
  return {
    waitingFiles: async () => success(waitingFiles.view()),
    discardWaitingFiles: async () => waitingFiles.discard(),
    undoDiscardWaitingFiles: async () => waitingFiles.undoDiscard(),
    retryWaitingFiles: async () => success(waitingFiles.addIfPossible()),
  } satisfies Partial<EngineCalls>
}

function accountCalls(areas: Areas) {
  const { signIns, sealing } = areas.people
  return {
    session: async () => success(signIns.view()),
    signIn: ({ email, password }) => signIns.signIn(email, password),
    signInToProxy: ({ proxy, name, password }) => signIns.signInToProxy(proxy, { name, password }),
    leaveProxy: async () => signIns.leaveProxy(),
    signInWithKey: ({ key }) => signIns.signInWithKey(key),
    startPairing: () => signIns.startPairing(),
    cancelPairing: async () => signIns.cancelPairing(),
    signOut: (request) => signOut(request, areas),
    async discardSealed() {
      const discarded = await sealing.discard()
      return discarded.ok ? success(signIns.view()) : discarded
    },
    async chooseTeam(choice) {
      const chosen = signIns.choose(choice)
      // Files that were added before are for it too.
      const undecided = chosen.ok ? areas.adding.review.views().filter(({ team }) => team === null) : []
      for (const { id } of undecided) areas.adding.review.setTeam(id, choice)
      return chosen
    },
    async refreshTeams() {
      await signIns.refreshTeams()
      return success(undefined)
    },
  } satisfies Partial<EngineCalls>
}

/** What is known about single uploads, of the list or the history. */
function factCalls({ base: { store }, people: { signIns }, uploads, finding: { companions }, view }: Areas) {
  const { rows, inspector } = uploads
  const recordOf = (id: string) => rows.get(id)?.record ?? store.find(id)
  return {
    async modelFacts({ id }) {
      const record = recordOf(id)
      return success(record ? await inspector.readDetails(fileToInspect(record)) : null)
    },
    async recognitionReport({ id }) {
      const record = recordOf(id)
      return record ? inspector.report(fileToInspect(record)) : failed(failure('not-found'))
    },
    companions: async ({ id, isSearched }) => success(await companions.ofUpload(recordOf(id), isSearched)),
    missingCompanions: async () => success(companions.ofList(signIns.hidden())),
    async receipts({ ids }) {
      const found = new Map<string, UploadRecord>()
      for (const id of ids) {
        const record = recordOf(id)
        if (record && !found.has(id)) for (const one of withWholeModel(record, store)) found.set(one.id, one)
      }
      return success([...found.values()].flatMap((record) => receiptOf(toUploadRow(record, null)) ?? []))
    },
    async uploadLog({ id }) {
      const record = recordOf(id)
      if (!record || signIns.hidden().has(record.accountId)) return success(null)
      return success(logDocumentOf(rows.view(id) ?? toUploadRow(record, null), store.logs.read(id)))
    },
    async modelStatus({ id }) {
      const record = recordOf(id)
      return success(record ? await view.modelStatus(record) : null)
    },
  } satisfies Partial<EngineCalls>
}

/** The engine's implementations of the calls of the contract, one function each. */
export function engineCalls(areas: Areas): EngineCalls {
  const { store, hashCache } = areas.base
  const { signIns } = areas.people
  const { details, library } = areas.uploads
  const { commands, corrections } = areas.control
  const { intake, review } = areas.adding
  const { finder, watchedFolders, reading, waitingFiles } = areas.finding
  const { feed, doneToday } = areas.view
  const bases = new Map<string, string>()
  return {
    snapshot: async () => success(feed.snapshot()),
    ...accountCalls(areas),
    addFiles: ({ paths, team }) => waitingFiles.add(paths, { source: 'window', ...(team && { team }) }),
    stopReading: async () => success(reading.stop()),
    ...waitingFileCalls(waitingFiles),
    editTarget: async ({ id, change }) => commands.editTarget(id, change),
    editTargets: async ({ changes }) => commands.editTargets(changes),
    declineType: async ({ ids }) => corrections.decline(ids),
    pause: ({ ids }) => commands.pause(ids),
    async stopPausing({ ids }) {
      commands.stopPausing(ids)
      return success(undefined)
    },
    /** While all uploads are paused, only these run again. */
    async resume({ ids }) {
      const { hold } = areas.sending
      if (!hold.isPausedByUser()) return commands.resume(ids)
      const chosen = new Set(ids)
      const others = feed.snapshot().rows.filter((row) => toggleOf(row) === 'pause' && !chosen.has(row.id))
      const pausing = commands.pause(others.map(({ id }) => id))
      const stored = await pauseAll(areas, false)
      const resumed = commands.resume(ids)
      const paused = await pausing
      return [resumed, paused].find(({ ok }) => !ok) ?? stored
    },
    pauseAll: () => pauseAll(areas, true),
    /** Also ends the pause of single files: "resume all" means everything that is shown. */
    async resumeAll() {
      const stored = await pauseAll(areas, false)
      const paused = feed
        .snapshot()
        .rows.filter(({ phase, pausing }) => phase === 'paused' || pausing?.isSingle)
      const resumed = commands.resume(paused.map(({ id }) => id))
      return resumed.ok ? stored : resumed
    },
    cancel: ({ ids }) => commands.cancel(ids),
    undoRemove: async ({ ids }) => commands.undoRemove(ids),
    undoAdd: async ({ drop }) => commands.undoAdd(drop),
    reviews: async () => success(review.views()),
    excludeFromReview: ({ ids }) => excludeFromReview(areas, new Set(ids)),
    discardReview({ review: id }) {
      // Otherwise the files that are still being inspected open the review again.
      intake.discardReviewed(id)
      return excludeFromReview(areas, new Set(review.ids(id)))
    },
    setReviewTeam: async ({ review: id, team }) => review.setTeam(id, team),
    disallow: async ({ ids }) => commands.disallow(ids),
    retry({ ids }) {
      // Of an upload that is registered, only the verification can be repeated.
      areas.sending.verifier.verify(ids)
      // The user may have fixed what prevented comparing the files with the library.
      library.forgetFailures()
      return commands.retry(ids)
    },
    async library({ choice, ...age }) {
      const listing = await library.models(choice, age)
      return listing.ok ? success(withBases(listing.value, bases, store)) : listing
    },
    agents: ({ choice }) => library.agents(choice),
    async changeModel({ choice, modelId, change }) {
      const wrong = targetFailure({ displayName: 'x', modelType: 'x', modelPath: 'x', ...change })
      return wrong ? failed(wrong) : library.change(choice, modelId, change)
    },
    hasLocalFile: async ({ sha256 }) => success((await localFileWith(hashCache, sha256)).ok),
    moveUploads: async ({ ids, before }) => commands.moveUploads(ids, before),
    moveToTop: async ({ ids }) => commands.moveToTop(ids),
    dismiss: async ({ ids }) => doneToday.dismiss(ids),
    forget: async ({ ids }) => doneToday.forget(ids),
    watch: async ({ id }) => success(details.watch(id)),
    ...factCalls(areas),
    async history(query) {
      const found = store.history({ ...query, hidden: signIns.hidden() })
      const nextBeforeMs = found.length < query.limit ? null : (found.at(-1)?.state.finishedAtMs ?? null)
      return success({ rows: found.map((record) => toUploadRow(record, null)), nextBeforeMs })
    },
    historyFilters: async () => success(store.historyFilters(signIns.hidden())),
    ...finder.calls,
    ...watchedFolders.calls,
  }
}

/** `bases` are those found before: reading them from the journal again takes 10 µs for each model. */
function withBases(
  listing: LibraryListing,
  bases: Map<string, string>,
  { basesOf }: Pick<UploadStore, 'basesOf'>,
): LibraryListing {
  const others = listing.models.flatMap(({ id }) => (bases.has(id) ? [] : id))
  for (const [id, base] of basesOf(others)) bases.set(id, base)
  if (bases.size === 0) return listing
  const models = listing.models.map((model) => {
    const base = bases.get(model.id)
    return base === undefined ? model : { ...model, base }
  })
  return { ...listing, models }
}

/** The upload, and the other files of its multi-file model that are in the same team's library. */
function withWholeModel(
  record: UploadRecord,
  { registeredFilesOf }: Pick<UploadStore, 'registeredFilesOf'>,
): readonly UploadRecord[] {
  const key = record.seen?.group?.key
  const others = key === undefined ? [] : registeredFilesOf(key)
  return [record, ...others.filter((other) => other.id !== record.id && isSameTeam(other, record))]
}

/** The user waits for the sign-out; what is not cleaned up then stays listed until the next sign-in. */
const cleanUpLimitMs = 15_000

/**
 * Signs out. What belongs to the user is encrypted with the last sign-in on the server; a key for it is stored
 * before anything else happens. Uploads that are to be removed are cancelled first, and if that fails, the account
 * stays signed in: the server may be adding the model of one of them to the library.
 */
async function signOut({ accountId, data }: CallArgs<'signOut'>, areas: Areas): Promise<Result<SessionView>> {
  const { signIns, sealing } = areas.people
  const { commands } = areas.control
  const { library } = areas.uploads
  const { abandonedUploads } = areas.sending
  const accounts = areas.people.accounts.list()
  const account = accounts.find(({ id }) => id === accountId)
  const isLast = isLastSignIn(accounts, accountId)
  const prepared = isLast && data === undefined ? await sealing.prepare() : success(undefined)
  if (!prepared.ok) return prepared
  const mustRemove = isLast && data === 'removed'
  const cancelled = mustRemove ? await cancelUploadsOf(accountId, areas) : success(undefined)
  if (!cancelled.ok) return cancelled
  await commands.suspendAccount(accountId)
  // Storage is cleaned up while there is a sign-in for it.
  if (mustRemove) await withTimeout(abandonedUploads.cleanUp(), areas.base.timers, cleanUpLimitMs)
  let sealed: Promise<Result<void>> = Promise.resolve(success(undefined))
  let forgotten = Promise.resolve()
  const signedOut = await signIns.signOut(accountId, isLast ? data : undefined, () => {
    signIns.announce()
    if (account) forgotten = library.forget(account)
    if (isLast && data !== 'kept') sealed = sealing.sealDeparted()
  })
  await forgotten
  const done = await sealed
  // The server was informed meanwhile, which may have failed and been logged.
  await sealing.eraseLogsAgain()
  return signedOut.ok && !done.ok ? done : signedOut
}

/** Cancels all uploads of an account, also those that are added while a cancellation waits for the server. */
async function cancelUploadsOf(
  accountId: string,
  { uploads: { rows }, control: { commands } }: Areas,
): Promise<Result<void>> {
  const cancelledIds = new Set<string>()
  const remainingIds = () =>
    rows.ids().filter((id) => !cancelledIds.has(id) && rows.get(id)?.record.accountId === accountId)
  for (let ids = remainingIds(); ids.length > 0; ids = remainingIds()) {
    const cancelled = await commands.cancel(ids)
    if (!cancelled.ok) return cancelled
    for (const id of ids) cancelledIds.add(id)
  }
  return success(undefined)
}

/** Removes files from their review; returns their ids. */
async function excludeFromReview(
  { adding: { review }, uploads: { rows }, control: { commands } }: Areas,
  ids: ReadonlySet<string>,
): Promise<Result<readonly string[]>> {
  const excluded = review.ids().filter((id) => ids.has(id))
  const records = excluded.flatMap((id) => rows.get(id)?.record ?? [])
  const removed = await commands.cancel(excluded)
  if (removed.ok) review.excluded(new Set(records.map(reviewIdOf)))
  return removed.ok ? success(excluded) : removed
}

function pauseAll({ sending, view }: Areas, isPaused: boolean): Promise<Result<void>> {
  const applied = sending.hold.pauseAll(isPaused)
  view.feed.touched()
  return applied
}

/** Path of a file on this computer that had these bytes and has not been changed since. */
export async function localFileWith(cache: HashCache, sha256: string): Promise<Result<string>> {
  for (const { path, identity } of cache.filesWith(sha256)) {
    const now = await identityAt(path)
    if (now.ok && isUntouched(now.value, identity)) return success(path)
  }
  return failed(failure('file-missing'))
}
