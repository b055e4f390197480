import type { Accounts } from '../accounts/accounts.ts'
import { isSamePerson, type Account, type Team } from '../contract/account.ts'
import { success, type FailureCode, type Result } from '../contract/failures.ts'
import { isKnownServer } from '../contract/servers.ts'
import type { Settings } from '../contract/settings.ts'
import type { AccountFilter, UploadFilter } from '../journal/process-claims.ts'
import { isStopped, type Rows } from '../journal/rows.ts'
import type { FoundAs, UploadRecord } from '../journal/upload-record.ts'
import type { UploadStore } from '../journal/upload-store.ts'
import type { Queue } from '../queue/queue.ts'
import { uploadKey } from '../recognition/model-groups.ts'
import type { FoundFile } from '../recognition/found-file.ts'

/** The commands that let an upload continue. */
export interface AdoptCommands {
  /** Uploads files that need to be accepted; returns whether any was waiting for that. */
  allow(ids: readonly string[]): Result<boolean>
  /**
   * Continues a stopped upload, unless the signal aborts before. Returns whether it was stopped, and is not any more.
   */
  continueUpload(id: string, signal?: AbortSignal): Promise<Result<boolean>>
  /** Queues an upload in review that has no failure; returns whether it was. */
  approve(id: string): Result<boolean>
}

interface AdoptServices {
  readonly store: UploadStore
  readonly rows: Rows
  readonly queue: Queue
  readonly commands: AdoptCommands
  readonly accounts: Pick<Accounts, 'list'>
}

interface AdoptRequest {
  readonly accountId: string
  readonly team: Team
  readonly signal?: AbortSignal | undefined
  readonly allow?: ReadonlySet<FailureCode>
  /** The user has approved these files: those in review are queued. */
  readonly isApproved: boolean
  /** What the user was shown of the files that were approved. */
  readonly shown?: ReadonlyMap<FoundFile, UploadRecord> | undefined
  /** Called with each upload that is found. */
  readonly onUploads?: ((ids: readonly string[], how: 'continued' | 'queued') => void) | undefined
}

interface Adopted {
  /** Files of uploads that run or wait already. */
  readonly alreadyQueued: ReadonlySet<FoundFile>
  /** Files of uploads that were stopped and continue now. */
  readonly continued: ReadonlySet<FoundFile>
  /** Files of uploads that were inspected again and are still refused. */
  readonly stillRefused: ReadonlySet<FoundFile>
  /** The number of uploads that continue. */
  readonly continuedCount: number
  /** The number of uploads that are still refused. */
  readonly stillRefusedCount: number
}

/** What a file that is added again does to its upload. */
type AdoptOutcome = 'already-queued' | 'continued' | 'still-refused'

/**
 * Finds uploads of these files for the same user and team, with either sign-in, so that dropping a file
 * again, or repeating the command after a crash, continues the upload instead of starting another. Rows of a
 * dead process are adopted; stopped rows of a living one are left to it.
 */
