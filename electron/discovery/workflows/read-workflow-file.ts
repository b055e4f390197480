import { parseJson } from '../../platform/files/parse-json.ts'
import { openRegularFile } from '../../platform/files/regular-file.ts'
import { fileSource, type ByteSource } from '../../recognition/formats/byte-source.ts'
import { readPadded } from './media-parts.ts'
import type { NeededModel } from './needed-models.ts'
import { maxWorkflowBytes, mergeNeededModels, parseNeededModels } from './parse-workflow.ts'
import { isJpeg, isPng, isWebp, textsOfJpeg, textsOfPng, textsOfWebp } from './workflow-image.ts'
import {
  isFlac,
  isGlb,
  isIsoMedia,
  isMatroska,
  isMp3,
  isOgg,
  isSafetensors,
  textsOfFlac,
  textsOfGlb,
  textsOfIsoMedia,
  textsOfMatroska,
  textsOfMp3,
  textsOfOgg,
  textsOfSafetensors,
  textsOfSvg,
} from './workflow-media.ts'

type ReadTexts = (source: ByteSource) => Promise<readonly string[]>

/** The formats in which ComfyUI's frontend looks for workflows (src/scripts/metadata), and JPEG. */
const mediaFormats: readonly (readonly [isFormat: (start: Buffer) => boolean, read: ReadTexts])[] = [
  [isPng, textsOfPng],
  [isWebp, textsOfWebp],
  [isJpeg, textsOfJpeg],
  [isIsoMedia, textsOfIsoMedia],
  [isMatroska, textsOfMatroska],
  [isFlac, textsOfFlac],
  [isOgg, textsOfOgg],
  [isMp3, textsOfMp3],
  [isGlb, textsOfGlb],
  [isSafetensors, textsOfSafetensors],
]

/**
 * The models that the workflow in a JSON file, picture, video, sound or 3D model needs; null if the file
 * holds no workflow or can't be read. The file's content decides its format, not its name. Never rejects.
 */
export async function readWorkflowFile(path: string): Promise<readonly NeededModel[] | null> {
  try {
    await using file = await openRegularFile(path)
    const { size } = await file.stat()
    return parseTexts(await workflowTextsOf(fileSource(file, size)))
  } catch {
    return null
  }
}

async function workflowTextsOf(source: ByteSource): Promise<readonly string[]> {
  const start = await readPadded(source, 0, 16)
  const readMedia = mediaFormats.find(([isFormat]) => isFormat(start))?.[1]
  if (readMedia) return readMedia(source)
  const first = /^(?:\uFEFF|\s)*([{<])/.exec(start.toString('utf8'))?.[1]
  if (source.sizeBytes > maxWorkflowBytes || first === undefined) return []
  const text = (await source.read(0, source.sizeBytes)).toString('utf8')
  return first === '<' ? textsOfSvg(text) : [text]
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
