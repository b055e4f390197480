import type { Page } from '@playwright/test'
import { join } from 'node:path'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { families } from '../../fixtures/families.ts'
import { writeGguf } from '../../fixtures/gguf-files.ts'
import { writeSafetensors, writeText } from '../../fixtures/model-files.ts'
import { imported, pickleOf, shellCall, stateDict, torchZip } from '../../fixtures/pickles.ts'
import { pngOf } from '../../fixtures/pictures.ts'
import { expect, test } from '../support/fixtures.ts'
import { answerBoxes } from '../support/main-steps.ts'
import { drag, errorOf, rowOf } from '../support/page-steps.ts'

/** A ComfyUI `models` folder with a picture beside a LoRA, pickles of every level, and a diffusers model. */
async function writeModels(folder: string): Promise<string> {
  const models = join(folder, 'models')
  const at = (name: string) => join(models, name)
  await writeSafetensors(at('loras/SDXL/painter.safetensors'), {
    tensors: families['kohya SDXL LoRA'].tensors,
    sizeBytes: 250_000,
    metadata: {
      'modelspec.title': 'Painter in oil',
      'modelspec.author': 'Mira Okafor',
      'modelspec.license': 'CC-BY-NC-4.0',
      'modelspec.trigger_phrase': 'in oil, thick paint',
      'modelspec.resolution': '1024x1024',
      ss_sd_model_name: '/home/mira/models/sd_xl_base_1.0.safetensors',
      ss_network_module: 'networks.lora',
    },
  })
  await writeText(at('loras/SDXL/painter.png'), pngOf(512, 320, [168, 72, 40]))
  await writeGguf(at('unet/flux1-dev-Q4_K.gguf'), {
    metadata: { 'general.architecture': 'flux', 'general.file_type': 15 },
    tensors: { 'img_in.weight': { type: 1, shape: [3072, 64] } },
  })
  await writeText(at('upscale_models/4x_Sharp.pth'), torchZip(stateDict(families['ESRGAN 4x'].tensors)))
  const trainer = pickleOf(imported('pytorch_lightning.callbacks.model_checkpoint', 'ModelCheckpoint'))
  await writeText(at('checkpoints/old style.ckpt'), torchZip(trainer))
  await writeText(at('embeddings/trap.pt'), shellCall)
  const tiny = at('diffusers/tiny-flux')
  await writeText(join(tiny, 'model_index.json'), '{"_class_name": "FluxPipeline"}')
  await writeText(join(tiny, 'tokenizer/vocab.json'), '{"a": 1}')
  await writeSafetensors(join(tiny, 'vae/diffusion_pytorch_model.safetensors'))
  return models
}

async function shoot(page: Page, path: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.screenshot({ path: path.replace('.png', `-${colorScheme}.png`) })
  }
}

test('describes each file of a models folder, with previews, groups and unsafe code', async ({
  app,
  page,
  harness,
}, testInfo) => {
  test.setTimeout(120_000)
  const shot = (name: string) => shoot(page, testInfo.outputPath(`${name}.png`))
  // Nothing is sent before the review.
  await page.evaluate(() => window.modelferry?.pauseAll())
  await drag(page, [await writeModels(harness.folder)])
  await expect(page.getByText('6 files added.')).toBeVisible()
  await shot('dropped')
  await page.getByRole('button', { name: /not added/ }).click()
  await expect(page.getByText('Describes a model in the same folder', { exact: false })).toBeVisible()
  await page.getByRole('button', { name: 'Close', exact: true }).click()

  await expect(page.getByText('tiny-flux: diffusers model')).toBeVisible()
  await expect(errorOf(page, 'Dangerous: loading this file would run “posix.system')).toBeVisible()
  const warning = page.getByRole('row').filter({
    has: errorOf(page, 'pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint'),
  })
  await expect(warning).toBeVisible()

  await rowOf(page, 'Painter in oil').getByRole('gridcell').nth(1).dblclick()
  const pane = page.getByRole('complementary', { name: 'Details of Painter in oil' })
  const preview = pane.getByRole('img', { name: 'Preview of Painter in oil' })
  await expect(preview).toBeVisible()
  // The picture must be drawn under the page’s policy, not only be in the document.
  await expect.poll(() => preview.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(512)
  await expect(rowOf(page, 'Painter in oil').locator('.tile img')).toBeVisible()
  await expect(pane).toContainText('paths from the computer where it was made')
  await expect(pane).toContainText('thick paint')
  await shot('details')
  await page.setViewportSize({ width: 480, height: 400 })
  await shot('narrow')
  await page.setViewportSize({ width: 960, height: 640 })
  await page.keyboard.press('Escape')

  await warning.getByRole('button', { name: 'View warning' }).click()
  await shot('unsafe')
  await answerBoxes(app.electron, 0)
  await page.getByRole('button', { name: 'Upload anyway…' }).click()
  await expect(rowOf(page, 'old style')).toHaveAccessibleName(/Paused/)
  await rowOf(page, '4x Sharp').getByRole('gridcell').nth(1).dblclick()
  await expect(page.getByRole('complementary')).toContainText('ESRGAN 4x')
  await page.getByRole('button', { name: 'Resume all' }).click()
  await expect(rowOf(page, 'old style')).toContainText('In the library')
  const pathsOfFlux = () => {
    const paths = harness.cloud.modelsOf(ALICES_TEAM_ID).map(({ model_path: path }) => path)
    return paths.filter((path) => path.includes('tiny-flux')).sort()
  }
  await expect
    .poll(pathsOfFlux)
    .toEqual([
      'models/diffusers/tiny-flux/model_index.json',
      'models/diffusers/tiny-flux/tokenizer/vocab.json',
      'models/diffusers/tiny-flux/vae/diffusion_pytorch_model.safetensors',
    ])
})
