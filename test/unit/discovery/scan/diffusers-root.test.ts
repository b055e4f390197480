import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findDiffusersRoots } from '../../../../electron/discovery/scan/diffusers-root.ts'
import { createModelFolder } from '../model-folder.ts'

test('maps a part of a diffusers model to its folder and other files to themselves', async () => {
  const root = createModelFolder(
    'm/sdxl/model_index.json',
    'm/sdxl/unet/a.safetensors',
    'm/sdxl/sub/deep/b.safetensors',
    'm/sdxl/whole.safetensors',
    'm/sdxl/sub/too/deep/d.safetensors',
    'm/loras/c.safetensors',
  )
  const at = (path: string) => join(root, path)
  const parts = ['m/sdxl/unet/a.safetensors', 'm/sdxl/sub/deep/b.safetensors']
  const others = ['m/sdxl/whole.safetensors', 'm/sdxl/sub/too/deep/d.safetensors', 'm/loras/c.safetensors']
  const roots = await findDiffusersRoots([...parts, ...others].map(at))
  expect([...roots.values()]).toEqual([at('m/sdxl'), at('m/sdxl'), ...others.map(at)])
})
