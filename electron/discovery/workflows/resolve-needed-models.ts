import type { NeededModelView } from '../../contract/discovery.ts'
import type { Failure } from '../../contract/failures.ts'
import type { LibraryModel } from '../../contract/library.ts'
import { cleanLibraryPath, libraryPathProblem, pathKey } from '../../contract/library-path.ts'
import type { Target } from '../../contract/uploads.ts'
import { extensionOf, hasModelExtension } from '../../recognition/file-names.ts'
import { diffusersIndex } from '../../recognition/model-groups.ts'
import { nameKey, stemKey, type LocalModel } from '../scan/walk-models.ts'
import { furtherFolders } from './loader-table.ts'
import { neededModelKey, type NeededModel } from './needed-models.ts'

/**
 * An upload for the team that is not in the library yet; `failure` is set if it won't be retried
 * automatically.
 */
export interface QueuedUpload {
  readonly id: string
  readonly target: Target
  readonly failure: Failure | null
}

/** Where models are: in the library, in the queue and on this computer. */
export interface AvailableModels {
  readonly library: readonly LibraryModel[]
  readonly queued: readonly QueuedUpload[]
  readonly local: readonly LocalModel[]
  /** SHA-256 of local files by their paths, as far as known. */
  readonly localHashes: ReadonlyMap<string, string>
  /** Local diffusers folders by the names of the needed models. */
  readonly diffusersFolders: ReadonlyMap<string, LocalModel>
}

export interface ResolvedModel {
  readonly needed: NeededModel
  readonly stand: NeededModelView['stand']
  readonly by: NeededModelView['by']
  readonly isDisabled: boolean
  readonly sizeBytes: number | null
  /** Its uploads, unless the library has it. */
  readonly uploadIds: readonly string[]
  /** Its upload, if that has failed. */
  readonly failed: NeededModelView['failed']
  /** The local file, even if the library has the model too. */
  readonly file: LocalModel | null
}

interface LibraryMatch {
  readonly model: LibraryModel
  readonly by: 'hash' | 'path' | 'name'
}

interface LocalMatch {
  readonly model: LocalModel
  readonly by: 'hash' | 'path' | 'name' | 'hand'
}

interface QueueMatch {
  readonly uploadIds: readonly string[]
  readonly stand: 'queued' | 'failed'
  readonly failed: NeededModelView['failed']
}

interface LocalIndex {
  readonly byName: ReadonlyMap<string, readonly LocalModel[]>
  readonly byStem: ReadonlyMap<string, readonly LocalModel[]>
  readonly byHash: ReadonlyMap<string, LocalModel>
}

/**
 * Finds out where each needed model is. A library model matches by its hash, by the path that the workflow
 * will load, or by its file name; a local file by its hash if that is known, by its path below the folder of
 * its type, or by its name. `picked` are the user's choices.
 */
export function resolveNeededModels(
  neededModels: readonly NeededModel[],
  available: AvailableModels,
  picked: ReadonlyMap<string, LocalModel> = new Map(),
): readonly ResolvedModel[] {
  const candidates = findCandidates(neededModels, available)
  const { local, localHashes } = candidates
  const index: LocalIndex = {
    byName: Map.groupBy(local, ({ path }) => nameKey(path)),
    byStem: Map.groupBy(local, ({ path }) => stemKey(path)),
    byHash: new Map(
      local.flatMap((model) => {
        const sha256 = localHashes.get(model.path)
        return sha256 === undefined ? [] : [[sha256, model] as const]
      }),
    ),
  }
  return neededModels.map((needed) => {
    const pickedModel = picked.get(neededModelKey(needed))
    const localMatch: LocalMatch | null = pickedModel
      ? { model: pickedModel, by: 'hand' }
      : matchLocal(needed, candidates, index)
    return resolveModel(needed, candidates, localMatch)
  })
}

/**
 * The models and uploads that may match a needed model. A library may have 50,000 models and this computer
 * 100,000: each is compared once here, and not once with each needed model.
 */
