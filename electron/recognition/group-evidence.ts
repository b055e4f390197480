import { readdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { failure, type Failure } from '../contract/failures.ts'
import type { Recognition } from '../contract/recognition.ts'
import type { FileContent } from './read-content.ts'
import type { FileToInspect } from './found-file.ts'
import { boundaryOf, staysInside } from './link-boundary.ts'
import {
  isDiffusersFile,
  findGroup,
  findMissingShard,
  readPipeline,
  parseShardName,
  readNumbering,
  externalWeights,
  type FoundGroup,
} from './model-groups.ts'
import { detectShardedKind } from './kinds/shard-kind.ts'

/** The pipeline class in a diffusers index, and its base model. */
export type Pipeline = NonNullable<Awaited<ReturnType<typeof readPipeline>>>

/**
 * Adds the model of several files that a file belongs to, from the names in its folder. A file that was found
 * through a scan has its group already; one with another name was found through a link from an unknown
 * folder.
 */
export async function addGroup(file: FileToInspect): Promise<FileToInspect> {
  const { path, name, place, group } = file
  if (group !== undefined || place !== undefined || (name ?? basename(path)) !== basename(path)) return file
  try {
    const names = new Set(await readdir(dirname(path)))
    const found = findGroup(basename(path), names, dirname(path))
    return found === null ? file : { ...file, group: found }
  } catch {
    return file
  }
}

/**
 * Adds what the other files of its group show: whether all parts exist, and which kind they are together. An
 * earlier failure of the file is kept.
 */
export async function addGroupEvidence(
  file: FileToInspect,
  content: FileContent,
): Promise<{ readonly content: FileContent; readonly pipeline: Pipeline | null }> {
  const { group } = file
  const folder = file.place ?? dirname(file.path)
  const isDiffusers = group?.kind === 'diffusers'
  // Each folder of a diffusers model may have numbered parts.
  const known = isDiffusers ? parseShardName(file.name ?? basename(file.path)) : group?.shard
  const shard = known ? await readNumbering(folder, known) : null
  const missing = shard ? await findMissingShard(folder, shard) : null
  const reason =
    content.failure ??
    (missing === null ? null : failure('file-part-missing', { missing })) ??
    (await externalWeightsFailure(folder, file, content)) ??
    unlinkedWeightsFailure(file, content)
  const checked = { ...content, failure: reason }
  if (isDiffusers) return { content: checked, pipeline: await readPipeline(group.root) }
  const kind = (shard ? await detectShardedKind(folder, shard) : null) ?? content.kind
  return { content: { ...checked, kind }, pipeline: null }
}

/**
 * Refuses a graph whose external weights are missing, too short, or a link to a file that is not sent with
 * it. A name outside the folder was refused before.
 */
async function externalWeightsFailure(
  folder: string,
  { boundary }: FileToInspect,
  { external }: FileContent,
): Promise<Failure | null> {
  if (external === undefined) return null
  const realFolder = await realpath(folder).catch(() => folder)
  const modelBoundary = boundaryOf(boundary ?? realFolder, realFolder)
  for (const [name, minBytes] of external) {
    try {
      const path = join(folder, name)
      if ((await stat(path)).size < minBytes) return failure('file-part-missing', { missing: name })
      if (!staysInside(await realpath(path), realFolder, modelBoundary)) return failure('file-link', { name })
    } catch {
      return failure('file-part-missing', { missing: name })
    }
  }
  return null
}

/**
 * Refuses a graph with external weights whose name doesn't show that they belong to it: they would not be
 * sent with it.
 */
function unlinkedWeightsFailure(
  { path, name, group }: FileToInspect,
  { external }: FileContent,
): Failure | null {
  const graph = name ?? basename(path)
  const externalNames = [...(external?.keys() ?? [])]
  // The group exists only if these files are in the folder, and for `weights.pb` only if there is no other
  // graph.
  const linked = group?.kind === 'external' ? externalWeights(graph, new Set([graph, ...externalNames])) : []
  const unlinked = externalNames.find((one) =>
    group?.kind === 'diffusers' ? !isDiffusersFile(one) || /[\\/]/.test(one) : !linked.includes(one),
  )
  return unlinked === undefined
    ? null
    : failure('file-weights-apart', { name: unlinked, wanted: `${graph}.data` })
}

/** A file of a diffusers model has that model's type, whatever its own tensors show. */
export function asDiffusersPart(own: Recognition, group: FoundGroup, pipeline: Pipeline | null): Recognition {
  const { variant: _variant, contains: _contains, note: _note, ...rest } = own
  return {
    ...rest,
    modelType: 'diffusers',
    base: pipeline?.base ?? null,
    reason: {
      key: 'reason.diffusers',
      params: { folder: group.name, pipeline: pipeline?.pipeline ?? 'none' },
    },
  }
}
