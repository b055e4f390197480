import type { Page } from '@playwright/test'
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { writeWebPage } from '../../fixtures/model-files.ts'
import { expect, test } from '../support/fixtures.ts'
import { drag, pick, rowOf, signIn, underWayText } from '../support/page-steps.ts'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Axe {
  run(): Promise<{
    readonly violations: readonly {
      readonly id: string
      readonly nodes: readonly { readonly html: string }[]
    }[]
  }>
}

/** What axe finds in the current page, light and dark: scheme, rule and element, one line each. */
async function violationsOf(page: Page): Promise<string[]> {
  // Run as an expression of the inspector, because the page’s policy allows no injected script.
  await page.evaluate(axeSource)
  const found: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const lines = await page.evaluate(async () => {
      const { violations } = await (window as unknown as { axe: Axe }).axe.run()
      return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
    })
    found.push(...lines.map((line) => `${colorScheme} ${line}`))
  }
  return found
}

test('has no axe violations in any view, light or dark', async ({ app, harness }) => {
  const { page } = app
  const found: Record<string, string[]> = {}
  found['sign-in'] = await violationsOf(page)
  await signIn(page)
  found['empty'] = await violationsOf(page)

  const held = harness.cloud.hold('put-object', 1)
  const sending = await harness.file('loras/sending.safetensors')
  const broken = `${harness.folder}/files/loras/broken.safetensors`
  await writeWebPage(broken)
  await drag(page, [await harness.file('vae/other.safetensors'), sending, broken])
  await held.arrived
  await expect(rowOf(page, 'broken')).toContainText('saved web page')
  found['list with a failure'] = await violationsOf(page)
  await rowOf(page, 'broken').getByText('Failed').dblclick()
  await expect(page.getByRole('complementary')).toBeVisible()
  found['details'] = await violationsOf(page)
  await page.getByRole('button', { name: 'Close details' }).click()
  held.release()
  await expect(rowOf(page, 'sending')).toContainText('In the library')

  await page.evaluate(() => window.modelferry?.changeSettings({ review: 'always' }))
  await drag(page, [await harness.file('loras/reviewed.safetensors'), broken])
  const sheet = page.getByRole('dialog', { name: /^Review/ })
  await expect(sheet.getByRole('row', { name: /^reviewed,/ })).toBeVisible()
  found['review'] = await violationsOf(page)
  await page.keyboard.press('Escape')
  await expect(sheet).toBeHidden()
  found['banner of the review'] = await violationsOf(page)

  await page.getByRole('button', { name: /^Team: / }).click()
  await expect(page.getByRole('menu')).toBeVisible()
  found['menu'] = await violationsOf(page)
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'History' }).click()
  await expect(page.getByRole('row', { name: /^sending, / })).toBeVisible()
  found['history'] = await violationsOf(page)
  await pick(page, 'More', 'Settings')
  await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible()
  found['settings'] = await violationsOf(page)
  expect(found).toEqual(Object.fromEntries(Object.keys(found).map((view) => [view, []])))
})

test('a model can be uploaded to the library with the keyboard alone', async ({ app, harness }) => {
  const { page } = app
  await page.getByLabel('Email', { exact: true }).focus()
  await page.keyboard.type('alice@example.com')
  await page.keyboard.press('Tab')
  await page.keyboard.type('correct-horse-1')
  await page.keyboard.press('Enter')
  await expect(page.getByText(/^Drop model files here/)).toBeVisible()
  await page.getByRole('button', { name: 'Choose team' }).focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('menuitemradio', { name: /^Alice's Team/ })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('button', { name: "Team: Alice's Team" })).toBeFocused()

  const held = harness.cloud.hold('put-object', 1)
  await drag(page, [await harness.file('loras/by hand.safetensors')])
  await held.arrived
  const row = rowOf(page, 'by hand')
  await row.focus()
  await page.keyboard.press('Space')
  await expect(row).toContainText('Pausing, finishing 1 part')
  await page.keyboard.press('Space')
  await expect(row).toContainText(underWayText)
  held.release()
  await expect(row).toContainText('In the library')
  await row.focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('complementary', { name: 'Details of by hand' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('complementary')).toBeHidden()
  await row.focus()
  await page.keyboard.press('Delete')
  await expect(row).toBeHidden()
})
