import type { FileHandle } from 'node:fs/promises'
import { parseJson } from '../../platform/files/parse-json.ts'
import { openRegularFile } from '../../platform/files/regular-file.ts'
import { readAt } from '../../recognition/formats/byte-source.ts'

import { mergeNeededModels, parseNeededModels, type NeededModel } from './parse-workflow.ts'
import { isWebp, maxWorkflowBytes, pngMagic, textsOfPng, textsOfWebp } from './workflow-image.ts'

/**
 * The models that the workflow in a JSON, PNG or WebP file needs; null if the file holds no workflow or can't
 * be read. The file's content decides its format, not its name. Never rejects.
 */
export async function readWorkflowFile(path: string): Promise<readonly NeededModel[] | null> {
  try {
    await using file = await openRegularFile(path)
    const { size } = await file.stat()
    return size < 2 ? null : parseTexts(await workflowTextsOf(file, size))
  } catch {
    return null
  }
}

async function workflowTextsOf(file: FileHandle, fileBytes: number): Promise<readonly string[]> {
  const start = await readAt(file, 0, Math.min(16, fileBytes))
  if (start.subarray(0, pngMagic.length).equals(pngMagic)) return textsOfPng(file, fileBytes)
  if (isWebp(start)) return textsOfWebp(file, fileBytes)
  if (fileBytes > maxWorkflowBytes || !/^(\uFEFF|\s)*\{/.test(start.toString('utf8'))) return []
  return [(await readAt(file, 0, fileBytes)).toString('utf8')]
}

function parseTexts(texts: readonly string[]): readonly NeededModel[] | null {
  const lists = texts.map((text) => parseNeededModels(parseText(text))).filter((list) => list !== null)
  return lists.length === 0 ? null : mergeNeededModels(lists)
}

/** Texts in images may end in NUL bytes. */
function parseText(text: string): unknown {
  const bytes = Buffer.from(text)
  let end = bytes.length
  while (bytes[end - 1] === 0) end -= 1
  return parseJson(bytes.subarray(0, end), maxWorkflowBytes)
}
