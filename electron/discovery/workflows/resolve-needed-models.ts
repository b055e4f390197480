import type { NeededModelView } from '../../contract/discovery.ts'
import type { Failure } from '../../contract/failures.ts'
import type { LibraryModel } from '../../contract/library.ts'
import { cleanLibraryPath, libraryPathProblem, pathKey } from '../../contract/library-path.ts'
import type { Target } from '../../contract/uploads.ts'
import { extensionOf, hasModelExtension } from '../../recognition/file-names.ts'
import { diffusersIndex } from '../../recognition/model-groups.ts'
import { nameKey, stemKey, type LocalModel } from '../scan/walk-models.ts'
import type { Need } from './workflow.ts'

/** An upload for the team that is not in the library yet; `failure` when it doesn't go on by itself. */
export interface QueuedUpload {
  readonly id: string
  readonly target: Target
  readonly failure: Failure | null
}

/** All that is known of where models are. */
export interface Known {
  readonly library: readonly LibraryModel[]
  readonly queued: readonly QueuedUpload[]
  readonly local: readonly LocalModel[]
  /** Folders of this computer that are one model each, in the form of diffusers, by the names of the needs. */
  readonly folders: ReadonlyMap<string, LocalModel>
}

export interface ResolvedNeed {
  readonly need: Need
  readonly stand: NeededModelView['stand']
  readonly by: NeededModelView['by']
  readonly isDisabled: boolean
  readonly sizeBytes: number | null
  /** Its upload, if that has failed. */
  readonly failed: NeededModelView['failed']
  /** The file on this computer, kept even when the team has the model. */
  readonly file: LocalModel | null
}

/**
 * Says for each model where it is. The team's is told by its hash, by the path that the workflow will look for, or by its file
 * name alone; a file of this computer by its path below its type's folder or by its name. `byHand` are the person's own answers.
 */
export function resolveNeeds(
  needs: readonly Need[],
  known: Known,
  byHand: ReadonlyMap<string, LocalModel> = new Map(),
): readonly ResolvedNeed[] {
  const local = grouped(known.local, ({ path }) => nameKey(path))
  const localStems = grouped(known.local, ({ path }) => stemKey(path))
  return needs.map((need) => {
    const hand = byHand.get(need.name)
    const near = need.isFolder ? localFolder(need, known.folders) : bestLocal(need, local, localStems)
    const found = hand ? { model: hand, by: 'hand' as const } : near
    const file = found?.model ?? null
    const base = { need, file, isDisabled: false, failed: null }
    const queued = inQueue(need, known.queued)
    // Its files come into the library one by one: it is there once nothing of it is on its way.
    if (need.isFolder && queued) return { ...base, ...queued, by: null, sizeBytes: file?.sizeBytes ?? null }
    const owned = need.isFolder ? folderInLibrary(need, known.library) : inLibrary(need, known.library)
    if (owned) {
      const { model, by } = owned
      return {
        ...base,
        stand: 'in-library',
        by,
        isDisabled: model.status === 'disabled',
        sizeBytes: model.sizeBytes,
      }
    }
    const sizeBytes = file?.sizeBytes ?? null
    if (queued) return { ...base, ...queued, by: null, sizeBytes }
    return { ...base, stand: found ? 'here' : 'nowhere', by: found?.by ?? null, sizeBytes }
  })
}

/** What is on its way goes before what has failed: of two uploads to one path the other may still come. */
function inQueue(
  need: Need,
  queued: Known['queued'],
): (Pick<ResolvedNeed, 'failed'> & { readonly stand: 'queued' | 'failed' }) | null {
  const ofIt = queued.filter(({ target }) =>
    need.isFolder ? isBelow(need, target.modelPath) : isAt(need, target.modelPath, target.modelType) !== null,
  )
  const [first] = ofIt
  if (!first) return null
  const broken = ofIt.find(({ failure }) => failure !== null)
  // A folder lacks what one of its files lacks.
  const isFailed = need.isFolder ? broken : ofIt.every(({ failure }) => failure !== null)
  if (!isFailed || !broken?.failure) return { stand: 'queued', failed: null }
  return { stand: 'failed', failed: { uploadId: broken.id, failure: broken.failure } }
}

/** Whether a library path lies in the folder that the need's node reads. */
function isBelow({ name }: Need, modelPath: string): boolean {
  const folder = `models/diffusers/${name}`
  return [folder, cleanLibraryPath(folder)].some((one) => pathKey(modelPath).startsWith(`${pathKey(one)}/`))
}

