/** Icons used in rows, defined once in RowIconSprite.svelte. */
export type RowIconName =
  | 'audio'
  | 'boxes'
  | 'brackets'
  | 'checkpoint'
  | 'chevron'
  | 'circle-alert'
  | 'circle-check'
  | 'copy'
  | 'eye'
  | 'file'
  | 'folder'
  | 'hash'
  | 'letters'
  | 'lora'
  | 'palette'
  | 'pause'
  | 'play'
  | 'puzzle'
  | 'spline'
  | 'stop'
  | 'team'
  | 'to-top'
  | 'trash'
  | 'try-again'
  | 'upscale'
  | 'vae'
  | 'x'

const ofType: Readonly<Record<string, RowIconName>> = {
  checkpoints: 'checkpoint',
  diffusion_models: 'boxes',
  diffusers: 'boxes',
  loras: 'lora',
  vae: 'vae',
  vae_approx: 'vae',
  text_encoders: 'letters',
  clip_vision: 'eye',
  controlnet: 'spline',
  upscale_models: 'upscale',
  latent_upscale_models: 'upscale',
  embeddings: 'brackets',
  style_models: 'palette',
  ipadapter: 'puzzle',
  model_patches: 'puzzle',
  audio_encoders: 'audio',
}

/** The icon of a model type; custom types get the file icon. */
export function iconOfType(modelType: string): RowIconName {
  // The type is a text of the server, such as `constructor`.
  return (Object.hasOwn(ofType, modelType) ? ofType[modelType] : undefined) ?? 'file'
}
