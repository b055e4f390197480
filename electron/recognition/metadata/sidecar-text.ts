import { open } from 'node:fs/promises'
import * as v from 'valibot'
import { cut } from './cut-text.ts'
import { readAt } from '../formats/read-at.ts'

/** What descriptions beside a model say of it. */
export interface SidecarWords {
  readonly title: string | null
  readonly author: string | null
  readonly description: string | null
  readonly licence: string | null
  readonly triggerWords: readonly string[]
  readonly trainingBase: string | null
}

export const noWords: SidecarWords = {
  ...{ title: null, author: null, description: null, licence: null, triggerWords: [], trainingBase: null },
}

/** A description beyond this is something else. */
const longestText = 1024 * 1024

const optional = <Schema extends v.GenericSchema>(schema: Schema) =>
  v.optional(v.fallback(v.nullable(schema), null))
const words = v.array(v.string())

/**
 * Stability Matrix (`.cm-info.json`), Civitai helpers (`.civitai.info`), A1111 (`.json`) and ComfyUI's managers write these
 * in one mixture or another; what isn't as expected is passed over.
 */
const description = v.object({
  ModelName: optional(v.string()),
  ModelDescription: optional(v.string()),
  TrainedWords: optional(words),
  BaseModel: optional(v.string()),
  baseModel: optional(v.string()),
  trainedWords: optional(words),
  description: optional(v.string()),
  'activation text': optional(v.string()),
  license: optional(v.string()),
  creator: optional(v.object({ username: v.string() })),
  model: optional(v.object({ name: optional(v.string()) })),
  model_name: optional(v.string()),
})

/** Reads what the descriptions say, the first that says a thing counts. Never rejects. */
export async function sidecarWords(paths: readonly string[]): Promise<SidecarWords> {
  let said = noWords
  for (const path of paths) said = both(said, await translatorFor(path))
  return said
}

function both(first: SidecarWords, second: SidecarWords): SidecarWords {
  return {
    title: first.title ?? second.title,
    author: first.author ?? second.author,
    description: first.description ?? second.description,
    licence: first.licence ?? second.licence,
    triggerWords: first.triggerWords.length > 0 ? first.triggerWords : second.triggerWords,
    trainingBase: first.trainingBase ?? second.trainingBase,
  }
}

async function translatorFor(path: string): Promise<SidecarWords> {
  let read: unknown
  try {
    await using file = await open(path, 'r')
    const facts = await file.stat()
    if (!facts.isFile() || facts.size > longestText) return noWords
    read = JSON.parse((await readAt(file, 0, facts.size)).toString('utf8'))
  } catch {
    return noWords
  }
  const parsed = v.safeParse(description, read)
  if (!parsed.success) return noWords
  const told = parsed.output
  const plain = (text: string | null | undefined, longest?: number) =>
    text ? cut(withoutTags(text), longest) : null
  const activation = told['activation text']?.split(/\s*,\s*/) ?? []
  return {
    title: plain(told.ModelName ?? told.model?.name ?? told.model_name),
    author: plain(told.creator?.username),
    description: plain(told.ModelDescription ?? told.description, 2_000),
    licence: plain(told.license),
    triggerWords: (told.trainedWords ?? told.TrainedWords ?? activation)
      .map((word) => cut(word))
      .filter(Boolean),
    trainingBase: plain(told.baseModel ?? told.BaseModel),
  }
}

function withoutTags(text: string): string {
  return text.replace(/<[^>]{0,500}>/g, ' ').replace(/\s+/g, ' ')
}
