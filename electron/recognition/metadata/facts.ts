import type { ModelFacts, PrivateContent } from '../../contract/recognition.ts'
import { parseJson } from '../../platform/files/parse-json.ts'
import { bytesByDtype, type Header } from '../formats/header.ts'
import { detectQuantisation } from '../kinds/quantisation.ts'
import type { FileContent } from '../read-content.ts'
import { toDisplayText } from './display-text.ts'
import type { SidecarFacts } from './sidecar-text.ts'

const maxDescriptionLength = 2_000

/** Facts about a model for the details pane. The file's header takes precedence over its sidecars. */
export function extractFacts(
  content: FileContent,
  sidecarFacts: SidecarFacts,
  sidecars: readonly string[],
): ModelFacts {
  const { header } = content
  const metadata: Metadata = header?.metadata ?? new Map<string, string>()
  return {
    ...descriptionFacts(metadata, sidecarFacts),
    triggerWords: findTriggerWords(metadata, sidecarFacts.triggerWords),
    resolution: firstValue(metadata, ['modelspec.resolution', 'ss_resolution']),
    date: firstValue(metadata, ['modelspec.date', 'ss_training_finished_at']),
    usageHint: firstValue(metadata, ['modelspec.usage_hint']),
    predictionType: firstValue(metadata, ['modelspec.prediction_type']),
    quantisation: content.quantisation ?? (header && detectQuantisation(header.tensors)),
    producer: findProducer(metadata) ?? content.producer ?? null,
    parameterCount: header && countParameters(header.tensors),
    dtypes: header ? largestDtypes(header.tensors) : [],
    inputs: content.inputs ?? [],
    privateContent: findPrivateContent(metadata),
    sidecars,
    imports: content.imports ?? [],
  }
}

type Metadata = ReadonlyMap<string, string>

function descriptionFacts(
  metadata: Metadata,
  sidecar: SidecarFacts,
): Pick<ModelFacts, 'title' | 'author' | 'description' | 'licence' | 'trainingBase'> {
  const authorKeys = ['modelspec.author', 'general.author', 'general.organization']
  const descriptionKeys = ['modelspec.description', 'general.description']
  const baseKeys = [
    'ss_sd_model_name',
    'ss_base_model_version',
    'general.base_model.0.name',
    'modelspec.merged_from',
  ]
  return {
    title: firstValue(metadata, ['modelspec.title', 'general.name', 'ss_output_name']) ?? sidecar.title,
    author: firstValue(metadata, authorKeys) ?? sidecar.author,
    description: firstValue(metadata, descriptionKeys, maxDescriptionLength) ?? sidecar.description,
    licence: firstValue(metadata, licenceKeys) ?? sidecar.licence,
    trainingBase: firstValue(metadata, baseKeys) ?? sidecar.trainingBase,
  }
}

const licenceKeys = ['modelspec.license', 'general.license', 'license']

/** The licence that the header names, or null. */
export function headerLicence(header: Header | null): string | null {
  return header && firstValue(header.metadata, licenceKeys)
}

function firstValue(metadata: Metadata, keys: readonly string[], maxLength?: number): string | null {
  for (const key of keys) {
    const value = metadata.get(key)?.trim()
    if (value !== undefined && value !== '' && value !== 'None') return toDisplayText(value, maxLength)
  }
  return null
}

/**
 * The tool that wrote the file: ai-toolkit has its name in JSON, OneTrainer and kohya have keys of their own.
 */
function findProducer(metadata: Metadata): string | null {
  const software = metadata.get('software')
  if (software !== undefined) {
    const name = /"name"\s*:\s*"([^"]{1,80})"/.exec(software.slice(0, 1_000))?.[1]
    if (name !== undefined) return toDisplayText(name)
  }
  if (metadata.get('ot_branch') === 'omi_format') return 'OneTrainer'
  const producer = firstValue(metadata, ['general.quantized_by', 'modelspec.implementation'])
  return producer ?? (metadata.has('ss_network_module') ? 'kohya' : null)
}

function countParameters(tensors: Header['tensors']): number {
  let count = 0
  for (const { shape } of tensors.values()) count += shape.reduce((product, length) => product * length, 1)
  return count
}

function largestDtypes(tensors: Header['tensors']): ModelFacts['dtypes'] {
  return [...bytesByDtype(tensors)]
    .map(([dtype, sizeBytes]) => ({ dtype, sizeBytes }))
    .sort((one, other) => other.sizeBytes - one.sizeBytes)
    .slice(0, 8)
}

const localPath = /(^|[\s"'=(])([A-Za-z]:[\\/]{1,2}[^\s"']|\/(home|Users|root|mnt|media|workspace|content)\/)/
/** Only the beginning of longer values is searched: a tag list may have megabytes. */
const maxSearchedLength = 100_000

/** What a header contains that the user may not want to share. */
export function findPrivateContent(metadata: Metadata): PrivateContent[] {
  const found: PrivateContent[] = []
  if (metadata.has('prompt')) found.push('prompt')
  if (metadata.has('workflow')) found.push('workflow')
  const hasPath = [...metadata].some(
    ([key, value]) => key !== 'modelspec.thumbnail' && localPath.test(value.slice(0, maxSearchedLength)),
  )
  if (hasPath) found.push('local-paths')
  const texts = ['ss_tag_frequency', 'ss_training_comment', 'ss_dataset_dirs', 'ss_datasets']
  if (texts.some((key) => (metadata.get(key) ?? '').length > 4)) found.push('training-texts')
  return found
}

const maxTriggerWords = 12
/** A longer tag list isn't parsed. */
const maxTagListBytes = 20_000_000

/** The author's trigger words, else those of a sidecar, else the most frequent training tags. */
function findTriggerWords(metadata: Metadata, fromSidecar: readonly string[]): readonly string[] {
  const phrase = metadata.get('modelspec.trigger_phrase')?.trim()
  if (phrase) {
    return phrase
      .split(',')
      .map((word) => toDisplayText(word))
      .filter(Boolean)
      .slice(0, maxTriggerWords)
  }
  if (fromSidecar.length > 0) return fromSidecar.slice(0, maxTriggerWords)
  const tagList = metadata.get('ss_tag_frequency')
  return tagList === undefined ? [] : mostFrequentTags(tagList)
}

/** kohya counts tags by folder: `{"10_cat": {"cat": 20, "sitting": 3}}`. */
function mostFrequentTags(tagList: string): string[] {
  const folders = parseJson(Buffer.from(tagList), maxTagListBytes)
  const counts = new Map<string, number>()
  for (const tags of valuesOf(folders)) {
    if (typeof tags !== 'object' || tags === null) continue
    for (const [tag, count] of Object.entries(tags)) {
      if (typeof count === 'number') counts.set(tag.trim(), (counts.get(tag.trim()) ?? 0) + count)
    }
  }
  return [...counts]
    .sort((one, other) => other[1] - one[1])
    .slice(0, maxTriggerWords)
    .map(([tag]) => toDisplayText(tag))
    .filter(Boolean)
}

function valuesOf(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value) : []
}
