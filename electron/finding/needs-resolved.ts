import type { NeedView } from '../contract/finding.ts'
import type { LibraryModel } from '../contract/library.ts'
import { cleanLibraryPath, libraryPathProblem } from '../contract/library-path.ts'
import type { Target } from '../contract/model.ts'
import { extensionOf, hasModelExtension } from '../models/file-names.ts'
import { nameKey, stemKey, type LocalModel } from '../models/model-walk.ts'
import type { Need } from '../models/workflow.ts'

/** All that is known of where models are. */
export interface Known {
  readonly library: readonly LibraryModel[]
  /** Targets of what waits or runs for the team. */
  readonly queued: readonly Target[]
  readonly local: readonly LocalModel[]
}

export interface ResolvedNeed {
  readonly need: Need
  readonly stand: NeedView['stand']
  readonly by: NeedView['by']
  readonly isDisabled: boolean
  readonly sizeBytes: number | null
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
    const found = hand ? { model: hand, by: 'hand' as const } : bestLocal(need, local, localStems)
    const file = found?.model ?? null
    const base = { need, file, isDisabled: false }
    const owned = inLibrary(need, known.library)
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
    if (known.queued.some((target) => isAt(need, target.modelPath, target.modelType) !== null))
      return { ...base, stand: 'queued', by: null, sizeBytes }
    return { ...base, stand: found ? 'here' : 'nowhere', by: found?.by ?? null, sizeBytes }
  })
}

/** The type and path under which a workflow's node will find the file; the type is left to the file when no node tells. */
export function targetFor({ name, modelType }: Need, file: LocalModel): Partial<Target> {
  const type = modelType ?? file.modelType
  if (type === null) return {}
  // A prompt names an embedding without its extension.
  const whole = hasModelExtension(name) ? name : name + extensionOf(file.path)
  const path = `models/${type}/${whole}`
  return { modelType: type, modelPath: libraryPathProblem(path) === null ? path : cleanLibraryPath(path) }
}

function inLibrary(
  need: Need,
  library: readonly LibraryModel[],
): { readonly model: LibraryModel; readonly by: 'hash' | 'path' | 'name' } | null {
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
