import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { readContent } from './content.ts'
import { shardNames, type Shard } from './groups.ts'
import type { TensorInfo } from './header.ts'
import type { Kind } from './kind-found.ts'
import { kindOf } from './kind.ts'

/** The largest image models have nine parts; a language model of more is told by the first ones too. */
const mostRead = 16

/** The kind of a model that lies in parts, by the tensors of all of them: each part alone shows too little. */
export async function kindOfShards(folder: string, shard: Shard): Promise<Kind | null> {
  const tensors = new Map<string, TensorInfo>()
  for (const name of shardNames(shard).slice(0, mostRead)) {
    try {
      await using file = await open(join(folder, name), 'r')
      const { header } = await readContent(file, name, (await file.stat()).size)
      for (const [tensor, info] of header?.tensors ?? []) tensors.set(tensor, info)
    } catch {
      // A part that can't be read is refused by itself.
    }
  }
  return kindOf({ tensors, metadata: new Map() })
}
