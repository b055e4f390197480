import type { Accounts } from '../accounts/accounts.ts'
import { isSamePerson, type Account, type Team } from '../contract/account.ts'
import { success, type FailureCode, type Result } from '../contract/failures.ts'
import { isKnownServer } from '../contract/servers.ts'
import type { Settings } from '../contract/settings.ts'
import { isStopped, type Rows } from '../journal/rows.ts'
import type { UploadRecord } from '../journal/upload-record.ts'
import { uploadKey } from '../recognition/model-groups.ts'
import type { FoundFile } from '../recognition/found-file.ts'
import { foundAs } from './new-record.ts'

/** The commands that let an upload continue. */
export interface ContinueCommands {
  /** Uploads files that need to be accepted; returns whether any was waiting for that. */
  allow(ids: readonly string[]): Result<boolean>
  /**
   * Continues an upload that is stopped or that this engine doesn't run yet, unless the signal aborts before. Returns
   * whether it was, and is not any more.
   */
  continueUpload(id: string, signal?: AbortSignal): Promise<Result<boolean>>
  /** Queues an upload in review that has no failure; returns whether it was. */
  approve(id: string): Result<boolean>
}

interface ContinueServices {
  readonly rows: Rows
  readonly commands: ContinueCommands
  readonly accounts: Pick<Accounts, 'list'>
}

