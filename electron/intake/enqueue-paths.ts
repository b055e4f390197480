import { randomUUID } from 'node:crypto'
import { posix } from 'node:path'
import type { Team } from '../contract/account.ts'
import type { AddReport, Target } from '../contract/uploads.ts'
import { remedyOf, type Failure, type Result } from '../contract/failures.ts'
import { cleanLibraryPath } from '../contract/library-path.ts'
import type { Environment } from '../platform/environment.ts'
import type { OnConflict } from '../contract/library.ts'
import { collectFiles } from '../discovery/scan/collect-files.ts'
import type { FoundFile, Inspection } from '../recognition/found-file.ts'
import type { UploadRecord } from '../journal/upload-record.ts'

/** For whom files are added, and what the person said of them beforehand. */
export interface EnqueueOptions {
  readonly accountId: string
  readonly team: Team
  /** Overrides what was recognised, for each of the files. */
  readonly target?: Partial<Target>
  /** What is known of each file beforehand; goes before `target`'s. */
  readonly targetOf?: ((file: FoundFile) => Partial<Target>) | undefined
  /** Sends files that can run code when they are loaded: those that look suspicious, or all of them. */
  readonly allow?: AllowedRisk
  /** What to do should a path be taken; the person is asked unless told. */
  readonly onConflict?: OnConflict
  /** Nothing more is written down once it aborts. */
  readonly signal?: AbortSignal
}

/** What was said yes to beforehand. */
export type AllowedRisk = 'suspicious' | 'dangerous'

interface AddingOptions {
  readonly inspect: (file: FoundFile) => Promise<Inspection>
  readonly nextPosition: () => number
  /**
   * What the queue has of these files for this person and team already: dropped twice, a file is not sent twice. What
   * stood still goes on; the answer says which paths that concerns.
   */
  readonly takeUp: (paths: readonly string[]) => Promise<Result<Adopted>>
  /** Writes a batch down and queues it. */
  readonly accept: (records: readonly UploadRecord[]) => Result<void>
  readonly environment: Environment
}

export interface Adopted {
  /** Paths of uploads that are on their way already. */
  readonly underWay: ReadonlySet<string>
  /** Paths of uploads that had stopped and go on now. */
  readonly goesOn: ReadonlySet<string>
}

/** Written down together: one flush of the disk for many files, and the first rows show while the rest is looked at. */
const batchSize = 100

/**
 * Takes files and folders in: collects, recognises, writes down, queues. A refused file becomes a row as well, with its
 * failure, so that nobody wonders where it went.
 */
export async function enqueuePaths(
  paths: readonly string[],
  order: EnqueueOptions,
  { inspect, nextPosition, takeUp, accept, environment }: AddingOptions,
): Promise<Result<AddReport>> {
  const { files, skipped } = await collectFiles(paths)
  const taken = await takeUp(files.map(({ path }) => path))
  if (!taken.ok) return taken
  const { underWay, goesOn } = taken.value
  const fresh = files.filter(({ path }) => !underWay.has(path) && !goesOn.has(path))
  let added = goesOn.size
  let refused = 0
  for (let start = 0; start < fresh.length; start += batchSize) {
    const batch = fresh.slice(start, start + batchSize)
    const inspections = await Promise.all(batch.map((file) => inspect(file)))
    const records = batch.map((file, index) =>
      toRecord(file, inspections[index] as Inspection, order, nextPosition(), environment.now()),
    )
    if (order.signal?.aborted) break
    const written = accept(records)
    if (!written.ok) return written
    refused += records.filter(({ failure }) => failure !== null).length
    added += records.filter(({ failure }) => failure === null).length
  }
  const twice = files.filter(({ path }) => underWay.has(path)).map(({ name }) => ({ name, reason: 'queued' }))
  return { ok: true, value: { added, refused, skipped: [...skipped, ...twice] } }
}

/** Whether what was said yes to covers this failure. */
export function isAllowedBy(allow: AllowedRisk | undefined, reason: Failure): boolean {
  if (allow === undefined || remedyOf(reason) !== 'allow') return false
  return allow === 'dangerous' || reason.code !== 'file-dangerous'
}

/** What was said of a file. One that goes along with it is of the same type and lies beside it, under its own name. */
function saidOf(file: FoundFile, { target, targetOf }: EnqueueOptions): Partial<Target> {
  const { along } = file
  if (along === undefined) return { ...target, ...targetOf?.(file) }
  const { modelType, modelPath } = { ...target, ...targetOf?.(along) }
  return {
    ...(modelType === undefined ? {} : { modelType }),
    ...(modelPath === undefined
      ? {}
      : { modelPath: cleanLibraryPath(`${posix.dirname(modelPath)}/${file.name}`) }),
  }
}

function toRecord(
  file: FoundFile,
  { recognition, target, identity, failure: reason }: Inspection,
  order: EnqueueOptions,
  position: number,
  addedAtMs: number,
): UploadRecord {
  const isAllowed = reason !== null && isAllowedBy(order.allow, reason)
  const failure = isAllowed ? null : reason
  return {
    id: randomUUID(),
    position,
    path: file.path,
    fileName: file.name,
    folder: file.folder,
    identity,
    accountId: order.accountId,
    team: order.team,
    target: { ...target, ...saidOf(file, order) },
    recognition,
    allowed: isAllowed,
    phase: failure === null ? 'waiting' : 'failed',
    started: false,
    failure,
    multipart: null,
    storageKey: null,
    sha256: null,
    modelId: null,
    seen: { place: file.place, target, ...(file.group ? { group: file.group } : {}) },
    addedAtMs,
    finishedAtMs: null,
    ...(order.onConflict && order.onConflict !== 'ask' ? { library: { onConflict: order.onConflict } } : {}),
  }
}
