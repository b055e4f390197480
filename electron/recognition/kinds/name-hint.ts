export interface NameHint {
  readonly modelType: string
  /** The part of the name that hints. */
  readonly hint: string
}

/** Words in file names, the most particular first. Weak evidence: asked only when header and folder are silent. */
const hints: readonly (readonly [pattern: RegExp, modelType: string])[] = [
  [/clip[-_ ]?vision|siglip/, 'clip_vision'],
  [/control[-_ ]?(net|lora)|t2i[-_ ]?adapter|control_v11\w?/, 'controlnet'],
  [/ip[-_ ]?adapter/, 'ipadapter'],
  [/(?<![a-z])(lora|locon|lycoris|loha|lokr|dora)(?![a-z])/, 'loras'],
  [/taesd\w*|taehv|vae[-_ ]?approx/, 'vae_approx'],
  [/(?<![a-z])vae(?![a-z])|^ae(?=\.)/, 'vae'],
  [/umt5|t5[-_ ]?xxl|clip[-_ ]?[lgh](?![a-z])|text[-_ ]?encoder/, 'text_encoders'],
  [/(real)?esrgan|swinir|upscal\w*|(?<![a-z\d])[1248]x(?=[-_ ])/, 'upscale_models'],
  [/(?<![a-z])unet(?![a-z])|diffusion[-_ ]?model(?!s? ?xl)/, 'diffusion_models'],
  [/textual[-_ ]?inversion|(?<![a-z])embedding(?![a-z])/, 'embeddings'],
  // Nothing but whole Stable Diffusion models is saved as .ckpt.
  [/\.ckpt$/, 'checkpoints'],
]

/** What a file's name hints at, or null. */
export function nameHint(name: string): NameHint | null {
  const lower = name.toLowerCase()
  for (const [pattern, modelType] of hints) {
    const hint = pattern.exec(lower)?.[0]
    if (hint !== undefined) return { modelType, hint }
  }
  return null
}
