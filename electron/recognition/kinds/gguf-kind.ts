import type { Header } from '../formats/header.ts'
import type { Kind } from './kind.ts'
import { detectKind } from './detect-kind.ts'

/** `general.architecture` as ComfyUI-GGUF reads it (loader.py, IMG_ARCH_LIST). */
const imageFamilies: Readonly<Record<string, string>> = {
  flux: 'Flux.1',
  sd1: 'SD1',
  sdxl: 'SDXL',
  sd3: 'SD3',
  aura: 'AuraFlow',
  hidream: 'HiDream',
  cosmos: 'Cosmos',
  ltxv: 'LTX-Video',
  hyvid: 'Hunyuan Video',
  wan: 'Wan',
  lumina2: 'Lumina 2',
  qwen_image: 'Qwen-Image',
}

/** Text encoders of image models; `clip` is llama.cpp's name for the image encoder of a multimodal one. */
const textFamilies: Readonly<Record<string, string>> = {
  t5: 'T5',
  t5encoder: 'T5',
  llama: 'Llama',
  qwen2vl: 'Qwen2.5-VL',
  qwen3: 'Qwen3',
  qwen3vl: 'Qwen3-VL',
  gemma2: 'Gemma',
  gemma3: 'Gemma',
  mistral3: 'Mistral',
  clip: 'Multimodal projector',
}

/**
 * Detects a GGUF file's kind. Tensors take precedence over the architecture, which is `flux` for Flux.2 too.
 */
export function detectGgufKind(header: Header): Kind | null {
  if (header.metadata.get('general.type') === 'adapter') {
    return { modelType: 'loras', base: null, evidence: 'general.type' }
  }
  const byTensors = detectKind(header)
  const architecture = header.metadata.get('general.architecture') ?? ''
  if (byTensors && byTensors.base !== null) {
    // The image encoder of a multimodal model is in a file of its own.
    const isMultimodal = /^qwen\w*vl$/.test(architecture) && !byTensors.base.endsWith('-VL')
    return isMultimodal ? { ...byTensors, base: `${byTensors.base}-VL` } : byTensors
  }
  const evidence = `general.architecture = ${architecture}`
  if (Object.hasOwn(imageFamilies, architecture)) {
    return { modelType: 'diffusion_models', base: imageFamilies[architecture] ?? null, evidence }
  }
  if (Object.hasOwn(textFamilies, architecture)) {
    return { modelType: 'text_encoders', base: textFamilies[architecture] ?? null, evidence }
  }
  return byTensors
}
