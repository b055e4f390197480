import type { Kind } from './kind.ts'
import type { TensorNames } from './tensor-names.ts'

/**
 * The base by the width of the text embeddings: 768 SD1 (CLIP-L), 1024 SD2 (CLIP-H), 2048 SDXL (CLIP-L and G
 * together).
 */
export function baseByTextWidth(width: number | undefined): string | null {
  if (width === 768) return 'SD1'
  if (width === 1024) return 'SD2'
  return width === 2048 ? 'SDXL' : null
}

/** Models that control another model: ControlNet, T2I adapter, IP-Adapter and style models. */
export function controlKind(names: TensorNames): Kind | null {
  return controlNetKind(names) ?? ipAdapterKind(names) ?? styleModelKind(names)
}

function controlNetKind(names: TensorNames): Kind | null {
  const toKind = (evidence: string, base: string | null): Kind => ({
    modelType: 'controlnet',
    base,
    evidence,
  })
  if (names.has('lora_controlnet')) return toKind('lora_controlnet', textBase(names))
  const zero = ['control_model.zero_convs.0.0.weight', 'zero_convs.0.0.weight'].find(names.has)
  if (zero !== undefined) return toKind(zero, textBase(names))
  const diffusers = 'controlnet_cond_embedding.conv_in.weight'
  if (names.has(diffusers)) return toKind(diffusers, textBase(names))
  const block = 'controlnet_blocks.0.weight'
  if (names.has(block)) return toKind(block, transformerControlBase(names))
  const blocks = names.startingWith('control_blocks.')
  if (blocks !== undefined) return toKind(blocks, names.has('control_img_in.weight') ? 'Qwen-Image' : null)
  const lllite = names.startingWith('lllite_')
  if (lllite !== undefined) return toKind(lllite, llliteBase(names))
  const adapter = names.matching(t2iAdapter)
  return adapter === undefined ? null : toKind(adapter, null)
}

/**
 * Its layers are named after those that it controls: a UNet (published only for SDXL) or the transformer of
 * Anima.
 */
function llliteBase(names: TensorNames): string | null {
  if (names.startingWith('lllite_unet_') !== undefined) return 'SDXL'
  return names.startingWith('lllite_dit_') === undefined ? null : 'Anima'
}

const t2iAdapter = /^(adapter\.)?body\.\d+\.(resnets\.0\.block1|block1|in_conv)\.weight$/

function transformerControlBase(names: TensorNames): string | null {
  if (names.has('txt_norm.weight')) return 'Qwen-Image'
  if (names.startingWith('double_blocks.') !== undefined || names.has('controlnet_x_embedder.weight'))
    return 'Flux.1'
  return names.has('pos_embed_input.proj.weight') ? 'SD3' : null
}

function textBase(names: TensorNames): string | null {
  const key = names.matching(/attn2\.to_k(\.down)?(\.weight)?$/)
  return key === undefined ? null : baseByTextWidth(names.shape(key).at(-1))
}

function ipAdapterKind(names: TensorNames): Kind | null {
  const flux = names.startingWith('ip_adapter_proj_model.')
  if (flux !== undefined) return { modelType: 'ipadapter', base: 'Flux.1', evidence: flux }
  const adapter = names.startingWith('ip_adapter.')
  if (adapter === undefined) return null
  const base = baseByTextWidth(names.shape('ip_adapter.1.to_k_ip.weight').at(-1))
  return { modelType: 'ipadapter', base, evidence: adapter }
}

function styleModelKind(names: TensorNames): Kind | null {
  if (names.has('redux_down.weight')) {
    return { modelType: 'style_models', base: 'Flux.1', evidence: 'redux_down.weight' }
  }
  return names.has('style_embedding')
    ? { modelType: 'style_models', base: 'SD1', evidence: 'style_embedding' }
    : null
}
