import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { findNearModels } from '../../../../electron/discovery/places/near-models.ts'

/** Creates files of some kilobytes in a temporary folder. */
function filesIn(...names: readonly string[]): string {
  const root = mkdtempSync(join(tmpdir(), 'modelferry-near-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  for (const name of names) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), '')
    truncateSync(join(root, name), 4_096)
  }
  return root
}

async function near(root: string, folder: string, modelTypes: readonly string[]): Promise<readonly string[]> {
  const computer = { platform: 'linux', home: root, environment: {} } as const
  const models = await findNearModels(join(root, folder), modelTypes, { computer, now: Date.now })
  return models.map(({ path }) => relative(root, path)).sort()
}

test('finds models in the folder itself, but not below it', async () => {
  const root = filesIn(
    'Downloads/a.safetensors',
    'Downloads/b.gguf',
    'Downloads/deep/c.safetensors',
    'other.safetensors',
  )
  expect(await near(root, 'Downloads', ['vae'])).toEqual(['Downloads/a.safetensors', 'Downloads/b.gguf'])
})

test('finds the folders of the types beside a program’s model folder, and no others', async () => {
  const root = filesIn(
    'models/diffusion_models/flux/dev.safetensors',
    'models/clip/flux/t5xxl.safetensors',
    'models/vae/ae.safetensors',
    'models/loras/mine.safetensors',
    'private/vae/ae.safetensors',
  )
  expect(await near(root, 'models/diffusion_models/flux', ['text_encoders', 'vae'])).toEqual([
    'models/clip/flux/t5xxl.safetensors',
    'models/diffusion_models/flux/dev.safetensors',
    'models/vae/ae.safetensors',
  ])
})

test('finds models behind a linked folder once', async () => {
  const root = filesIn('disk/encoders/t5xxl.safetensors', 'models/unet/dev.safetensors')
  symlinkSync(join(root, 'disk/encoders'), join(root, 'models/clip'))
  symlinkSync(join(root, 'disk/encoders'), join(root, 'models/text_encoders'))
  expect(await near(root, 'models/unet', ['text_encoders'])).toEqual([
    'models/clip/t5xxl.safetensors',
    'models/unet/dev.safetensors',
  ])
})
