import { lstat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { serverOf, type Team, type TeamChoice } from '../contract/account.ts'
import type { UploadConfirmation } from '../contract/discovery.ts'
import { failed, failure, success, type Result } from '../contract/failures.ts'
import type { LibraryListing, LibraryModel } from '../contract/library.ts'
import type { AddReport, SkippedFile, Target } from '../contract/uploads.ts'
import type { ConfirmUpload } from '../discovery/places/confirm-upload.ts'
import { createFileReader, type FileReader, type MountQueue } from '../discovery/scan/mounts.ts'
import type { HashCache } from '../journal/hash-cache.ts'
import type { Rows } from '../journal/rows.ts'
import { isSameTeam, type UploadRecord } from '../journal/upload-record.ts'
import type { UploadStore } from '../journal/upload-store.ts'
import type { Environment } from '../platform/environment.ts'
import { identityBySample, identityOf, sameFile, type FileIdentity } from '../platform/files/file-identity.ts'
import type { FileToInspect, FoundFile } from '../recognition/found-file.ts'
import { uploadKey } from '../recognition/model-groups.ts'
import type { Intake } from './enqueue.ts'
import { fileWithBoundary } from './inspect-again.ts'

interface TeamOfAccount {
  readonly accountId: string
  readonly team: Team
}

/** Uploads files to another team that were uploaded to one before, or are in the queue for one. */
export interface TeamAdder {
  /**
   * Queues the files of uploads, of the queue or the history, with their present targets, after `confirm`;
   * null if the user declines. Of a model of several files in the queue, all files are added.
   */
  addUploads(
    ids: readonly string[],
    team: TeamChoice,
    confirm: ConfirmUpload,
  ): Promise<Result<AddReport | null>>
  /** The same for the files of library models that are on this computer; the others are skipped. */
  addModels(
    models: { readonly choice: TeamChoice; readonly modelIds: readonly string[] },
    team: TeamChoice,
    confirm: ConfirmUpload,
  ): Promise<Result<AddReport | null>>
}

interface TeamAdderServices {
  readonly store: Pick<UploadStore, 'find' | 'registeredAs'>
  readonly rows: Pick<Rows, 'get' | 'ids'>
  readonly library: { models(choice: TeamChoice): Promise<Result<LibraryListing>> }
  readonly hashCache: Pick<HashCache, 'filesWith'>
  readonly signIns: {
    resolve(choice: TeamChoice): TeamOfAccount | null
    hidden(): ReadonlySet<string>
  }
  readonly intake: Pick<Intake, 'enqueueFound'>
  readonly mountQueue: Pick<MountQueue, 'run'>
  readonly environment: Environment
}

interface FileSource {
  readonly file: FoundFile
  readonly target: Target
}

/** A file to upload, or why it can't be. */
type Source = FileSource | { readonly skipped: SkippedFile; readonly file?: never }

/** A file that may have the bytes of a model. */
interface Copy {
  readonly path: string
  readonly identity: FileIdentity
  /** The upload that registered it. */
  readonly record?: UploadRecord
}

export function createTeamAdder(services: TeamAdderServices): TeamAdder {
  const { store, rows, library, hashCache, signIns, intake, mountQueue, environment } = services
  const isShown = ({ accountId }: UploadRecord) => !signIns.hidden().has(accountId)

  /** The uploads and, of models of several files, those of all their files in the queue for the same team. */
  function recordsOf(ids: readonly string[]): readonly UploadRecord[] {
    const named = ids.flatMap((id) => rows.get(id)?.record ?? store.find(id) ?? []).filter(isShown)
    const modelOf = ({ seen, accountId, team }: UploadRecord) =>
      seen?.group && JSON.stringify([seen.group.key, accountId, team.id])
    const models = new Set(named.map(modelOf).filter((key) => key !== undefined))
    const others = rows.ids().flatMap((id) => rows.get(id)?.record ?? [])
    const ofModels = others.filter((record) => models.has(modelOf(record) ?? ''))
    return [...new Map([...named, ...ofModels].map((record) => [record.id, record])).values()]
  }

  // A new one each time: a folder that did not respond may do so now.
  const readFiles: FileReader = (files, read) =>
    createFileReader({ mountQueue, timers: environment.timers })(files, read)

  async function sourcesOf(records: readonly UploadRecord[], to: TeamOfAccount): Promise<readonly Source[]> {
    const others = records.filter((record) => !isSameTeam(record, to))
    const found = await readFiles(others, async (record) =>
      foundFile(await fileWithBoundary(record), record.identity),
    )
    return records.map((record) => {
      const { fileName: name, target } = record
      if (isSameTeam(record, to)) return { skipped: { name, reason: 'same-team' } }
      const file = found.get(record) ?? 'unresponsive'
      return typeof file === 'string' ? { skipped: { name, reason: file } } : { file, target }
    })
  }

  /** The files that were uploaded as these models, or others with their bytes. */
  async function sourcesOfModels(
    models: readonly LibraryModel[],
    from: TeamOfAccount,
  ): Promise<readonly Source[]> {
    const copiesOf = new Map(models.map((model) => [model, copiesOfModel(model, from)]))
    const found = await readFiles([...copiesOf.values()].flat(), async ({ path, record, identity }) =>
      foundFile(record ? await fileWithBoundary(record) : { path, folder: '', boundary: path }, identity),
    )
    return [...copiesOf].map(([{ displayName, modelType, modelPath }, copies]) => {
      const path = modelPath ?? copies.find(({ record }) => record)?.record?.target.modelPath
      const files = copies.map((copy) => found.get(copy) ?? 'unresponsive')
      const file = files.find((result) => typeof result !== 'string')
      if (file && path !== undefined) return { file, target: { displayName, modelType, modelPath: path } }
      const reason = files.includes('unresponsive') ? 'unresponsive' : 'not-here'
      return { skipped: { name: displayName, reason } }
    })
  }

  function copiesOfModel({ id, sha256 }: LibraryModel, from: TeamOfAccount): readonly Copy[] {
    const records = store.registeredAs(id).filter((record) => isShown(record) && isSameTeam(record, from))
    return [
      ...records.map((record) => ({ path: record.path, identity: record.identity, record })),
      ...(sha256 === null ? [] : hashCache.filesWith(sha256)),
    ]
  }

  async function add(
    sources: readonly Source[],
    to: TeamOfAccount,
    confirm: ConfirmUpload,
  ): Promise<Result<AddReport | null>> {
    const byKey = new Map<string, FileSource>()
    const skipped: SkippedFile[] = []
    for (const source of sources) {
      if (!source.file) {
        skipped.push(source.skipped)
        continue
      }
      const key = uploadKey(source.file)
      const other = byKey.get(key)
      if (!other) byKey.set(key, source)
      // One file has one upload for the team, so it can't be added at both paths.
      else if (other.target.modelPath !== source.target.modelPath)
        skipped.push({ name: source.target.displayName, reason: 'duplicate', kept: other.file.path })
    }
    const files = [...byKey.values()].map(({ file }) => file)
    if (files.length === 0) return success({ added: 0, refused: 0, skipped })
    if (!(await confirm(questionAbout(files, to)))) return success(null)
    return intake.enqueueFound(
      { files, skipped },
      {
        team: { accountId: to.accountId, teamId: to.team.id },
        targetOf: (file) => byKey.get(uploadKey(file))?.target ?? {},
      },
    )
  }

  return {
    async addUploads(ids, team, confirm) {
      const to = signIns.resolve(team)
      if (!to) return failed(failure('no-team'))
      return add(await sourcesOf(recordsOf(ids), to), to, confirm)
    },
    async addModels({ choice, modelIds }, team, confirm) {
      const [from, to] = [signIns.resolve(choice), signIns.resolve(team)]
      if (!from || !to) return failed(failure('no-team'))
      const listing = await library.models(choice)
      if (!listing.ok) return listing
      const ids = new Set(modelIds)
      const models = listing.value.models.filter(({ id }) => ids.has(id))
      return add(await sourcesOfModels(models, from), to, confirm)
    },
  }
}

function questionAbout(files: readonly FoundFile[], { accountId, team }: TeamOfAccount): UploadConfirmation {
  return {
    count: files.length,
    sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    items: files.map(({ name, path, sizeBytes }) => ({ name, path, sizeBytes })),
    team: team.name,
    server: serverOf(accountId),
  }
}

/** The file as it was found, or the reason why it is skipped: it is gone, or has other bytes now. */
async function foundFile(
  file: FileToInspect,
  expected: FileIdentity,
): Promise<FoundFile | 'gone' | 'changed'> {
  const { path } = file
  const stats = await lstat(path, { bigint: true }).catch(() => null)
  if (!stats) return 'gone'
  const identity = identityOf(stats)
  // Inodes and devices may have other numbers after a mount or a restart of the computer.
  const isSame =
    sameFile(identity, expected) ||
    (expected.sample !== undefined && (await identityBySample(path, expected)).ok)
  if (!isSame) return 'changed'
  const { name = basename(path), place = dirname(path) } = file
  return { ...file, ...identity, device: stats.dev, name, place, failure: null }
}
