import { baseByClassName, parseClassName } from './diffusers-classes.ts'

type Metadata = ReadonlyMap<string, string>

/** Families as ModelSpec, kohya and ai-toolkit write them; the first match counts. */
const families: readonly (readonly [pattern: RegExp, base: string])[] = [
  [/refiner/, 'SDXL refiner'],
  [/sdxl|diffusion-xl|pony|illustrious|noobai/, 'SDXL'],
  [/flux[-_ .]?2|klein/, 'Flux.2'],
  [/chroma/, 'Chroma'],
  [/flux/, 'Flux.1'],
  [/stable-diffusion-v?3[.-]5|sd3[.-]5/, 'SD3.5'],
  [/stable-diffusion-v?3|^sd3/, 'SD3'],
  [/stable-diffusion-v?2|^sd_?v?2/, 'SD2'],
  [/stable-diffusion-v?1|^sd_?v?1/, 'SD1'],
  [/qwen/, 'Qwen-Image'],
  [/z-?image/, 'Z-Image'],
  [/lumina/, 'Lumina 2'],
  [/wan/, 'Wan'],
  [/hunyuan-?video|hunyuan_video/, 'Hunyuan Video'],
  [/hidream/, 'HiDream'],
  [/ltx/, 'LTX-Video'],
  [/cosmos/, 'Cosmos'],
  [/anima\b/, 'Anima'],
]

/** Where a trainer writes the base model, most reliable first. */
const baseKeys = ['modelspec.architecture', 'ss_base_model_version'] as const

/** The base model's family as the file's own metadata names it, or null. */
export function baseFromMetadata(metadata: Metadata): string | null {
  for (const key of baseKeys) {
    const value = metadata.get(key)?.toLowerCase()
    const family = value === undefined ? undefined : families.find(([pattern]) => pattern.test(value))
    if (family) return family[1]
  }
  // kohya's trainer records for every model whether it is SD2.
  if (metadata.get('ss_v2') === 'True') return 'SD2'
  return baseFromConfig(metadata.get('config'))
}

/** A configuration has a few kilobytes. */
const maxConfigLength = 256 * 1024

/** LTX, Wan and others have the diffusers configuration of transformer and VAE in the header. */
function baseFromConfig(config: string | undefined): string | null {
  const className = config === undefined ? null : parseClassName(config.slice(0, maxConfigLength))
  return className === null ? null : baseByClassName(className)
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
