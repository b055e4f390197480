import Aperture from '@lucide/svelte/icons/aperture'
import ArrowUpToLine from '@lucide/svelte/icons/arrow-up-to-line'
import Blend from '@lucide/svelte/icons/blend'
import Box from '@lucide/svelte/icons/box'
import Boxes from '@lucide/svelte/icons/boxes'
import Brackets from '@lucide/svelte/icons/brackets'
import CaseSensitive from '@lucide/svelte/icons/case-sensitive'
import ChevronRight from '@lucide/svelte/icons/chevron-right'
import CircleAlert from '@lucide/svelte/icons/circle-alert'
import CircleCheck from '@lucide/svelte/icons/circle-check'
import Copy from '@lucide/svelte/icons/copy'
import Eye from '@lucide/svelte/icons/eye'
import FileBox from '@lucide/svelte/icons/file-box'
import FolderOpen from '@lucide/svelte/icons/folder-open'
import Hash from '@lucide/svelte/icons/hash'
import Maximize from '@lucide/svelte/icons/maximize-2'
import Palette from '@lucide/svelte/icons/palette'
import Pause from '@lucide/svelte/icons/pause'
import Play from '@lucide/svelte/icons/play'
import Puzzle from '@lucide/svelte/icons/puzzle'
import RotateCw from '@lucide/svelte/icons/rotate-cw'
import Spline from '@lucide/svelte/icons/spline'
import Square from '@lucide/svelte/icons/square'
import Trash from '@lucide/svelte/icons/trash-2'
import Users from '@lucide/svelte/icons/users'
import Volume from '@lucide/svelte/icons/volume-2'
import X from '@lucide/svelte/icons/x'

/** Icons used in rows, drawn once by RowIconSprite.svelte. */
export const rowIcons = {
  audio: Volume,
  boxes: Boxes,
  brackets: Brackets,
  checkpoint: Box,
  chevron: ChevronRight,
  'circle-alert': CircleAlert,
  'circle-check': CircleCheck,
  copy: Copy,
  eye: Eye,
  file: FileBox,
  folder: FolderOpen,
  hash: Hash,
  letters: CaseSensitive,
  lora: Blend,
  palette: Palette,
  pause: Pause,
  play: Play,
  puzzle: Puzzle,
  spline: Spline,
  stop: Square,
  team: Users,
  'to-top': ArrowUpToLine,
  trash: Trash,
  'try-again': RotateCw,
  upscale: Maximize,
  vae: Aperture,
  x: X,
} as const
export type RowIconName = keyof typeof rowIcons

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