function findCandidates(neededModels: readonly NeededModel[], available: AvailableModels): AvailableModels {
  const hashes = new Set(neededModels.flatMap(({ sha256 }) => sha256 ?? []))
  const files = neededModels.filter(({ isFolder }) => !isFolder).map(({ name }) => name)
  const names = new Set(files.map(nameKey))
  const stems = new Set(files.filter((name) => !hasModelExtension(name)).map(stemKey))
  const folders = neededModels.filter(({ isFolder }) => isFolder).flatMap(foldersOf)
  const isFile = (path: string, sha256: string | null) =>
    (sha256 !== null && hashes.has(sha256)) ||
    names.has(nameKey(path)) ||
    (stems.size > 0 && stems.has(stemKey(path)))
  const isInFolder = (modelPath: string) => folders.length > 0 && isInside(folders, modelPath)
  const mayMatch = (modelPath: string, sha256: string | null) =>
    isFile(modelPath, sha256) || isInFolder(modelPath)
  return {
    ...available,
    library: available.library.filter(({ modelPath, sha256 }) => mayMatch(modelPath ?? '', sha256)),
    queued: available.queued.filter(({ target }) => mayMatch(target.modelPath, null)),
    local: available.local.filter(({ path }) => isFile(path, available.localHashes.get(path) ?? null)),
  }
}

function resolveModel(
  needed: NeededModel,
  available: AvailableModels,
  local: LocalMatch | null,
): ResolvedModel {
  const file = local?.model ?? null
  const base = {
    needed,
    file,
    isDisabled: false,
    uploadIds: [],
    failed: null,
    sizeBytes: file?.sizeBytes ?? null,
  }
  const queued = matchQueue(needed, available.queued)
  // The files of a folder are registered one by one: it is complete once none of its uploads is left.
  if (needed.isFolder && queued) return { ...base, ...queued, by: null }
  const inLibrary = needed.isFolder
    ? matchLibraryFolder(needed, available.library)
    : matchLibrary(needed, available.library)
  if (inLibrary) {
    const { model, by } = inLibrary
    const isDisabled = model.status === 'disabled'
    return { ...base, stand: 'in-library', by, isDisabled, sizeBytes: model.sizeBytes }
  }
  if (queued) return { ...base, ...queued, by: null }
  return { ...base, stand: local ? 'here' : 'nowhere', by: local?.by ?? null }
}

/** An active upload outweighs a failed one to the same path, because it may still succeed. */
function matchQueue(needed: NeededModel, queued: readonly QueuedUpload[]): QueueMatch | null {
  const folders = needed.isFolder ? foldersOf(needed) : null
  const uploads = queued.filter(({ target }) =>
    folders
      ? isInside(folders, target.modelPath)
      : typesOf(needed).some((type) => matchPath(needed.name, type, target) !== null),
  )
  if (uploads.length === 0) return null
  const uploadIds = uploads.map(({ id }) => id)
  const failedUpload = uploads.find(({ failure }) => failure !== null)
  // A folder is incomplete as soon as one of its files has failed.
  const isFailed = needed.isFolder ? failedUpload : uploads.every(({ failure }) => failure !== null)
  if (!isFailed || !failedUpload?.failure) return { uploadIds, stand: 'queued', failed: null }
  return { uploadIds, stand: 'failed', failed: { uploadId: failedUpload.id, failure: failedUpload.failure } }
}

/** The library folders that the node of a model in a folder may load, for `isInside`. */
function foldersOf({ name }: NeededModel): readonly string[] {
  const folder = `models/diffusers/${name}`
  return [folder, cleanLibraryPath(folder)].map((one) => `${pathKey(one)}/`)
}

function isInside(folders: readonly string[], modelPath: string): boolean {
  const key = pathKey(modelPath)
  return folders.some((folder) => key.startsWith(folder))
}

/** A folder is in the library if its `model_index.json` is. */
function matchLibraryFolder(needed: NeededModel, library: readonly LibraryModel[]): LibraryMatch | null {
  const folders = foldersOf(needed)
  const files = library.filter(({ modelPath }) => isInside(folders, modelPath ?? ''))
  const index = files.find(({ modelPath }) => nameKey(modelPath ?? '') === diffusersIndex)
  if (!index) return null
  const sizeBytes = files.reduce((sum, file) => sum + (file.sizeBytes ?? 0), 0)
  const isDisabled = files.some(({ status }) => status === 'disabled')
  return { by: 'path', model: { ...index, sizeBytes, status: isDisabled ? 'disabled' : index.status } }
}

/**
 * The type and path where the workflow's node will look; no type is given if neither node nor file has one.
 */