interface ContinueRequest {
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

/** What a file that is added again does to its upload. */
type ContinueOutcome = 'already-queued' | 'continued' | 'still-refused'

interface FilesInQueue {
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

/**
 * Finds uploads of these files for the same user and team, with either sign-in, so that dropping a file
 * again, or repeating the command after a crash, continues the upload instead of starting another.
 */
export async function continueUploads(
  services: ContinueServices,
  files: readonly FoundFile[],
  request: ContinueRequest,
): Promise<Result<FilesInQueue>> {
  const { rows } = services
  // Of two equal files the first one counts.
  const fileByKey = new Map(files.toReversed().map((file) => [uploadKey(file), file]))
  const keysOf = {
    continued: new Set<string>(),
    'already-queued': new Set<string>(),
    'still-refused': new Set<string>(),
  }
  const counts = { continued: 0, 'already-queued': 0, 'still-refused': 0 }
  const isOfRequest = unfinishedUploadFilter(services.accounts.list(), request)
  for (const id of rows.ids()) {
    if (request.signal?.aborted) break
    const record = rows.get(id)?.record
    if (!record || !isOfRequest(record)) continue
    const key = keyOfRecord(record)
    const found = fileByKey.get(key)
    if (!found || keysOf.continued.has(key)) continue
    const placed = placeAgain(rows, record, found)
    if (!placed.ok) return placed
    const outcome = await continueOne(services, record, request, found)
    if (!outcome.ok) return outcome
    counts[outcome.value] += 1
    keysOf[outcome.value].add(key)
  }
  const filesOf = (some: ReadonlySet<string>) => new Set(files.filter((file) => some.has(uploadKey(file))))
  return success({
    continued: filesOf(keysOf.continued),
    alreadyQueued: filesOf(keysOf['already-queued']),
    stillRefused: filesOf(keysOf['still-refused']),
    continuedCount: counts.continued,
    stillRefusedCount: counts['still-refused'],
  })
}

/** Returns a function that says whether an upload is one of this user to this team, and not in the library yet. */
function unfinishedUploadFilter(
  known: readonly Account[],
  { accountId, team }: Pick<ContinueRequest, 'accountId' | 'team'>,
): (record: UploadRecord) => boolean {
  const accountIds = accountsOfPerson(known, accountId)
  return (record) =>
    record.phase !== 'registered' && record.team.id === team.id && accountIds.includes(record.accountId)
}

const isInReview = (rows: Rows, id: string) => rows.get(id)?.live.phase === 'review'

/**
 * Those of the files whose uploads `continueUploads` would find, without continuing any. Files in a review of an earlier
 * process count as new ones for a command, since they were not approved.
 */
export function queuedFiles(
  { rows, accounts }: Pick<ContinueServices, 'rows' | 'accounts'>,
  files: readonly FoundFile[],
  request: Pick<ContinueRequest, 'accountId' | 'team'>,
): ReadonlySet<FoundFile> {
  const isOfRequest = unfinishedUploadFilter(accounts.list(), request)
  const keys = new Set<string>()
  for (const id of rows.ids()) {
    const { record, live } = rows.get(id) ?? {}
    if (record && isOfRequest(record) && (live?.phase !== 'review' || live.isRequested))
      keys.add(keyOfRecord(record))
  }
  return new Set(files.filter((file) => keys.has(uploadKey(file))))
}

/** Continues a stopped upload as far as the user has approved it. */
async function continueOne(
  services: ContinueServices,
  record: UploadRecord,
  request: ContinueRequest,
  file: FoundFile,
): Promise<Result<ContinueOutcome>> {
  const outcome = await tryToContinue(services, record, request, file)
  if (!outcome.ok) return outcome
  // Also one that stays in review is followed.
  if (services.rows.get(record.id)?.live.isRequested === false) services.rows.request(record.id)
  request.onUploads?.([record.id], outcome.value === 'continued' ? 'continued' : 'queued')
  return outcome
}

async function tryToContinue(
  services: ContinueServices,
  record: UploadRecord,
  request: ContinueRequest,
  file: FoundFile,
): Promise<Result<ContinueOutcome>> {
  const { rows } = services
  const { id } = record
  const { shown, signal } = request
  const isShown = shown !== undefined && isInReview(rows, id)
  const continued = isShown
    ? approveAsShown(services, id, shown.get(file))
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
  { commands, rows }: ContinueServices,
  { id, failure: reason }: UploadRecord,
  { allow, isApproved, signal }: ContinueRequest,
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
  { commands, rows }: Pick<ContinueServices, 'commands' | 'rows'>,
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

const keyOfRecord = ({ path, fileName, seen }: UploadRecord) =>
  uploadKey({ path, name: fileName, group: seen?.group })

export interface ContinueAllRequest extends Pick<ContinueRequest, 'onUploads'> {
  readonly accountIds: readonly string[]
  /** Only these uploads, instead of all. */
  readonly ids?: readonly string[]
  readonly signal: AbortSignal
}

/**
 * Continues unfinished uploads but those in review, for all accounts of the users of these accounts who are signed in
 * to a known server; returns the ids.
 */
export async function continueAllUploads(
  {
    rows,
    accounts,
    commands,
    settings,
  }: ContinueServices & {
    readonly settings: Pick<Settings, 'server' | 'servers'>
  },
  { accountIds, ids: asked, signal, onUploads }: ContinueAllRequest,
): Promise<Result<readonly string[]>> {
  const known = accounts.list().filter(({ server }) => isKnownServer(settings, server))
  const signedIn = known.filter(({ id, state }) => state === 'ready' && accountIds.includes(id))
  const ofSignedIn = known.filter((account) => signedIn.some((other) => isSamePerson(other, account)))
  const continuedIds = new Set(ofSignedIn.map(({ id }) => id))
  const ids = (asked ?? rows.ids()).filter((id) => {
    const { record, live } = rows.get(id) ?? {}
    return (
      record && continuedIds.has(record.accountId) && live?.phase !== 'review' && live?.phase !== 'registered'
    )
  })
  for (const id of ids) {
    if (signal.aborted) break
    const moved = await commands.continueUpload(id, signal)
    if (!moved.ok) return moved
    onUploads?.([id], moved.value ? 'continued' : 'queued')
  }
  return success(ids)
}

/** Ids of all accounts of an account's user on the same server. */
export function accountsOfPerson(known: readonly Account[], accountId: string): readonly string[] {
  const own = known.find(({ id }) => id === accountId)
  if (!own) return [accountId]
  return known.filter((account) => isSamePerson(account, own)).map(({ id }) => id)
}
