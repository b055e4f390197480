import { cleanLibraryPath, pathKey } from '../contract/library-path.ts'
import type { LibraryModel } from '../contract/library.ts'
import type { ModelStatus } from '../contract/uploads.ts'
import type { Rows } from '../journal/rows.ts'
import { isRegistered, isSameTeam, type UploadRecord } from '../journal/upload-record.ts'
import type { UploadStore } from '../journal/upload-store.ts'
import type { Library } from '../library/library.ts'
import { withTimeout } from '../platform/delays.ts'
import type { Environment } from '../platform/environment.ts'
import { hasModelExtension } from '../recognition/file-names.ts'
import { nameInGroup, numberingAmong, shardNames, type FoundGroup } from '../recognition/model-groups.ts'

/** Without the team's listing after this time, in ms, the status follows from the journal alone. */
const listingTimeoutMs = 15_000

interface StatusServices {
  readonly rows: Rows
  readonly store: Pick<UploadStore, 'registeredFilesOf'>
  readonly library: Pick<Library, 'models'>
  readonly environment: Environment
}

/**
 * Reads how much of an upload's multi-file model the library has; null for a model of one file. The team's
 * listing is compared with the files that the model had when it was found, so that a file that was cancelled,
 * renamed or deleted from the library is missing.
 */
export function createModelStatusReader(
  services: StatusServices,
): (record: UploadRecord) => Promise<ModelStatus | null> {
  return async (record) => {
    const group = record.seen?.group
    if (!group) return null
    const listed = await listedPaths(services, record)
    const uploads = uploadsOfModel(services, record, group, listed === null)
    const uploadByName = new Map(uploads.map((upload) => [nameOf(upload), upload]))
    const folder = folderOf([...uploadByName.values()])
    const paths = listed ?? new Set(uploads.flatMap(registeredPath))
    const names = fileNames(uploads)
    const isPresent = (name: string) => {
      const upload = uploadByName.get(name)
      // A graph may be renamed; the files of other models are found by their names.
      const isRenamed = group.kind === 'external' && upload !== undefined
      return hasPath(paths, isRenamed ? upload.target.modelPath : `${folder}/${name}`)
    }
    const absent = names.filter((name) => !isPresent(name))
    const isPending = (name: string) => {
      const phase = services.rows.get(uploadByName.get(name)?.id ?? '')?.live.phase
      return phase !== undefined && phase !== 'failed' && phase !== 'registered'
    }
    return {
      fileCount: names.length,
      presentCount: names.length - absent.length,
      missing: absent.filter((name) => !isPending(name)),
    }
  }
}

/** The paths of the team's models; null if the server does not list them. */
async function listedPaths(
  { library, environment }: StatusServices,
  { accountId, team }: UploadRecord,
): Promise<ReadonlySet<string> | null> {
  const request = library.models({ accountId, teamId: team.id })
  const listing = await withTimeout(request, environment.timers, listingTimeoutMs)
  return listing?.ok ? pathsOf(listing.value.models) : null
}

const pathsOfListings = new WeakMap<readonly LibraryModel[], ReadonlySet<string> | null>()

/** The paths of listed models; null if one has none. Several models are looked up in each listing. */
function pathsOf(models: readonly LibraryModel[]): ReadonlySet<string> | null {
  const known = pathsOfListings.get(models)
  if (known !== undefined) return known
  const isWithoutPaths = models.some(({ modelPath }) => modelPath === null)
  const paths = isWithoutPaths ? null : new Set(models.map(({ modelPath }) => pathKey(modelPath ?? '')))
  pathsOfListings.set(models, paths)
  return paths
}

/** The uploads of a model's files, oldest first. */
function uploadsOfModel(
  { rows, store }: StatusServices,
  record: UploadRecord,
  group: FoundGroup,
  needsHistory: boolean,
): readonly UploadRecord[] {
  const known = new Map<string, UploadRecord>([[record.id, record]])
  if (needsHistory) for (const one of store.registeredFilesOf(group.key)) known.set(one.id, one)
  for (const one of rows.filesOf(group.key)) known.set(one.id, one)
  return [...known.values()]
    .filter((one) => isSameTeam(one, record))
    .sort((one, other) => one.addedAtMs - other.addedAtMs || one.position - other.position)
}

const nameOf = ({ seen, fileName }: UploadRecord) =>
  seen?.group ? nameInGroup(seen.group, fileName) : fileName

/** The names of all files of a model, as it was found last. */
function fileNames(uploads: readonly UploadRecord[]): readonly string[] {
  const groups = uploads.flatMap(({ seen }) => seen?.group ?? [])
  const latest = groups.findLast(({ files }) => files !== undefined)?.files
  const names = new Set(uploads.map(nameOf))
  const numbered = groups.flatMap(({ shard }) => (shard ? shardNames(numberingAmong(shard, names)) : []))
  return [...new Set(latest ?? [...names, ...numbered])]
}

/** The library folder of most of a model's files: single ones may have been moved or renamed. */
function folderOf(uploads: readonly UploadRecord[]): string {
  const folders = uploads.map((upload) => {
    const depth = nameOf(upload).split('/').length
    return upload.target.modelPath.split('/').slice(0, -depth).join('/')
  })
  const [most] = [...Map.groupBy(folders, (folder) => folder)].sort(
    ([, one], [, other]) => other.length - one.length,
  )
  return most?.[0] ?? ''
}

/** The path that an upload's bytes have in the library, if they do. */
function registeredPath(upload: UploadRecord): readonly string[] {
  if (!isRegistered(upload)) return []
  const path = upload.library?.already ? upload.library.already.path : upload.target.modelPath
  return path === null ? [] : [pathKey(path)]
}

const anyWeights = '/*.safetensors'

/** Whether a file exists in the library, or for `folder/` and `folder/*.safetensors` any such file. */
function hasPath(paths: ReadonlySet<string>, wanted: string): boolean {
  const isFolder = wanted.endsWith('/')
  if (!isFolder && !wanted.endsWith(anyWeights)) return paths.has(pathKey(cleanLibraryPath(wanted)))
  const folder = isFolder ? wanted.slice(0, -1) : wanted.slice(0, -anyWeights.length)
  const start = `${pathKey(cleanLibraryPath(folder))}/`
  return [...paths].some((path) => path.startsWith(start) && (isFolder || hasModelExtension(path)))
}
