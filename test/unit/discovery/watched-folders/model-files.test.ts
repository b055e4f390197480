import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  createFolderReader,
  findModelFiles,
} from '../../../../electron/discovery/watched-folders/model-files.ts'
import { createModelFolder } from '../model-folder.ts'

test('reads a diffusers model once for all its files', async () => {
  const root = createModelFolder('flux/model_index.json', 'flux/vae/a.safetensors', 'flux/unet/b.safetensors')
  const folderReader = createFolderReader()
  const [first, second] = await Promise.all(
    ['flux/vae/a.safetensors', 'flux/unet/b.safetensors'].map((name) =>
      findModelFiles(join(root, name), root, async () => null, folderReader),
    ),
  )
  expect(first?.key).toBe(join(root, 'flux'))
  expect(second).toBe(first)
})
