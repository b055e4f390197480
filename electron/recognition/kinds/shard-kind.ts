import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { openRegularFile } from '../../platform/files/regular-file.ts'
import { fileSource } from '../formats/byte-source.ts'
import { readContent } from '../read-content.ts'
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

/** The kind of a model in numbered parts, by the tensors of all of them. */
export async function detectShardedKind(folder: string, shard: Shard): Promise<Kind | null> {
  const paths = shardNames(shard)
    .slice(0, maxPartsRead)
    .map((name) => join(folder, name))
  const key = [...paths, ...(await Promise.all(paths.map(versionOf)))].join('\n')
  const kind = kindCache.get(key) ?? readKind(paths)
  kindCache.delete(key)
  kindCache.set(key, kind)
  for (const oldest of kindCache.keys()) if (kindCache.size > maxCachedKinds) kindCache.delete(oldest)
  return kind
}

/** A value that changes when the file does. */
async function versionOf(path: string): Promise<string> {
  try {
    const { size, mtimeNs, ino } = await stat(path, { bigint: true })
    return `${size} ${mtimeNs} ${ino}`
  } catch {
    return ''
  }
}

async function readKind(paths: readonly string[]): Promise<Kind | null> {
  const tensors = new Map<string, TensorInfo>()
  // The first part of GGUF describes the whole model.
  let metadata: Header['metadata'] = new Map()
  let detect: (header: Header) => Kind | null = detectKind
  for (const path of paths) {
    try {
      await using file = await openRegularFile(path)
      const { header, format } = await readContent(fileSource(file, (await file.stat()).size), basename(path))
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
