import { join } from 'node:path'
import { ALICE, ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { families } from '../../fixtures/families.ts'
import { writeSafetensors, writeText, type SafetensorsOptions } from '../../fixtures/model-files.ts'
import { shellCall } from '../../fixtures/pickles.ts'
import { projectFolder } from '../../support/temp-project.ts'
import { expect, test } from '../support/fixtures.ts'
import type { EngineHarness } from '../support/fixtures.ts'
import { drag, pick, signIn } from '../support/page-steps.ts'

// More pictures for the documentation, created by `npm run screenshots`.

const library = [
  ['checkpoints', 'Juniper XL v4', 6_938_040_714],
  ['checkpoints', 'sd_xl_base_1.0', 6_938_078_334],
  ['diffusion_models', 'Harbour fp8', 11_901_525_888],
  ['loras', 'Paper Cutout', 228_454_036],
  ['loras', 'Soft Grain', 306_432_120],
  ['text_encoders', 't5xxl fp16', 9_787_841_024],
  ['upscale_models', '4x Crisp', 67_040_989],
  ['vae', 'clear vae', 334_641_164],
] as const

function fill(harness: EngineHarness): void {
  library.forEach(([type, name, bytes], index) => {
    harness.cloud.addModel(ALICES_TEAM_ID, {
      display_name: name,
      model_type: type,
      model_path: `models/${type}/${name}.safetensors`,
      file_size: bytes,
      model_status: index === 4 ? 'disabled' : 'active',
    })
  })
}

for (const colorScheme of ['light', 'dark'] as const)
  test(`screenshot of the library, ${colorScheme}`, { tag: '@screenshots' }, async ({ harness }) => {
    fill(harness)
    const { page } = await harness.start()
    await page.setViewportSize({ width: 960, height: 640 })
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await signIn(page)

    await page.getByRole('button', { name: 'Library', exact: true }).click()
    await expect(page.getByText('Paper Cutout', { exact: true })).toBeVisible()
    await page.screenshot({ path: join(projectFolder, 'docs/screenshots', `library-${colorScheme}.png`) })
  })

/** A models folder with a large checkpoint, a path conflict, an incomplete file and one that runs a shell. */
async function writeModelsToReview(harness: EngineHarness): Promise<string> {
  const models = join(harness.folder, 'files/models')
  const write = (path: string, name: keyof typeof families, options: SafetensorsOptions) =>
    writeSafetensors(join(models, path), { tensors: families[name]?.tensors ?? {}, ...options })
  await write('checkpoints/Meadow XL v2.safetensors', 'SDXL checkpoint', { sizeBytes: 6_940_000_000 })
  await write('loras/Watercolour.safetensors', 'kohya SDXL LoRA', { sizeBytes: 228_000_000 })
  await write('loras/Paper Cutout.safetensors', 'kohya SDXL LoRA', { sizeBytes: 114_000_000 })
  await write('loras/Soft Grain.safetensors', 'kohya SDXL LoRA', {
    sizeBytes: 90_000_000,
    cutBytes: 8_000_000,
  })
  await writeText(join(models, 'embeddings/bad prompt.pt'), shellCall)
  return models
}

for (const colorScheme of ['light', 'dark'] as const)
  test(`screenshot of the review, ${colorScheme}`, { tag: '@screenshots' }, async ({ harness }) => {
    fill(harness)
    const { page } = await harness.start()
    await page.setViewportSize({ width: 960, height: 640 })
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await signIn(page, ALICE, { isTeamChosen: false })
    await page.evaluate(() => window.modelferry?.changeSettings({ review: 'always' }))
    await drag(page, [await writeModelsToReview(harness)])
    const sheet = page.getByRole('dialog', { name: /^(Upload|Review) / })
    await pick(sheet, 'Choose team', "Alice's Team")
    await expect(sheet.getByRole('row', { name: /^Path conflicts/ })).toBeVisible()
    await expect(sheet.getByRole('button', { name: /^Upload 2 files/ })).toBeVisible()
    await page.mouse.move(300, 4)
    await page.screenshot({ path: join(projectFolder, 'docs/screenshots', `review-${colorScheme}.png`) })
  })
