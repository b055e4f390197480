import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import process from 'node:process'
import { isCloudPlaceholder } from '../check-entry.ts'
import { readLocalContent } from '../read-content.ts'
import { shardNames, type Shard } from '../model-groups.ts'
import type { Header, TensorInfo } from '../formats/header.ts'
import type { Kind } from './kind.ts'
import { detectKind } from './detect-kind.ts'
import { detectGgufKind } from './gguf-kind.ts'

/** The largest image models have nine parts; the first parts of a larger language model are enough. */
const maxPartsRead = 16

/** Detection searches fewer names; parts made for it could have two million each. */
const maxTensors = 200_000

/** Detected kinds are cached, because all parts are read for each of the parts. */
const maxCachedKinds = 32
const kindCache = new Map<string, Promise<Kind | null>>()

/** The kind of a model in numbered parts, by the tensors of all of them that aren't only in a cloud drive. */
export async function detectShardedKind(
  folder: string,
  shard: Shard,
  platform: NodeJS.Platform = process.platform,
): Promise<Kind | null> {
  const paths = shardNames(shard)
    .slice(0, maxPartsRead)
    .map((name) => join(folder, name))
  const key = [...paths, ...(await Promise.all(paths.map((path) => versionOf(path, platform))))].join('\n')
  const kind = kindCache.get(key) ?? readKind(paths, platform)
  kindCache.delete(key)
  kindCache.set(key, kind)
  for (const oldest of kindCache.keys()) if (kindCache.size > maxCachedKinds) kindCache.delete(oldest)
  return kind
}

/** A value that changes when the file does, or is downloaded from a cloud drive. */
async function versionOf(path: string, platform: NodeJS.Platform): Promise<string> {
  try {
    const stats = await stat(path, { bigint: true })
    return `${stats.size} ${stats.mtimeNs} ${stats.ino} ${isCloudPlaceholder(stats, platform)}`
  } catch {
    return ''
  }
}

async function readKind(paths: readonly string[], platform: NodeJS.Platform): Promise<Kind | null> {
  const tensors = new Map<string, TensorInfo>()
  // The first part of GGUF describes the whole model.
  let metadata: Header['metadata'] = new Map()
  let detect: (header: Header) => Kind | null = detectKind
  for (const path of paths) {
    try {
      const content = await readLocalContent(path, basename(path), platform)
      if (content === null) continue
      const { header, format } = content
      if (path === paths[0]) {
        metadata = header?.metadata ?? metadata
        if (format === 'gguf') detect = detectGgufKind
      }
      for (const [tensor, info] of header?.tensors ?? []) {
        if (tensors.size >= maxTensors) return detect({ tensors, metadata })
        tensors.set(tensor, info)
      }
    } catch {
      // A part that can't be read is refused in its own inspection.
    }
  }
  return detect({ tensors, metadata })
}