export async function adoptUploads(
  services: AdoptServices,
  files: readonly FoundFile[],
  request: AdoptRequest,
): Promise<Result<Adopted>> {
  const { store, rows } = services
  const { accountId, team, signal } = request
  if (signal?.aborted) return success(nothingAdopted)
  const accountIds = accountsOfPerson(services.accounts.list(), accountId)
  // Of two equal files the first one counts.
  const fileByKey = new Map(files.toReversed().map((file) => [uploadKey(file), file]))
  const filter = { paths: files.map(({ path }) => path), accountIds, teamId: team.id }
  const queued = store.queuedUploadsOf(filter).filter((record) => fileByKey.has(keyOfRecord(record)))
  const claimed = claim(services, { ids: queued.map(({ id }) => id) }, request.onUploads)
  if (!claimed.ok) return claimed
  const continuedIds = new Set(claimed.value.map(({ id }) => id))
  const continued = new Set(claimed.value.map(keyOfRecord))
  // An upload that another process runs is waited for (see file-claims.ts); one that it has stopped is left to it.
  const stoppedElsewhere = queued.filter(({ id, phase }) => !rows.has(id) && phase !== 'waiting')
  const alreadyQueued = new Set(stoppedElsewhere.map(keyOfRecord))
  const stillRefused = new Set<string>()
  let stillRefusedCount = 0
  const keysOf = { continued, 'already-queued': alreadyQueued, 'still-refused': stillRefused }
  const isRequested = (record: UploadRecord) =>
    record.phase !== 'registered' &&
    fileByKey.has(keyOfRecord(record)) &&
    !continued.has(keyOfRecord(record)) &&
    accountIds.includes(record.accountId) &&
    record.team.id === team.id
  for (const id of rows.ids()) {
    if (signal?.aborted) break
    const record = rows.get(id)?.record
    if (!record || !isRequested(record)) continue
    const found = fileByKey.get(keyOfRecord(record))
    const placed = found ? placeAgain(rows, record, found) : success(undefined)
    if (!placed.ok) return placed
    const outcome = await continueOne(services, record, request, found)
    if (!outcome.ok) return outcome
    if (outcome.value === 'continued') continuedIds.add(id)
    if (outcome.value === 'still-refused') stillRefusedCount += 1
    keysOf[outcome.value].add(keyOfRecord(record))
  }
  const filesOf = (some: ReadonlySet<string>) => new Set(files.filter((file) => some.has(uploadKey(file))))
  return success({
    continued: filesOf(continued),
    alreadyQueued: filesOf(alreadyQueued),
    stillRefused: filesOf(stillRefused),
    continuedCount: continuedIds.size,
    stillRefusedCount,
  })
}

const nothingAdopted: Adopted = {
  continued: new Set(),
  alreadyQueued: new Set(),
  stillRefused: new Set(),
  continuedCount: 0,
  stillRefusedCount: 0,
}

const isInReview = (rows: Rows, id: string) => rows.get(id)?.live.phase === 'review'

/**
 * Those of the files whose uploads `adoptUploads` would find, without continuing any. Files in the review of
 * a process that has ended count as new ones, since they were not approved.
 */
export function queuedFiles(
  { store, accounts }: Pick<AdoptServices, 'store' | 'accounts'>,
  files: readonly FoundFile[],
  { accountId, team }: { readonly accountId: string; readonly team: Team },
): ReadonlySet<FoundFile> {
  const accountIds = accountsOfPerson(accounts.list(), accountId)
  const filter = { paths: files.map(({ path }) => path), accountIds, teamId: team.id }
  const found = store.queuedUploadsOf(filter)
  const isReviewed = found.some(({ phase }) => phase === 'review')
  const unclaimed = new Set(isReviewed ? store.unclaimed().map(({ id }) => id) : [])
  const queued = found.filter(({ id, phase }) => phase !== 'review' || !unclaimed.has(id))
  const keys = new Set(queued.map(keyOfRecord))
  return new Set(files.filter((file) => keys.has(uploadKey(file))))
}

/** Continues a stopped upload as far as the user has approved it. */
async function continueOne(
  services: AdoptServices,
  record: UploadRecord,
  request: AdoptRequest,
  file: FoundFile | undefined,
): Promise<Result<AdoptOutcome>> {
  const outcome = await tryToContinue(services, record, request, file)
  if (outcome.ok) request.onUploads?.([record.id], outcome.value === 'continued' ? 'continued' : 'queued')
  return outcome
}

async function tryToContinue(
  services: AdoptServices,
  record: UploadRecord,
  request: AdoptRequest,
  file: FoundFile | undefined,
): Promise<Result<AdoptOutcome>> {
  const { rows } = services
  const { id } = record
  const { shown, signal } = request
  const isShown = shown !== undefined && isInReview(rows, id)
  const continued = isShown
    ? approveAsShown(services, id, file && shown.get(file))
    : await continueStopped(services, record, request)
  if (!continued.ok) return continued
  if (continued.value) return success('continued')
  const row = rows.get(id)
  // After an abort, it may not have been inspected.
  const isInspected = !isShown && signal?.aborted !== true
  return success(isInspected && row && isStopped(row) ? 'still-refused' : 'already-queued')
}

