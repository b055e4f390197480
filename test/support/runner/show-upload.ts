import { createHash, randomInt } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { Page } from '@playwright/test'
import { ALICE, ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import type { Cloud } from '../../cloud/cloud.ts'
import { answerBoxes } from '../../e2e/support/main-steps.ts'
import { drag, rowOf, signIn } from '../../e2e/support/page-steps.ts'
import { launch } from '../../e2e/support/running-app.ts'
import { families } from '../../fixtures/families.ts'
import { writeSafetensors } from '../../fixtures/model-files.ts'

const sizeBytes = 64_000_000
const uploadLimitMs = 180_000
const coverLimitMs = 1_000
/** The page is updated at most this often. */
const pollMs = 100

/**
 * Shows without a display what a person would see: starts the built app, drops a new model on its window, waits
 * until the app has verified it, and saves a picture of the window in `window.png`.
 * @throws if the upload fails, or the stored object differs from the file
 */
export async function showUpload(
  cloud: Cloud,
  folder: string,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  // A new name and new bytes, because the library has the models of earlier runs.
  const [day, time = ''] = new Date().toISOString().split('T')
  const name = `example ${day} ${time.slice(0, 8).replaceAll(':', '.')}`
  const file = join(folder, 'models/vae', `${name}.safetensors`)
  const tensors = families['SD VAE']?.tensors ?? {}
  await writeSafetensors(file, { sizeBytes, tensors, payload: { seed: randomInt(2 ** 31) } })
  const app = await launch(environment as Record<string, string>, [])
  try {
    // In a later run the app asks whether to add an account.
    await answerBoxes(app.electron, 0)
    await signIn(app.page)
    console.log(`Signed in as ${ALICE.email}. Dropping a model of ${sizeBytes / 1e6} MB on the window:`)
    await drag(app.page, [file])
    await printProgress(app.page, name)
    await compare(cloud, name, file)
    await takePicture(app.page, name, join(folder, 'window.png'))
    await app.electron.close()
  } finally {
    await app.kill()
    await rm(file, { force: true })
  }
}

/** Prints what the row says until the model is in the library. */
async function printProgress(page: Page, name: string): Promise<void> {
  const limit = AbortSignal.timeout(uploadLimitMs)
  let printed: string | null = null
  while (!printed?.includes('In the library')) {
    const said = await rowOf(page, name).getAttribute('aria-label')
    if (said !== printed) console.log(`  ${said}`)
    printed = said
    if (limit.aborted) throw new Error('The upload has not succeeded.')
    await delay(pollMs)
  }
}

/** Compares SHA-256 of the file, of the object in storage and of the library's record. */
async function compare(cloud: Cloud, name: string, file: string): Promise<void> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  const sha256 = hash.digest('hex')
  const model = cloud.modelsOf(ALICES_TEAM_ID).find(({ display_name }) => display_name === name)
  const object = (await cloud.objects()).find(({ key }) => key === model?.storage_key)
  if (model?.file_hash !== `sha256:${sha256}` || (await object?.sha256()) !== sha256)
    throw new Error('The stored object differs from the file.')
  console.log(`Verified: file, stored object and library record have the SHA-256 ${sha256}`)
}

/** In the light theme, with the part of the upload's details that says that the app has verified it. */
async function takePicture(page: Page, name: string, path: string): Promise<void> {
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
  // The question of a computer without a keychain, and the notice about the added file, which disappears by itself.
  for (const button of ['Stay signed in until I quit', 'Close'])
    await page
      .getByRole('button', { name: button, exact: true })
      .click({ timeout: coverLimitMs })
      .catch(() => undefined)
  await rowOf(page, name).dblclick()
  const verification = page.getByRole('complementary').getByText('record matches the file')
  await verification.scrollIntoViewIfNeeded()
  await page.screenshot({ path })
}
