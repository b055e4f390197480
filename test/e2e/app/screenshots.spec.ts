import type { Page } from '@playwright/test'
import { join } from 'node:path'
import { families } from '../../fixtures/families.ts'
import { partFamilies } from '../../fixtures/families-of-parts.ts'
import { writeSafetensors, writeWebPage } from '../../fixtures/model-files.ts'
import { projectFolder } from '../../support/temp-project.ts'
import { expect, test } from '../support/fixtures.ts'
import type { EngineHarness } from '../support/fixtures.ts'
import { ask, drag, errorOf, rowOf, signIn } from '../support/page-steps.ts'

// Pictures for the documentation: created by `npm run screenshots` and skipped in an ordinary run.

const mebibyte = 1024 ** 2
const family = { ...families, ...partFamilies }

test.use({
  // Gigabytes are sent, so storage discards them.
  cloudOptions: { discard: true, partSizeBytes: 16 * mebibyte },
  settings: { atOnce: 3, streamsMost: 8 },
})

/** Writes a sparse model file of a family in its real size. */
async function model(harness: EngineHarness, path: string, name: keyof typeof family, sizeBytes: number) {
  const whole = join(harness.folder, 'files/models', path)
  await writeSafetensors(whole, { tensors: family[name]?.tensors ?? {}, sizeBytes })
  return whole
}

type ColorScheme = 'light' | 'dark'

const picture = (name: string, colorScheme: ColorScheme) =>
  join(projectFolder, 'docs/screenshots', `${name}-${colorScheme}.png`)

async function prepare(page: Page, colorScheme: ColorScheme): Promise<void> {
  await page.setViewportSize({ width: 960, height: 640 })
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
  await redrawn(page)
}

/** A picture taken before the next frame would still have the previous colours. */
const redrawn = (page: Page) =>
  page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(null)))),
  )

async function quiet(page: Page): Promise<void> {
  const close = page.getByRole('button', { name: 'Close', exact: true })
  while (await close.first().isVisible()) await close.first().click()
  // Moves the pointer away from the rows; the row below a drag stays highlighted until the next click.
  await page.mouse.click(300, 4)
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`screenshots, ${colorScheme}`, { tag: '@screenshots' }, async ({ app, harness }) => {
    // Gigabytes take a while on a busy machine.
    test.setTimeout(300_000)
    const { page } = app
    await prepare(page, colorScheme)
    await signIn(page)
    await quiet(page)
    await done(page, harness)
    await broken(page, harness)
    await sending(page, harness)
    await page.getByRole('grid', { name: 'Uploads' }).evaluate((grid) => grid.scrollTo(0, 0))
    await page.screenshot({ path: picture('sending', colorScheme) })
  })
}

async function done(page: Page, harness: EngineHarness): Promise<void> {
  const files = [
    await model(harness, 'loras/Paper Cutout.safetensors', 'kohya SDXL LoRA', 228_000_000),
    await model(harness, 'embeddings/soft light.safetensors', 'SDXL embedding', 1_400_000),
  ]
  await drag(page, files)
  for (const name of ['Paper Cutout', 'soft light'])
    await expect(rowOf(page, name)).toContainText('In the library')
}

async function broken(page: Page, harness: EngineHarness): Promise<void> {
  const folder = join(harness.folder, 'files/models')
  const file = join(folder, 'controlnet/depth small.safetensors')
  await writeWebPage(file)
  await drag(page, [file])
  await expect(errorOf(page, 'This is a saved web page')).toBeVisible()
  await quiet(page)
}

/** Three uploads running and two waiting, at the speed of a good connection. */
async function sending(page: Page, harness: EngineHarness): Promise<void> {
  const first = await model(
    harness,
    'checkpoints/Juniper XL v4.safetensors',
    'SDXL checkpoint',
    6_940_000_000,
  )
  await drag(page, [
    first,
    await model(harness, 'diffusion_models/Harbour fp8.safetensors', 'Flux.1', 11_900_000_000),
    await model(harness, 'text_encoders/t5xxl fp16.safetensors', 'T5-XXL', 9_790_000_000),
    await model(harness, 'loras/Soft Grain.safetensors', 'diffusers Flux.1 LoRA', 306_000_000),
    await model(harness, 'upscale_models/4x Crisp.safetensors', 'new ESRGAN', 67_000_000),
  ])
  await expect(rowOf(page, 'Juniper XL v4')).toContainText('Uploading')
  const sent = async () =>
    (await ask(page, 'snapshot')).rows.find(({ phase }) => phase === 'sending')?.sentBytes ?? 0
  await expect.poll(sent, { timeout: 120_000 }).toBeGreaterThan(2_000_000_000)
  harness.cloud.fail({ on: 'put-part', how: 'slow', bytesPerSecond: 5_000_000, times: Infinity })
  // Waits until the averages no longer include the faster start.
  const settled = async () => {
    const { rows, totals } = await ask(page, 'snapshot')
    const sum = rows.reduce((all, row) => all + (row.bytesPerSecond ?? 0), 0)
    const all = totals.bytesPerSecond ?? Infinity
    return all > 60_000_000 ? Infinity : Math.abs(sum / all - 1)
  }
  await expect.poll(settled, { timeout: 120_000 }).toBeLessThan(0.1)
  await quiet(page)
}
