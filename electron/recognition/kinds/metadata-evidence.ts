import { basesByArchitecture, basesByClassName } from '../families/known-names.ts'

type Metadata = ReadonlyMap<string, string>

/** Where a trainer writes the base model, most reliable first. */
const baseKeys = ['modelspec.architecture', 'ss_base_model_version'] as const

/** The base model's families as the file's own metadata names them, empty for none. */
export function basesFromMetadata(metadata: Metadata): readonly string[] {
  for (const key of baseKeys) {
    const { bases } = basesByArchitecture(metadata.get(key) ?? '')
    if (bases.length > 0) return bases
  }
  // kohya's trainer records for every model whether it is SD2.
  if (metadata.get('ss_v2') === 'True') return ['SD2']
  const className = parseClassName((metadata.get('config') ?? '').slice(0, maxConfigLength))
  return className === null ? [] : basesByClassName(className)
}

/** A configuration has a few kilobytes. */
const maxConfigLength = 256 * 1024

/**
 * The first class name in a diffusers configuration (`_class_name`), or null. LTX, Wan and others have the
 * configuration of transformer and VAE in the header.
 */
export function parseClassName(text: string): string | null {
  return /"_class_name"\s*:\s*"(\w{1,80})"/.exec(text)?.[1] ?? null
}

/** ModelSpec appends the type to the architecture: `…-lora` by its specification, `…/lora` in practice. */
const typeEndings: readonly (readonly [pattern: RegExp, modelType: string])[] = [
  [/[-/](lora|lycoris|loha|lokr)$/, 'loras'],
  [/[-/]textual-inversion$/, 'embeddings'],
  [/[-/]control-?net$/, 'controlnet'],
  [/[-/]vae$/, 'vae'],
]

export function typeFromMetadata(metadata: Metadata): { modelType: string; evidence: string } | null {
  const architecture = metadata.get('modelspec.architecture')?.toLowerCase() ?? ''
  const ending = typeEndings.find(([pattern]) => pattern.test(architecture))
  if (ending) return { modelType: ending[1], evidence: 'modelspec.architecture' }
  return metadata.has('ss_network_module') ? { modelType: 'loras', evidence: 'ss_network_module' } : null
}
