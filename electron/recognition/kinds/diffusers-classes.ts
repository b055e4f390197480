/** Families by the prefix of a pipeline or transformer class in diffusers, the most specific first. */
const families: readonly (readonly [start: string, base: string])[] = [
  ['StableDiffusionXL', 'SDXL'],
  ['StableDiffusion3', 'SD3'],
  ['StableVideoDiffusion', 'SVD'],
  ['StableCascade', 'Stable Cascade'],
  ['StableDiffusion', 'SD1'],
  ['Flux2', 'Flux.2'],
  ['Flux', 'Flux.1'],
  ['Chroma', 'Chroma'],
  ['QwenImage', 'Qwen-Image'],
  ['ZImage', 'Z-Image'],
  ['Lumina2', 'Lumina 2'],
  ['Wan', 'Wan'],
  ['HunyuanVideo', 'Hunyuan Video'],
  ['HunyuanImage', 'Hunyuan Image'],
  ['HunyuanDiT', 'Hunyuan-DiT'],
  ['HiDream', 'HiDream'],
  ['LTX', 'LTX-Video'],
  ['PixArt', 'PixArt'],
  ['Cosmos', 'Cosmos'],
  ['AuraFlow', 'AuraFlow'],
  ['Mochi', 'Mochi'],
  ['CogVideoX', 'CogVideoX'],
  ['Kandinsky', 'Kandinsky 5'],
]

/** The first class name in a diffusers configuration (`_class_name`), or null. */
export function parseClassName(text: string): string | null {
  return /"_class_name"\s*:\s*"(\w{1,80})"/.exec(text)?.[1] ?? null
}

/** The family of a pipeline or transformer class, or null. */
export function baseByClassName(className: string): string | null {
  return families.find(([start]) => className.startsWith(start))?.[1] ?? null
}
