import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { readContent } from '../../recognition/read-content.ts'

/**
 * The files that hold a graph's weights, by their names beside it, with the least size of each; null when the graph can't be
 * read, or is refused: names that lead out of its folder are nothing to look for.
 */
export async function weightsOf(graph: string): Promise<ReadonlyMap<string, number> | null> {
  try {
    await using file = await open(graph, 'r')
    const content = await readContent(file, basename(graph), (await file.stat()).size)
    return content.failure === null ? (content.external ?? new Map()) : null
  } catch {
    return null
  }
}