/** Returns whether the upload was stopped and continues. */
async function continueStopped(
  { commands, rows }: AdoptServices,
  { id, failure: reason }: UploadRecord,
  { allow, isApproved, signal }: AdoptRequest,
): Promise<Result<boolean>> {
  const isAllowed = reason !== null && allow?.has(reason.code)
  const continued = isAllowed ? commands.allow([id]) : await commands.continueUpload(id, signal)
  return continued.ok && isApproved && isInReview(rows, id) ? commands.approve(id) : continued
}

/**
 * Queues an upload in review as the user was shown it, not as it was set in the window; one that was not shown
 * stays there. Returns whether it was queued.
 */
function approveAsShown(
  { commands, rows }: Pick<AdoptServices, 'commands' | 'rows'>,
  id: string,
  shown: UploadRecord | undefined,
): Result<boolean> {
  if (!shown || shown.failure !== null) return success(false)
  const { identity, target, recognition, allowed, library, seen } = shown
  const changed = rows.change(id, { identity, target, recognition, allowed, library, seen, failure: null })
  return changed.ok ? commands.approve(id) : changed
}

/** A refused file may be accepted in the place where the user has added it now. */
function placeAgain(rows: Rows, { id, failure, seen }: UploadRecord, found: FoundFile): Result<void> {
  if ((failure?.code !== 'file-link' && failure?.code !== 'file-outside') || !seen) return success(undefined)
  const { group: _group, boundary: _boundary, isNamed: _isNamed, ...rest } = seen
  return rows.change(id, { seen: { ...rest, ...foundAs(found) } })
}

/** How a file was found, for its record. */
export function foundAs({ place, group, boundary, isNamed }: FoundFile): Omit<FoundAs, 'target'> {
  return {
    place,
    ...(group ? { group } : {}),
    ...(boundary === undefined ? {} : { boundary }),
    ...(isNamed ? { isNamed } : {}),
  }
}

const keyOfRecord = ({ path, fileName, seen }: UploadRecord) =>
  uploadKey({ path, name: fileName, group: seen?.group })

/**
 * Continues what dead processes left behind, for all accounts of everyone who is signed in to a known server;
 * returns the ids.
 */
export async function adoptAccountUploads(
  services: AdoptServices & { readonly settings: Pick<Settings, 'server' | 'servers'> },
  signal: AbortSignal,
): Promise<Result<readonly string[]>> {
  const known = services.accounts.list().filter(({ server }) => isKnownServer(services.settings, server))
  const signedIn = known.filter(({ state }) => state === 'ready')
  const accounts = known.filter((account) => signedIn.some((other) => isSamePerson(other, account)))
  const claimed = claim(services, { accountIds: accounts.map(({ id }) => id) })
  if (!claimed.ok) return claimed
  const ids = services.rows.ids().filter((id) => !isInReview(services.rows, id))
  for (const id of ids) {
    if (signal.aborted) break
    const moved = await services.commands.continueUpload(id, signal)
    if (!moved.ok) return moved
  }
  return success(ids)
}

/** Ids of all accounts of an account's user on the same server. */
export function accountsOfPerson(known: readonly Account[], accountId: string): readonly string[] {
  const own = known.find(({ id }) => id === accountId)
  if (!own) return [accountId]
  return known.filter((account) => isSamePerson(account, own)).map(({ id }) => id)
}

/** Claims abandoned uploads for this process, and queues and returns those that were waiting. */
function claim(
  { store, rows, queue }: AdoptServices,
  filter: UploadFilter | AccountFilter,
  onUploads?: AdoptRequest['onUploads'],
): Result<readonly UploadRecord[]> {
  const ids = 'ids' in filter ? new Set(filter.ids) : null
  // Most added files are new, and then the journal isn't written.
  if (ids?.size === 0) return success([])
  const claimed = store.claimQueue(filter, (id) => !rows.has(id) && (ids === null || ids.has(id)))
  if (!claimed.ok) return claimed
  rows.restore(claimed.value)
  const waiting = claimed.value.filter(({ phase }) => phase === 'waiting')
  queue.add(waiting.map(({ id }) => id))
  onUploads?.(
    waiting.map(({ id }) => id),
    'continued',
  )
  return success(waiting)
}
