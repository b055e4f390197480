import * as v from 'valibot'
import { parseJson } from '../../platform/files/parse-json.ts'
import { readRegularFile } from '../../platform/files/regular-file.ts'
import { toDisplayText } from './display-text.ts'

/** Facts about a model from its sidecars. */
export interface SidecarFacts {
  readonly title: string | null
  readonly author: string | null
  readonly description: string | null
  readonly licence: string | null
  readonly triggerWords: readonly string[]
  readonly trainingBase: string | null
}

const noSidecarFacts: SidecarFacts = {
  title: null,
  author: null,
  description: null,
  licence: null,
  triggerWords: [],
  trainingBase: null,
}

/** Larger files are no description. */
const maxSidecarBytes = 1024 * 1024

const optionalField = <Schema extends v.GenericSchema>(schema: Schema) =>
  v.optional(v.fallback(v.nullable(schema), null))
const words = v.array(v.string())

/**
 * Fields that Stability Matrix (`.cm-info.json`), Civitai helpers (`.civitai.info`), A1111 (`.json`) and
 * ComfyUI's managers write, in various combinations. Fields of other types are ignored.
 */
const sidecarSchema = v.object({
  ModelName: optionalField(v.string()),
  ModelDescription: optionalField(v.string()),
  TrainedWords: optionalField(words),
  BaseModel: optionalField(v.string()),
  baseModel: optionalField(v.string()),
  trainedWords: optionalField(words),
  description: optionalField(v.string()),
  'activation text': optionalField(v.string()),
  license: optionalField(v.string()),
  creator: optionalField(v.object({ username: v.string() })),
  model: optionalField(v.object({ name: optionalField(v.string()) })),
  model_name: optionalField(v.string()),
})

/** Reads the facts from sidecars; the first file that has a fact counts. Never rejects. */
export async function readSidecars(paths: readonly string[]): Promise<SidecarFacts> {
  let facts = noSidecarFacts
  for (const path of paths) facts = mergeFacts(facts, await readSidecar(path))
  return facts
}

function mergeFacts(first: SidecarFacts, second: SidecarFacts): SidecarFacts {
  return {
    title: first.title ?? second.title,
    author: first.author ?? second.author,
    description: first.description ?? second.description,
    licence: first.licence ?? second.licence,
    triggerWords: first.triggerWords.length > 0 ? first.triggerWords : second.triggerWords,
    trainingBase: first.trainingBase ?? second.trainingBase,
  }
}

async function readSidecar(path: string): Promise<SidecarFacts> {
  let json: unknown
  try {
    json = parseJson(await readRegularFile(path, maxSidecarBytes), maxSidecarBytes)
  } catch {
    return noSidecarFacts
  }
  const parsed = v.safeParse(sidecarSchema, json)
  if (!parsed.success) return noSidecarFacts
  const fields = parsed.output
  const toText = (text: string | null | undefined, maxLength?: number) =>
    text ? toDisplayText(stripTags(text), maxLength) : null
  const activation = fields['activation text']?.split(',') ?? []
  return {
    title: toText(fields.ModelName ?? fields.model?.name ?? fields.model_name),
    author: toText(fields.creator?.username),
    description: toText(fields.ModelDescription ?? fields.description, 2_000),
    licence: toText(fields.license),
    triggerWords: (fields.trainedWords ?? fields.TrainedWords ?? activation)
      .map((word) => toDisplayText(word))
      .filter(Boolean),
    trainingBase: toText(fields.baseModel ?? fields.BaseModel),
  }
}

function stripTags(text: string): string {
  return text.replace(/<[^>]{0,500}>/g, ' ').replace(/\s+/g, ' ')
}