export function targetOf({ name, modelType, isFolder }: NeededModel, file: LocalModel): Partial<Target> {
  const type = modelType ?? file.modelType
  if (type === null) return {}
  if (isFolder) return { modelType: type, modelPath: cleanLibraryPath(`models/${type}/${name}`) }
  // A prompt refers to an embedding without its extension.
  const fileName = hasModelExtension(name) ? name : name + extensionOf(file.path)
  const path = `models/${type}/${fileName}`
  return { modelType: type, modelPath: libraryPathProblem(path) === null ? path : cleanLibraryPath(path) }
}

function matchLibrary(needed: NeededModel, library: readonly LibraryModel[]): LibraryMatch | null {
  const sameHash = needed.sha256 === null ? undefined : library.find(({ sha256 }) => sha256 === needed.sha256)
  if (sameHash) return { model: sameHash, by: 'hash' }
  let sameName: LibraryModel | null = null
  for (const type of typesOf(needed)) {
    for (const model of library) {
      const match = matchPath(needed.name, type, model)
      if (match === 'path') return { model, by: 'path' }
      // With a different hash it is another model of the same name.
      const isOtherModel = needed.sha256 !== null && model.sha256 !== null
      if (match === 'name' && !isOtherModel) sameName ??= model
    }
  }
  return sameName && { model: sameName, by: 'name' }
}

/**
 * The types in whose folders all nodes of a model look, the one for uploads first; null stands for any type.
 */
function typesOf({ modelType, nodes: [first, ...others] }: NeededModel): readonly (string | null)[] {
  if (modelType === null || first === undefined) return [modelType]
  const further = furtherFolders(first).filter((type) =>
    others.every((node) => furtherFolders(node).includes(type)),
  )
  return [modelType, ...further]
}

/**
 * `path` if a library path is where a node looks for models of a type, `name` if only the file name is equal.
 */
function matchPath(
  name: string,
  modelType: string | null,
  inLibrary: { readonly modelPath: string | null; readonly modelType: string },
): 'path' | 'name' | null {
  const path = (inLibrary.modelPath ?? '').toLowerCase()
  const isStem = !hasModelExtension(name)
  const isSameName = isStem ? stemKey(path) === stemKey(name) : nameKey(path) === nameKey(name)
  if (!isSameName || (modelType !== null && modelType !== inLibrary.modelType)) return null
  const lowerName = name.toLowerCase()
  const comparedPath = isStem ? path.slice(0, path.length - extensionOf(path).length) : path
  const folder = modelType === null ? null : `models/${modelType.toLowerCase()}/`
  const isSamePath =
    folder === null ? comparedPath.endsWith(`/${lowerName}`) : comparedPath === folder + lowerName
  return isSamePath ? 'path' : 'name'
}

function matchLocal(
  needed: NeededModel,
  { diffusersFolders, localHashes }: AvailableModels,
  { byName, byStem, byHash }: LocalIndex,
): LocalMatch | null {
  if (needed.isFolder) {
    const model = diffusersFolders.get(needed.name)
    return model ? { model, by: model.modelType === null ? 'name' : 'path' } : null
  }
  const sameHash = needed.sha256 === null ? undefined : byHash.get(needed.sha256)
  if (sameHash) return { model: sameHash, by: 'hash' }
  const isStem = !hasModelExtension(needed.name)
  const sameName = (isStem ? byStem.get(stemKey(needed.name)) : byName.get(nameKey(needed.name))) ?? []
  const types = typesOf(needed)
  // A file of another type or with another hash is a different model, even if its name is the same.
  const candidates = sameName.filter(
    ({ modelType, path }) =>
      (needed.modelType === null || modelType === null || types.includes(modelType)) &&
      (needed.sha256 === null || !localHashes.has(path)),
  )
  const lowerName = needed.name.toLowerCase()
  const [samePath] = types.flatMap((type) =>
    candidates.filter(
      ({ name, modelType }) => name.toLowerCase() === lowerName && (type === null || modelType === type),
    ),
  )
  if (samePath) return { model: samePath, by: 'path' }
  const [best] = [...candidates].sort(
    (one, other) => typeRank(other, types) - typeRank(one, types) || other.sizeBytes - one.sizeBytes,
  )
  return best ? { model: best, by: 'name' } : null
}

/** The first type ranks highest, an unknown one lowest. */
const typeRank = ({ modelType }: LocalModel, types: readonly (string | null)[]) =>
  modelType === null ? -1 : types.toReversed().indexOf(modelType)
