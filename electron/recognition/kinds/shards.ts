import { open, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { readContent } from '../read-content.ts'
import { shardNames, type Shard } from '../model-groups.ts'
import type { TensorInfo } from '../formats/header.ts'
import type { Kind } from './kind-result.ts'
import { kindOf } from './kind.ts'

/** The largest image models have nine parts; a language model of more is told by the first ones too. */
const mostRead = 16

/** Models whose kind is kept: each of its parts asks for it, and all of them are read for the answer. */
const mostKept = 32
const kept = new Map<string, Promise<Kind | null>>()

/** The kind of a model that lies in parts, by the tensors of all of them: each part alone shows too little. */
export async function kindOfShards(folder: string, shard: Shard): Promise<Kind | null> {
  const paths = shardNames(shard)
    .slice(0, mostRead)
    .map((name) => join(folder, name))
  const key = [...paths, ...(await Promise.all(paths.map(looksOf)))].join('\n')
  const known = kept.get(key) ?? readKind(paths)
  kept.delete(key)
  kept.set(key, known)
  for (const oldest of kept.keys()) if (kept.size > mostKept) kept.delete(oldest)
  return known
}

/** What changes when a part does. */
async function looksOf(path: string): Promise<string> {
  try {
    const { size, mtimeNs, ino } = await stat(path, { bigint: true })
    return `${size} ${mtimeNs} ${ino}`
  } catch {
    return ''
  }
}

async function readKind(paths: readonly string[]): Promise<Kind | null> {
  const tensors = new Map<string, TensorInfo>()
  for (const path of paths) {
    try {
      await using file = await open(path, 'r')
      const { header } = await readContent(file, basename(path), (await file.stat()).size)
      for (const [tensor, info] of header?.tensors ?? []) tensors.set(tensor, info)
    } catch {
      // A part that can't be read is refused by itself.
    }
  }
  return kindOf({ tensors, metadata: new Map() })
}
