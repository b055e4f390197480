import type { ModelFacts, PrivateContent } from '../../contract/recognition.ts'
import type { Content } from '../read-content.ts'
import { cut } from './cut-text.ts'
import type { Header } from '../formats/header.ts'
import { quantisationOf } from '../kinds/quantisation.ts'
import type { SidecarWords } from './sidecar-text.ts'
import { triggerWordsOf } from './trigger-words.ts'

/** Texts come from a file: cut, so that the pane stays a pane. */
const longestText = 2_000
const longestFact = 200

/** All that a file and what lies beside it say of the model. */
export function factsOf(content: Content, words: SidecarWords, sidecars: readonly string[]): ModelFacts {
  const { header, imports = [] } = content
  const metadata = header?.metadata ?? new Map<string, string>()
  const first = (...keys: readonly string[]) => firstOf(metadata, keys, longestFact)
  return {
    title: first('modelspec.title', 'general.name', 'ss_output_name') ?? words.title,
    author: first('modelspec.author', 'general.author', 'general.organization') ?? words.author,
    description:
      firstOf(metadata, ['modelspec.description', 'general.description'], longestText) ?? words.description,
    licence: first('modelspec.license', 'general.license', 'license') ?? words.licence,
    triggerWords: triggerWordsOf(metadata, words.triggerWords),
    resolution: first('modelspec.resolution', 'ss_resolution'),
    trainingBase:
      first(
        'ss_sd_model_name',
        'ss_base_model_version',
        'general.base_model.0.name',
        'modelspec.merged_from',
      ) ?? words.trainingBase,
    date: first('modelspec.date', 'ss_training_finished_at'),
    usageHint: first('modelspec.usage_hint'),
    predictionType: first('modelspec.prediction_type'),
    quantisation: content.quantisation ?? (header && quantisationOf(header.tensors)),
    producer: producerOf(metadata) ?? content.producer ?? null,
    parameterCount: header && parametersOf(header.tensors),
    dtypes: header ? bytesByDtype(header.tensors) : [],
    inputs: content.inputs ?? [],
    privateContent: privateIn(metadata),
    sidecars,
    imports,
  }
}

type Metadata = ReadonlyMap<string, string>

function firstOf(metadata: Metadata, keys: readonly string[], longest: number): string | null {
  for (const key of keys) {
    const value = metadata.get(key)?.trim()
    if (value !== undefined && value !== '' && value !== 'None') return cut(value, longest)
  }
  return null
}

/** ai-toolkit names itself in a JSON of its own, OneTrainer by its format, kohya by its module. */
function producerOf(metadata: Metadata): string | null {
  const software = metadata.get('software')
  if (software !== undefined) {
    const name = /"name"\s*:\s*"([^"]{1,80})"/.exec(software.slice(0, 1_000))?.[1]
    if (name !== undefined) return cut(name)
  }
  if (metadata.get('ot_branch') === 'omi_format') return 'OneTrainer'
  const known = firstOf(metadata, ['general.quantized_by', 'modelspec.implementation'], longestFact)
  return known ?? (metadata.has('ss_network_module') ? 'kohya' : null)
}

function parametersOf(tensors: Header['tensors']): number {
  let count = 0
  for (const { shape } of tensors.values()) count += shape.reduce((product, length) => product * length, 1)
  return count
}

function bytesByDtype(tensors: Header['tensors']): ModelFacts['dtypes'] {
  const bytes = new Map<string, number>()
  for (const { dtype, sizeBytes } of tensors.values()) bytes.set(dtype, (bytes.get(dtype) ?? 0) + sizeBytes)
  return [...bytes]
    .map(([dtype, sizeBytes]) => ({ dtype, sizeBytes }))
    .sort((one, other) => other.sizeBytes - one.sizeBytes)
    .slice(0, 8)
}

const localPath = /(^|[\s"'=(])([A-Za-z]:[\\/]{1,2}[^\s"']|\/(home|Users|root|mnt|media|workspace|content)\/)/
/** Values beyond this are looked into from the front only: a tag list may have megabytes. */
const lookedInto = 100_000

function privateIn(metadata: Metadata): PrivateContent[] {
  const found: PrivateContent[] = []
  if (metadata.has('prompt')) found.push('prompt')
  if (metadata.has('workflow')) found.push('workflow')
  const hasPath = [...metadata].some(
    ([key, value]) => key !== 'modelspec.thumbnail' && localPath.test(value.slice(0, lookedInto)),
  )
  if (hasPath) found.push('local-paths')
  const texts = ['ss_tag_frequency', 'ss_training_comment', 'ss_dataset_dirs', 'ss_datasets']
  if (texts.some((key) => (metadata.get(key) ?? '').length > 4)) found.push('training-texts')
  return found
}
