import { randomUUID } from 'node:crypto'
import { join, posix, relative, sep } from 'node:path'
import type { Accounts } from '../accounts/accounts.ts'
import type { Team, TeamChoice } from '../contract/account.ts'
import { failed, failure, success, type Result } from '../contract/failures.ts'
import { cleanLibraryPath } from '../contract/library-path.ts'
import type { OnConflict } from '../contract/library.ts'
import { withModelType, type AddReport, type Target } from '../contract/uploads.ts'
import type { FileWithTarget } from '../discovery/places/file-with-target.ts'
import { collectFiles } from '../discovery/scan/collect-files.ts'
import type { Rows } from '../journal/rows.ts'
import type { UploadRecord } from '../journal/upload-record.ts'
import type { UploadStore } from '../journal/upload-store.ts'
import type { Environment } from '../platform/environment.ts'
import type { Queue } from '../queue/queue.ts'
import type { FoundFile, Inspection } from '../recognition/found-file.ts'
import type { TypeCorrections } from './type-corrections.ts'
import { adoptUploads, isAllowedBy, type AdoptCommands, type AllowedRisk } from './adopt-uploads.ts'

export interface EnqueueRequest {
  /** Instead of the chosen team. */
  readonly team?: TeamChoice
  /** Overrides the suggested target of every file. A suggested path follows the type. */
  readonly target?: Partial<Target>
  /** Overrides it for single files; takes precedence over `target`. */
  readonly targetOf?: ((file: FoundFile) => Partial<Target>) | undefined
  /** Uploads files that can run code when loaded: suspicious ones only, or all of them. */
  readonly allow?: AllowedRisk
  /** Instead of the setting, for library paths that are in use. */
  readonly onConflict?: OnConflict
  /** The watched folder that all paths are in. */
  readonly watchedFolder?: string
  /** Nothing is recorded after it aborts. */
  readonly signal?: AbortSignal | undefined
}

interface IntakeServices {
  readonly store: UploadStore
  readonly rows: Rows
  readonly queue: Queue
  readonly accounts: Pick<Accounts, 'list'>
  readonly commands: AdoptCommands
  readonly environment: Environment
  readonly inspect: (file: FoundFile) => Promise<Inspection>
  /** The account and team for new files: the one given, else the chosen one; null when there is none. */
  readonly resolveTeam: (
    team: TeamChoice | null,
  ) => { readonly accountId: string; readonly team: Team } | null
  readonly onConflict: () => OnConflict
  /** Returns a function that finds the type that the user gave to similar files, or null. */
  readonly typeOffers: TypeCorrections['offers']
  /** Files are about to be inspected and sent: threads may start. */
  readonly warmUp: () => void
  /** A batch was recorded. */
  readonly batchEnqueued: (ids: readonly string[]) => void
  /** All files of a request were recorded. */
  readonly enqueued: (ids: readonly string[]) => void
}

/**
 * Files recorded in one transaction: one disk flush for many, and the first rows show while the others are
 * inspected.
 */
const batchSize = 100

/** The one way into the queue: scan, inspect, record, enqueue. */
export class Intake {
  readonly #services: IntakeServices

  constructor(services: IntakeServices) {
    this.#services = services
  }

