import type { BaseModel } from './family.ts'
import { flux } from './flux.ts'
import { imageModels } from './image-models.ts'
import { lumina } from './lumina.ts'
import { otherModels } from './other-models.ts'
import { stableDiffusion } from './stable-diffusion.ts'
import { videoModels } from './video-models.ts'

/**
 * All families of base models. Where a file has the tensors of several layouts, the first counts; ComfyUI
 * tests most of them in this order too.
 */
export const baseModels: readonly BaseModel[] = [
  ...lumina,
  ...imageModels,
  ...videoModels,
  ...otherModels,
  ...flux,
  ...stableDiffusion,
]
