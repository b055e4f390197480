import { failure, type Result } from '../contract/failures.ts'
import { pathKey } from '../contract/library-path.ts'
import type { LibraryListing, LibraryModel, ReplacedFate } from '../contract/library.ts'
import type { Environment } from '../platform/environment.ts'
import type { Library } from '../library/library.ts'
import { modelOf, registeredUploads, withoutOtherBytes } from './registered-copies.ts'
import { withTimeout, raceAbort } from '../platform/delays.ts'
import { runsBefore, isSameTeam } from './path-conflict.ts'
import type { FileHashes } from './file-hashes.ts'
import type { Outcome } from '../journal/outcome.ts'
import type { UploadRecord } from '../journal/upload-record.ts'
import type { Rows } from '../journal/rows.ts'
import { findSameFile } from './same-file.ts'
import { withStorageKeys } from './model-keys.ts'
import { resolvePathConflict } from './resolve-path-conflict.ts'
import { createDuplicates, type Duplicates } from './duplicates.ts'

/**
 * Looks, before a byte is sent, whether the team has these bytes already and whether something else has the path. Answers what
 * the run came to, or null when it is to be sent. What can't be found out never stands in the way.
 */
export interface ConflictCheck {
  check(id: string, signal: AbortSignal): Promise<Outcome | null>
  /** Uploads that wait for this one, which is over or stands still. */
  waitingFor(id: string): readonly string[]
}

interface Looking {
  readonly rows: Rows
  readonly library: Pick<Library, 'models' | 'model'>
  readonly hashes: FileHashes
  readonly environment: Environment
  readonly replacedFate: () => ReplacedFate
  /** Its path is taken and it was to be skipped: its row is gone. */
  readonly leftOut: (record: UploadRecord) => void
  /** The library has its bytes: it is over. */
  readonly found: (id: string, sha256: string, model: LibraryModel) => Result<void>
}

/** A library so large, or a server so slow, that its list takes longer than this is not waited for, in ms. */
const listWithinMs = 15_000
/** A model that was listed longer ago than this is looked up before anybody believes in it, in ms. */
const believedForMs = 30_000
/** The team's list is asked for anew where it was made longer than this before the file was added, in ms. */
const listedBeforeMs = 5_000
/** However long a file has waited, a list that is older than this has missed too much, in ms. */
const oldestListMs = 5 * 60_000
/** How soon a file that waits for another one looks again by itself, in ms: the other's end is told anyhow, its removal isn't. */
const againMs = 5_000

/** What one upload has in common with the one it waits for: its bytes, or its path. */
type WaitsFor = 'same-as-other' | 'path-goes-first'

export function createConflictCheck(options: Looking): ConflictCheck {
  const { rows, library, environment } = options
  const duplicates = createDuplicates(environment.timers)
  const waiters = new Map<string, Set<string>>()

  function waitFor(record: UploadRecord, other: UploadRecord, why: WaitsFor): Outcome {
    const known = waiters.get(other.id) ?? new Set()
    waiters.set(other.id, known.add(record.id))
    const name = other.target.displayName
    const { failure: before } = record
    // The same value, so that waiting on writes nothing.
    const isTold = before?.code === why && before.params['name'] === name
    const told = isTold ? before : failure(why, { name })
    return { kind: 'retry', failure: told, atMs: environment.now() + againMs }
  }

  async function look(id: string, signal: AbortSignal): Promise<Outcome | null> {
    const queued = rows.get(id)?.record
    if (!queued) return null
    // It waits for nobody now: whom it waited for must not wake it in the middle of its work.
    for (const waiting of waiters.values()) waiting.delete(id)
    const isBegun = queued.started || queued.multipart !== null || queued.storageKey !== null
    if (isBegun) return settleLate(queued, signal)
    // A file that can't be had says so when it is to be sent.
    const record = await foundAgain(queued, signal)
    if (!record) return null
    const asked = library.models(choiceOf(record), { maxAgeMs: ageFor(record, environment) })
    const listing = await listedInTime(asked, environment, signal)
    if (signal.aborted) return { kind: 'stopped' }
    const models = listing?.ok ? listing.value.models : []
    const listed = new Set(models.map((model) => model.id))
    const ours = registeredUploads(rows, record)
    const unlisted = ours.filter(({ modelId }) => !listed.has(modelId ?? '')).map(modelOf)
    const isSameSize = (one: LibraryModel) =>
      one.sizeBytes === record.identity.sizeBytes && one.sha256 !== null
    const others = await withoutOtherBytes(duplicates, record, ours)
    const sameSize = [...models, ...unlisted].filter((one) => isSameSize(one) && !others.has(one.id))
    if (sameSize.length > 0) {
      const isYoung = listing?.ok === true && environment.now() - listing.value.listedAtMs < believedForMs
      const look = { record, sameSize, isBelieved: (id: string) => isYoung && listed.has(id) }
      const there = await alreadyThere(options, look, signal)
      if (signal.aborted) return { kind: 'stopped' }
      if (there) return there
    }
    const twin = await twinOf({ ...options, duplicates }, record, signal)
    if (signal.aborted) return { kind: 'stopped' }
    if (twin) return waitFor(record, twin, 'same-as-other')
    return settle(id, models)
  }

  /** The upload with its file as it is found now, which may be under another inode; null where it can't be had. */
  async function foundAgain(record: UploadRecord, signal: AbortSignal): Promise<UploadRecord | null> {
    const file = await raceAbort(findSameFile(record), signal)
    if (!file?.ok) return null
    if (file.value === record.identity) return record
    return rows.change(record.id, { identity: file.value }).ok ? { ...record, identity: file.value } : null
  }

  /** Does what was decided about a taken path, or asks. */
  function settle(id: string, models: readonly LibraryModel[]): Outcome | null {
    const settled = resolvePathConflict(options, id, models)
    const record = rows.get(id)?.record
    return settled?.kind === 'behind'
      ? record
        ? waitFor(record, settled.other, 'path-goes-first')
        : { kind: 'stopped' }
      : settled
  }

  /** The server met a taken path only at registering, when all was sent: what was decided since is done. */
  async function settleLate(record: UploadRecord, signal: AbortSignal): Promise<Outcome | null> {
    const { onConflict, replaces } = record.library ?? {}
    // Once the place is being taken, what stands there may be the new model itself.
    const isUnderWay = replaces !== undefined && pathKey(replaces.path) === pathKey(record.target.modelPath)
    if (record.modelId !== null || !onConflict || isUnderWay) return null
    // Once all is stored, it may have been a taken path that refused it: the list that was known then didn't have it.
    const fresh = record.storageKey === null ? {} : { maxAgeMs: 0 }
    const listing = await listedInTime(library.models(choiceOf(record), fresh), environment, signal)
    const models = listing?.ok ? await withStorageKeys(library, record, listing.value.models) : null
    if (signal.aborted) return { kind: 'stopped' }
    return models && settle(record.id, models)
  }

  return {
    check: look,
    waitingFor(id) {
      const waiting = [...(waiters.get(id) ?? [])]
      waiters.delete(id)
      return waiting
    },
  }
}

