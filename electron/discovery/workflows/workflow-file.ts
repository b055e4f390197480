import { open, type FileHandle } from 'node:fs/promises'
import { readAt } from '../../recognition/formats/byte-source.ts'
import { extensionOf } from '../../recognition/file-names.ts'
import { joinNeeds, needsOf, type Need } from './workflow.ts'
import { isWebp, longestWorkflowBytes, pngMagic, textsOfPng, textsOfWebp } from './workflow-image.ts'

/** Files that may hold a workflow: by their name, before anything is opened. */
export function mayHoldWorkflow(name: string): boolean {
  return ['.json', '.png', '.webp'].includes(extensionOf(name))
}

/**
 * The models that the workflow in a file names, or null when it holds none, is no such file, or can't be read. What the picture
 * looks like decides, not its name. Never rejects for anything that a file or disk can do.
 */
export async function readWorkflowFile(path: string): Promise<readonly Need[] | null> {
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch {
    return null
  }
  try {
    const facts = await file.stat()
    if (!facts.isFile() || facts.size < 2) return null
    return joinReadings(await textsOf(file, facts.size))
  } catch {
    return null
  } finally {
    await file.close()
  }
}

async function textsOf(file: FileHandle, fileBytes: number): Promise<readonly string[]> {
  const start = await readAt(file, 0, Math.min(16, fileBytes))
  if (start.subarray(0, pngMagic.length).equals(pngMagic)) return textsOfPng(file, fileBytes)
  if (isWebp(start)) return textsOfWebp(file, fileBytes)
  if (fileBytes > longestWorkflowBytes || !/^(\uFEFF|\s)*\{/.test(start.toString('utf8'))) return []
  return [(await readAt(file, 0, fileBytes)).toString('utf8')]
}

function joinReadings(texts: readonly string[]): readonly Need[] | null {
  const found = texts.map((text) => needsOf(parse(text))).filter((needs) => needs !== null)
  return found.length === 0 ? null : joinNeeds(found)
}

/** JSON as Python writes it: `NaN` and `Infinity` stand where JSON has no word for them. */
function parse(text: string): unknown {
  const plain = text.replace(/^\uFEFF/, '').replace(/\0+$/, '')
  for (const candidate of [plain, plain.replace(/(?<=[[:,]\s*)-?(NaN|Infinity)(?=\s*[,\]}])/g, 'null')]) {
    try {
      return JSON.parse(candidate)
    } catch {
      continue
    }
  }
  return null
}