  /**
   * Enqueues files and folders. A rejected file becomes a row as well, with its failure, so that the user
   * sees what happened to it. A file that the queue already has for this user and team is continued instead
   * of being added twice.
   */
  async enqueue(
    paths: readonly string[],
    { team, ...request }: EnqueueRequest = {},
  ): Promise<Result<AddReport>> {
    const { store, rows, queue, accounts, commands, inspect } = this.#services
    const chosen = this.#services.resolveTeam(team ?? null)
    if (!chosen) return failed(failure('no-team'))
    this.#services.warmUp()
    const { files, skipped } = await collectFiles(paths, { watchedFolder: request.watchedFolder })
    const order = { ...chosen, onConflict: this.#services.onConflict(), ...request }
    const adopted = await adoptUploads({ store, rows, queue, commands, accounts }, files, order)
    if (!adopted.ok) return adopted
    const { alreadyQueued, continued, continuedCount } = adopted.value
    const fresh = files.filter((file) => !alreadyQueued.has(file) && !continued.has(file))
    const ids: string[] = []
    let position = this.#lastPosition()
    let added = continuedCount
    let refused = 0
    for (let start = 0; start < fresh.length; start += batchSize) {
      const batch = fresh.slice(start, start + batchSize)
      const inspections = await Promise.all(batch.map((file) => inspect(file)))
      if (request.signal?.aborted) break
      const offerFor = this.#services.typeOffers()
      const records = batch.map((file, index) => {
        position += 1
        const addedAtMs = this.#services.environment.now()
        const record = toRecord(file, inspections[index] as Inspection, { ...order, position, addedAtMs })
        return withTypeOffer(record, offerFor(record))
      })
      const written = this.#record(records)
      if (!written.ok) return written
      ids.push(...records.map(({ id }) => id))
      refused += records.filter(({ failure: reason }) => reason !== null).length
      added += records.filter(({ failure: reason }) => reason === null).length
    }
    this.#services.enqueued(ids)
    const queuedBefore = files.filter((file) => alreadyQueued.has(file))
    return success({
      added,
      refused,
      skipped: [...skipped, ...queuedBefore.map(({ name }) => ({ name, reason: 'queued' }))],
    })
  }

  /**
   * Enqueues files whose targets are known, under the paths they were found by: a link may lead anywhere. The
   * target of a folder is the library folder of its files.
   */
  enqueuePlaced(
    placed: readonly FileWithTarget[],
    request: Omit<EnqueueRequest, 'targetOf'> = {},
  ): Promise<Result<AddReport>> {
    const targets = new Map(placed.map(({ path, target }) => [path, target]))
    return this.enqueue([...targets.keys()], {
      ...request,
      targetOf({ place, name, path }) {
        const foundAs = join(place, name)
        return targets.get(foundAs) ?? targets.get(path) ?? targetInFolder(placed, foundAs)
      },
    })
  }

  #record(records: readonly UploadRecord[]): Result<void> {
    const written = this.#services.rows.add(records)
    if (!written.ok) return written
    const waiting = records.filter(({ phase }) => phase === 'waiting')
    this.#services.queue.add(waiting.map(({ id }) => id))
    this.#services.batchEnqueued(records.map(({ id }) => id))
    return written
  }

  #lastPosition(): number {
    const { rows } = this.#services
    return rows.ids().reduce((last, id) => Math.max(last, rows.get(id)?.record.position ?? 0), 0)
  }
}

function targetInFolder(placed: readonly FileWithTarget[], path: string): Partial<Target> {
  for (const { path: folder, target } of placed) {
    if (target.modelPath === undefined || !path.startsWith(folder + sep)) continue
    const within = relative(folder, path).split(sep).join('/')
    return { ...target, modelPath: cleanLibraryPath(`${target.modelPath}/${within}`) }
  }
  return {}
}

/**
 * What the request says about a file. A companion file gets the type and folder of the file it belongs to,
 * and its own name.
 */
function requestedTarget(
  file: FoundFile,
  { target, targetOf }: Pick<EnqueueRequest, 'target' | 'targetOf'>,
): Partial<Target> {
  const { requiredBy } = file
  if (requiredBy === undefined) return { ...target, ...targetOf?.(file) }
  const { modelType, modelPath } = { ...target, ...targetOf?.(requiredBy) }
  return {
    ...(modelType === undefined ? {} : { modelType }),
    ...(modelPath === undefined
      ? {}
      : { modelPath: cleanLibraryPath(`${posix.dirname(modelPath)}/${file.name}`) }),
  }
}

/** The type that the user gave to similar files is offered, and not used unasked. */
function withTypeOffer(record: UploadRecord, offeredType: string | null): UploadRecord {
  return record.seen && offeredType !== null ? { ...record, seen: { ...record.seen, offeredType } } : record
}

interface RecordOptions extends Omit<EnqueueRequest, 'team'> {
  readonly accountId: string
  readonly team: Team
  readonly position: number
  readonly addedAtMs: number
}

function toRecord(
  file: FoundFile,
  { recognition, target, identity, failure: reason }: Inspection,
  options: RecordOptions,
): UploadRecord {
  const { accountId, team, onConflict, position, addedAtMs } = options
  const isAllowed = reason !== null && isAllowedBy(options.allow, reason)
  const failure = isAllowed ? null : reason
  const requested = requestedTarget(file, options)
  return {
    id: randomUUID(),
    position,
    path: file.path,
    fileName: file.name,
    folder: file.folder,
    identity,
    accountId,
    team,
    target: { ...withModelType(target, requested.modelType ?? target.modelType), ...requested },
    recognition,
    allowed: isAllowed,
    phase: failure === null ? 'waiting' : 'failed',
    failure,
    state: { kind: 'queued', started: false },
    seen: {
      place: file.place,
      target,
      ...(file.boundary === undefined ? {} : { boundary: file.boundary }),
      ...(file.group ? { group: file.group } : {}),
    },
    addedAtMs,
    ...(onConflict && onConflict !== 'ask' ? { library: { onConflict } } : {}),
  }
}
