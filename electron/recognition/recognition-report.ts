import { basename } from 'node:path'
import process from 'node:process'
import { failed, success, type Result } from '../contract/failures.ts'
import { confidenceOf, evidenceOf, type Recognition } from '../contract/recognition.ts'
import { numberlessName } from './architecture-signature.ts'
import type { FileToInspect } from './found-file.ts'
import type { Header } from './formats/header.ts'
import { tensorNames } from './kinds/tensor-names.ts'
import { fileFailure } from '../platform/files/file-identity.ts'
import { toDisplayText } from './metadata/display-text.ts'
import { inspectFile } from './inspect-file.ts'
import { readLocalContent } from './read-content.ts'

/** Longer reports are cut, in characters: it is pasted into a message. */
const maxLength = 9_000
/** Longer names are cut, in characters. */
const maxNameLength = 120

/** Metadata whose values name architectures and never a person, a path or a prompt. */
const architectureKeys = [
  'modelspec.architecture',
  'ss_base_model_version',
  'ss_network_module',
  'general.architecture',
  'general.type',
  'general.file_type',
] as const
/** An architecture such as `stable-diffusion-xl-v1-base/lora`; anything else may be private. */
const architectureValue = /^[\w.-]{1,60}(\/[\w.-]{1,30})?$/

/**
 * A short text for reporting a file that was recognised wrongly: what was recognised and why, and the names
 * and shapes of its tensors. Without weights, paths, file names, prompts and other metadata. Never rejects.
 */
export async function createRecognitionReport(
  found: FileToInspect,
  platform: NodeJS.Platform = process.platform,
): Promise<Result<string>> {
  const { path, name = basename(path) } = found
  try {
    const { recognition, failure } = await inspectFile(path, found, platform)
    // A link may lead to a private file, and reading a file in a cloud drive would download it.
    if (failure?.code === 'file-link' || failure?.code === 'file-placeholder') return failed(failure)
    const content = await readLocalContent(path, name, platform)
    const lines = [...recognitionLines(recognition), ...(content?.header ? headerLines(content.header) : [])]
    return success(withinLength(lines).join('\n'))
  } catch (error) {
    return failed(fileFailure(error))
  }
}

function recognitionLines(recognition: Recognition): readonly string[] {
  const { format, modelType, base, variant, reason, note, signature, tensorCount, dtype } = recognition
  // The folder of a diffusers model has the name that the user gave it.
  const evidence = reason.key === 'reason.diffusers' ? [] : evidenceOf(recognition)
  return [
    'Modelferry recognition report',
    `format: ${format}`,
    `type: ${modelType ?? 'unknown'}`,
    `base model: ${[base, variant].filter(Boolean).join(' ') || 'unknown'}`,
    `confidence: ${confidenceOf(recognition)}`,
    `reason: ${[reason.key, note?.key].filter(Boolean).join(', ')}`,
    ...evidence.map(({ source, sign }) => `${source}: ${toDisplayText(sign, maxNameLength)}`),
    `architecture: ${signature ?? 'none'}`,
    `tensors: ${tensorCount ?? 0} ${dtype ?? ''}`.trimEnd(),
  ]
}

function headerLines({ tensors, metadata }: Header): readonly string[] {
  const known = architectureKeys.flatMap((key) => {
    const value = metadata.get(key)
    return value !== undefined && architectureValue.test(value) ? [`${key}: ${value}`] : []
  })
  const patterns = new Map<string, { readonly shape: readonly number[]; count: number }>()
  const names = tensorNames(tensors)
  for (const name of names.all()) {
    const pattern = toDisplayText(numberlessName(name), maxNameLength)
    const before = patterns.get(pattern)
    if (before) before.count += 1
    else patterns.set(pattern, { shape: names.shape(name), count: 1 })
  }
  return [
    ...known,
    `names (# is a number), the first shape and how many:`,
    ...[...patterns].map(([pattern, { shape, count }]) => `${pattern} [${shape.join(', ')}] × ${count}`),
  ]
}

/** As many lines as fit. */
function withinLength(lines: readonly string[]): readonly string[] {
  let length = 0
  const fitting = lines.findIndex((line) => (length += line.length + 1) > maxLength)
  return fitting === -1 ? lines : [...lines.slice(0, fitting), `… ${lines.length - fitting} more lines`]
}
