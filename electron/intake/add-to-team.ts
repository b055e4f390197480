import { lstat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { serverOf, type Team, type TeamChoice } from '../contract/account.ts'
import { failed, failure, success, type Result } from '../contract/failures.ts'
import type { LibraryListing, LibraryModel } from '../contract/library.ts'
import type { AddReport, SkippedFile, Target } from '../contract/uploads.ts'
import type { ConfirmUpload } from '../discovery/places/confirm-upload.ts'
import type { HashCache } from '../journal/hash-cache.ts'
import type { Rows } from '../journal/rows.ts'
import { isSameTeam, type UploadRecord } from '../journal/upload-record.ts'
import type { UploadStore } from '../journal/upload-store.ts'
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
}

/** A file to upload, or why it can't be. */
type Source =
  | { readonly file: FoundFile; readonly target: Target }
  | { readonly skipped: SkippedFile; readonly file?: never }

export function createTeamAdder(services: TeamAdderServices): TeamAdder {
  const { store, rows, library, hashCache, signIns, intake } = services
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

  async function sourceOf(record: UploadRecord, to: TeamOfAccount): Promise<Source> {
    const { fileName: name, target, identity } = record
    if (isSameTeam(record, to)) return { skipped: { name, reason: 'same-team' } }
    const file = await foundFile(await fileWithBoundary(record), identity)
    return typeof file === 'string' ? { skipped: { name, reason: file } } : { file, target }
  }

  /** The file that was uploaded as this model, or another one with its bytes. */
  async function sourceOfModel(model: LibraryModel, from: TeamOfAccount): Promise<Source> {
    const { displayName, modelType, sha256 } = model
    const records = store
      .registeredAs(model.id)
      .filter((record) => isShown(record) && isSameTeam(record, from))
    const modelPath = model.modelPath ?? records[0]?.target.modelPath
    const copies = [
      ...(await Promise.all(
        records.map(async (record) => [await fileWithBoundary(record), record.identity] as const),
      )),
      ...(sha256 === null ? [] : hashCache.filesWith(sha256)).map(
        ({ path, identity }) => [{ path, folder: '', boundary: path }, identity] as const,
      ),
    ]
    for (const [copy, identity] of copies) {
      const file = await foundFile(copy, identity)
      if (typeof file === 'string' || modelPath === undefined) continue
      return { file, target: { displayName, modelType, modelPath } }
    }
    return { skipped: { name: displayName, reason: 'not-here' } }
  }

  async function add(
    sources: readonly Source[],
    to: TeamOfAccount,
    confirm: ConfirmUpload,
  ): Promise<Result<AddReport | null>> {
    // The same file may have been uploaded to several teams.
    const byKey = new Map(
      sources.flatMap((source) => (source.file ? [[uploadKey(source.file), source] as const] : [])),
    )
    const files = [...byKey.values()].map(({ file }) => file)
    const skipped = sources.flatMap((source) => (source.file ? [] : [source.skipped]))
    if (files.length === 0) return success({ added: 0, refused: 0, skipped })
    const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0)
    const question = { count: files.length, sizeBytes, team: to.team.name, server: serverOf(to.accountId) }
    if (!(await confirm(question))) return success(null)
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
      return add(await Promise.all(recordsOf(ids).map((record) => sourceOf(record, to))), to, confirm)
    },
    async addModels({ choice, modelIds }, team, confirm) {
      const [from, to] = [signIns.resolve(choice), signIns.resolve(team)]
      if (!from || !to) return failed(failure('no-team'))
      const listing = await library.models(choice)
      if (!listing.ok) return listing
      const ids = new Set(modelIds)
      const models = listing.value.models.filter(({ id }) => ids.has(id))
      return add(await Promise.all(models.map((model) => sourceOfModel(model, from))), to, confirm)
    },
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
    (expected.sample !== undefined && (await identityBySample(path, expected)) !== null)
  if (!isSame) return 'changed'
  const { name = basename(path), place = dirname(path) } = file
  return { ...file, ...identity, device: stats.dev, name, place, failure: null }
}
