import { basename } from 'node:path'
import { openRegularFile } from '../../platform/files/regular-file.ts'
import { fileSource } from '../../recognition/formats/byte-source.ts'
import { readContent } from '../../recognition/read-content.ts'

/**
 * The external data files that hold the weights of an ONNX graph: file name → minimum size in bytes. Null if
 * the graph can't be read or is refused, for example because it refers to files outside its folder.
 */
export async function readExternalWeights(graph: string): Promise<ReadonlyMap<string, number> | null> {
  try {
    await using file = await openRegularFile(graph)
    const content = await readContent(fileSource(file, (await file.stat()).size), basename(graph))
    return content.failure === null ? (content.external ?? new Map()) : null
  } catch {
    return null
  }
}
