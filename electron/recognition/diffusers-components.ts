import { basename, join } from 'node:path'
import { parseJson } from '../platform/files/parse-json.ts'
import { readRegularFile } from '../platform/files/regular-file.ts'
import { hasModelExtension } from './file-names.ts'
import { diffusersIndex, maxIndexBytes, parseShardName, shardNames } from './model-groups.ts'

/**
 * What a diffusers folder lacks of the model that its index describes: a whole component as `vae/`, its
 * weights as `vae/*.safetensors`, or numbered parts. `names` are the relative paths of its files.
 */
export async function findMissingParts(root: string, names: readonly string[]): Promise<readonly string[]> {
  const components = await componentsOf(join(root, diffusersIndex))
  const missing = components.flatMap(({ folder, hasWeights }) => {
    const inside = names.filter((name) => name.startsWith(`${folder}/`))
    if (inside.length === 0) return [`${folder}/`]
    return hasWeights && !inside.some(hasModelExtension) ? [`${folder}/*.safetensors`] : []
  })
  const present = new Set(names)
  const parts = names.flatMap((name) => {
    const folder = name.slice(0, name.length - basename(name).length)
    const shard = parseShardName(basename(name), { has: (other) => present.has(folder + other) })
    return shard ? shardNames(shard).map((part) => folder + part) : []
  })
  return [...missing, ...new Set(parts.filter((part) => !present.has(part)))]
}

/**
 * Class names of components without weights (diffusers, transformers): tokenizers are also called after their
 * backend, and guiders after their guidance. What follows `ImageProcessor` is limited, because a name with
 * this word thousands of times would take seconds.
 */
const withoutWeights =
  /(Scheduler|Tokenizer|TokenizerFast|Backend|FeatureExtractor|ImageProcessor\w{0,40}|Processor|Guidance)$/

/**
 * The components in a model's index: `"unet": ["diffusers", "UNet2DConditionModel"]`; an omitted one has two
 * nulls.
 */
async function componentsOf(
  index: string,
): Promise<readonly { readonly folder: string; readonly hasWeights: boolean }[]> {
  try {
    const parsed = parseJson(await readRegularFile(index, maxIndexBytes), maxIndexBytes)
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return []
    return Object.entries(parsed).flatMap(([folder, value]: [string, unknown]) => {
      const [library, className] = Array.isArray(value) ? (value as unknown[]) : []
      if (typeof library !== 'string' || typeof className !== 'string') return []
      return [{ folder, hasWeights: !withoutWeights.test(className) }]
    })
  } catch {
    return []
  }
}