/** How old the list may be: a drop is compared with the library as it is at the drop, once for all of its files. */
export const ageFor = (
  { addedAtMs }: Pick<UploadRecord, 'addedAtMs'>,
  environment: Pick<Environment, 'now'>,
) => Math.min(oldestListMs, Math.max(0, environment.now() - addedAtMs) + listedBeforeMs)

const choiceOf = ({ accountId, team }: UploadRecord) => ({ accountId, teamId: team.id })

/** The team's list, unless it takes too long: then null, and the answer serves whoever comes later. */
const listedInTime = (
  asked: Promise<Result<LibraryListing>>,
  environment: Environment,
  signal: AbortSignal,
) => raceAbort(withTimeout(asked, environment.timers, listWithinMs), signal)

interface Look {
  readonly record: UploadRecord
  readonly sameSize: readonly LibraryModel[]
  /** Whether the list has it and is so young that it need not be looked up. */
  isBelieved(modelId: string): boolean
}

/** Hashes the file and looks whether one of the models has that hash and is still there. */
async function alreadyThere(
  { rows, library, hashes, found }: Looking,
  { record, sameSize, isBelieved }: Look,
  signal: AbortSignal,
): Promise<Outcome | null> {
  const hash = await hashes.of(record, {
    signal,
    onProgress: (hashedBytes) => rows.progress(record.id, { hashedBytes }),
  })
  rows.progress(record.id, { hashedBytes: 0 })
  // A file that can't be read says so when it is to be sent.
  if (!hash?.ok) return null
  for (const listed of sameSize.filter(({ sha256 }) => sha256 === hash.value)) {
    const now = isBelieved(listed.id) ? null : await library.model(choiceOf(record), listed.id)
    if (signal.aborted) return null
    // A server that doesn't know the model any more has deleted it; one that is silent is not believed either way.
    if (now && (!now.ok || now.value.sha256 !== hash.value)) continue
    const written = found(record.id, hash.value, now?.value ?? listed)
    return written.ok ? { kind: 'done' } : { kind: 'failed', failure: written.failure }
  }
  return null
}

/** An upload of the same bytes to the same team that goes before this one. */
async function twinOf(
  { rows, hashes, duplicates }: Looking & { readonly duplicates: Duplicates },
  record: UploadRecord,
  signal: AbortSignal,
): Promise<UploadRecord | null> {
  const { sizeBytes } = record.identity
  for (const id of rows.ids()) {
    const other = rows.get(id)
    if (!other || !isSameTeam(other.record, record) || !runsBefore(other, record)) continue
    if (other.record.identity.sizeBytes !== sizeBytes || other.live.phase === 'paused') continue
    // A file that can't be read is not the same.
    if (!(await duplicates.mayBeEqual(record, other.record))) continue
    const watch = { signal, onProgress: () => {} }
    const [ours, theirs] = [await hashes.of(record, watch), await hashes.of(other.record, watch)]
    if (ours?.ok && theirs?.ok && ours.value === theirs.value) return other.record
  }
  return null
}