/** A folder is there with the file that says what its parts are. */
function folderInLibrary(need: Need, library: Known['library']): Owned | null {
  const files = library.filter(({ modelPath }) => isBelow(need, modelPath ?? ''))
  const index = files.find(({ modelPath }) => nameKey(modelPath ?? '') === diffusersIndex)
  if (!index) return null
  const sizeBytes = files.reduce((sum, file) => sum + (file.sizeBytes ?? 0), 0)
  const isDisabled = files.some(({ status }) => status === 'disabled')
  return { by: 'path', model: { ...index, sizeBytes, status: isDisabled ? 'disabled' : index.status } }
}

function localFolder(need: Need, folders: Known['folders']) {
  const model = folders.get(need.name)
  return model ? { model, by: model.modelType === null ? ('name' as const) : ('path' as const) } : null
}

interface Owned {
  readonly model: LibraryModel
  readonly by: 'hash' | 'path' | 'name'
}

/** The type and path under which a workflow's node will find the file; the type is left to the file when no node tells. */
export function targetFor({ name, modelType, isFolder }: Need, file: LocalModel): Partial<Target> {
  const type = modelType ?? file.modelType
  if (type === null) return {}
  if (isFolder) return { modelType: type, modelPath: cleanLibraryPath(`models/${type}/${name}`) }
  // A prompt names an embedding without its extension.
  const whole = hasModelExtension(name) ? name : name + extensionOf(file.path)
  const path = `models/${type}/${whole}`
  return { modelType: type, modelPath: libraryPathProblem(path) === null ? path : cleanLibraryPath(path) }
}

function inLibrary(need: Need, library: Known['library']): Owned | null {
  const bySum = need.sha256 === null ? undefined : library.find(({ sha256 }) => sha256 === need.sha256)
  if (bySum) return { model: bySum, by: 'hash' }
  let byName: LibraryModel | null = null
  for (const model of library) {
    const at = isAt(need, model.modelPath ?? '', model.modelType)
    if (at === 'path') return { model, by: 'path' }
    // Another file under the same name has another hash: it is not the model that the workflow means.
    const isOther = need.sha256 !== null && model.sha256 !== null
    if (at === 'name' && !isOther) byName ??= model
  }
  return byName && { model: byName, by: 'name' }
}

/** Whether a library path is where the need's node looks, has its name in another folder, or neither. */
function isAt({ name, modelType }: Need, modelPath: string, itsType: string): 'path' | 'name' | null {
  const path = modelPath.toLowerCase()
  const isStem = !hasModelExtension(name)
  const sameName = isStem ? stemKey(path) === stemKey(name) : nameKey(path) === nameKey(name)
  if (!sameName || (modelType !== null && modelType !== itsType)) return null
  const wanted = name.toLowerCase()
  const found = isStem ? path.slice(0, path.length - extensionOf(path).length) : path
  const folder = modelType === null ? null : `models/${modelType.toLowerCase()}/`
  const isWhere = folder === null ? found.endsWith(`/${wanted}`) : found === folder + wanted
  return isWhere ? 'path' : 'name'
}

function bestLocal(
  need: Need,
  byName: ReadonlyMap<string, readonly LocalModel[]>,
  byStem: ReadonlyMap<string, readonly LocalModel[]>,
): { readonly model: LocalModel; readonly by: 'path' | 'name' } | null {
  const isStem = !hasModelExtension(need.name)
  const all = (isStem ? byStem.get(stemKey(need.name)) : byName.get(nameKey(need.name))) ?? []
  // A text encoder is never what a node for LoRAs means, whatever its name.
  const fit = all.filter(
    ({ modelType }) => need.modelType === null || modelType === null || modelType === need.modelType,
  )
  const wanted = need.name.toLowerCase()
  const isPath = ({ name, modelType }: LocalModel) =>
    name.toLowerCase() === wanted && (need.modelType === null || modelType === need.modelType)
  const exact = fit.find(isPath)
  if (exact) return { model: exact, by: 'path' }
  const [first] = [...fit].sort(
    (one, other) => rank(other, need) - rank(one, need) || other.sizeBytes - one.sizeBytes,
  )
  return first ? { model: first, by: 'name' } : null
}

const rank = ({ modelType }: LocalModel, need: Need) =>
  need.modelType !== null && modelType === need.modelType ? 1 : 0

function grouped<T>(values: readonly T[], keyOf: (value: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const value of values) {
    const key = keyOf(value)
    const group = groups.get(key)
    if (group) group.push(value)
    else groups.set(key, [value])
  }
  return groups
}
