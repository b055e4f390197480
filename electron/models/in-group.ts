import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { failure } from '../contract/errors.ts'
import type { Recognition } from '../contract/recognition.ts'
import type { Content } from './content.ts'
import type { FileToInspect } from './found.ts'
import { missingShard, pipelineOf, type FoundGroup } from './groups.ts'
import { kindOfShards } from './shards.ts'

/** The pipeline that a diffusers folder names, and its family. */
export type Pipeline = NonNullable<Awaited<ReturnType<typeof pipelineOf>>>

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
  if (group?.kind === 'diffusers') return { content, pipeline: await pipelineOf(group.root) }
  const missing =
    (group?.shard ? await missingShard(folder, group.shard) : null) ?? (await missingWeights(folder, content))
  const kind = group?.shard ? await kindOfShards(folder, group.shard) : content.kind
  const reason = content.failure ?? (missing === null ? null : failure('file-part-missing', { missing }))
  return { content: { ...content, kind, failure: reason }, pipeline: null }
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
