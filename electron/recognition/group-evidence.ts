import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { failure, type Failure } from '../contract/failures.ts'
import type { Recognition } from '../contract/recognition.ts'
import type { Content } from './read-content.ts'
import type { FileToInspect } from './found-file.ts'
import {
  belongsToDiffusers,
  groupAmong,
  missingShard,
  pipelineOf,
  shardOf,
  weightsAmong,
  type FoundGroup,
} from './model-groups.ts'
import { kindOfShards } from './kinds/shards.ts'

/** The pipeline that a diffusers folder names, and its family. */
export type Pipeline = NonNullable<Awaited<ReturnType<typeof pipelineOf>>>

/**
 * A file with the model that it is part of. Where nobody has said how it was met, what lies beside it tells; a file under
 * another name was met by a link from a folder that nobody knows.
 */
export async function withGroup(file: FileToInspect): Promise<FileToInspect> {
  const { path, name, place, group } = file
  if (group !== undefined || place !== undefined || (name ?? basename(path)) !== basename(path)) return file
  try {
    const names = new Set(await readdir(dirname(path)))
    const found = groupAmong(basename(path), names, dirname(path))
    return found === null ? file : { ...file, group: found }
  } catch {
    return file
  }
}

/**
 * What the other files of its group say of a file: whether all parts are there, and what they are together. A file that was
 * refused for its own sake stays refused for that.
 */
export async function lookAround(
  file: FileToInspect,
  content: Content,
): Promise<{ readonly content: Content; readonly pipeline: Pipeline | null }> {
  const { group } = file
  const folder = file.place ?? dirname(file.path)
  const isDiffusers = group?.kind === 'diffusers'
  // Its parts may be numbered each in its own folder.
  const shard = isDiffusers ? shardOf(file.name ?? basename(file.path)) : group?.shard
  const missing =
    (shard ? await missingShard(folder, shard) : null) ?? (await missingWeights(folder, content))
  const reason =
    content.failure ??
    (missing === null ? weightsApart(file, content) : failure('file-part-missing', { missing }))
  const told = { ...content, failure: reason }
  if (isDiffusers) return { content: told, pipeline: await pipelineOf(group.root) }
  const kind = group?.shard ? await kindOfShards(folder, group.shard) : content.kind
  return { content: { ...told, kind }, pipeline: null }
}

/** The first file that a graph names and that isn't there, or is too short for what the graph wants of it. */
async function missingWeights(
  folder: string,
  { external, failure: reason }: Content,
): Promise<string | null> {
  // A name that leads out of the folder was refused before.
  if (reason !== null) return null
  for (const [name, leastBytes] of external ?? []) {
    const size = await stat(join(folder, name)).then(
      (facts) => facts.size,
      () => -1,
    )
    if (size < leastBytes) return name
  }
  return null
}

/** Weights that lie beside a graph under a name of which nobody could tell that they belong to it: they stay behind. */
function weightsApart({ path, name, group }: FileToInspect, { external }: Content): Failure | null {
  const graph = name ?? basename(path)
  const named = [...(external?.keys() ?? [])]
  // A group says that these lie beside it, and of `weights.pb` that no other graph does.
  const goAlong = group?.kind === 'external' ? weightsAmong(graph, new Set([graph, ...named])) : []
  const apart = named.find((one) =>
    group?.kind === 'diffusers' ? !belongsToDiffusers(one) || /[\\/]/.test(one) : !goAlong.includes(one),
  )
  return apart === undefined ? null : failure('file-weights-apart', { name: apart, wanted: `${graph}.data` })
}

/** A file of a diffusers model is that model's, whatever its own tensors look like. */
export function asPartOfDiffusers(
  own: Recognition,
  group: FoundGroup,
  pipeline: Pipeline | null,
): Recognition {
  const { variant: _variant, note: _note, ...rest } = own
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
