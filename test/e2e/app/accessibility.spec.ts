import type { Page } from '@playwright/test'
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { writeWebPage } from '../../fixtures/model-files.ts'
import { expect, test } from '../support/fixtures.ts'
import { drag, errorOf, pick, rowOf, signIn } from '../support/page-steps.ts'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Axe {
  run(
    page: Document,
    options: {
      readonly preload: false
      readonly resultTypes: readonly 'violations'[]
      readonly runOnly?: readonly string[]
    },
  ): Promise<{
    readonly violations: readonly {
      readonly id: string
      readonly nodes: readonly { readonly html: string }[]
    }[]
  }>
}

/**
 * What axe finds in the current page, light and dark: scheme, rule and element, one line each. Both have the same
 * elements, so only the contrast is checked again in the dark.
 */
async function violationsOf(page: Page): Promise<string[]> {
  // Run as an expression of the inspector, because the page’s policy allows no injected script.
  await page.evaluate(axeSource)
  const found: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const lines = await page.evaluate(async (scheme) => {
      const { violations } = await (window as unknown as { axe: Axe }).axe.run(document, {
        preload: false,
        resultTypes: ['violations'],
        ...(scheme === 'dark' ? { runOnly: ['color-contrast'] } : {}),
      })
      return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
    }, colorScheme)
    found.push(...lines.map((line) => `${colorScheme} ${line}`))
  }
  return found
}

// The component tests check every state of every view; this one that the built page has its styles and roles too.
test('has no axe violations in the built page, light or dark', async ({ app, harness }) => {
  const { page } = app
  const found: Record<string, string[]> = {}
  found['sign-in'] = await violationsOf(page)
  await signIn(page)

  const broken = `${harness.folder}/files/loras/broken.safetensors`
  await writeWebPage(broken)
  await drag(page, [await harness.file('vae/other.safetensors'), broken])
  await expect(rowOf(page, 'other')).toContainText('In the library')
  await expect(errorOf(page, 'saved web page')).toBeVisible()
  await rowOf(page, 'broken').dblclick({ position: { x: 10, y: 10 } })
  await expect(page.getByRole('complementary')).toBeVisible()
  found['list with a failure and details'] = await violationsOf(page)

  await pick(page, 'More', 'Settings')
  await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible()
  found['settings'] = await violationsOf(page)
  expect(found).toEqual(Object.fromEntries(Object.keys(found).map((view) => [view, []])))
})
