import type { Page } from '@playwright/test'
import type { Locale } from '../../../electron/contract/app-info.ts'
import { translatorFor } from '../../../electron/messages/messages.ts'
import { ALICE } from '../../cloud/accounts.ts'
import { writeWebPage } from '../../fixtures/model-files.ts'
import { expect, test } from '../support/fixtures.ts'
import { drag, errorOf, pick, signIn } from '../support/page-steps.ts'

/**
 * Text that isn’t translated: names, units (`byte` is CLDR’s own for 繁體中文), formats, addresses, ids, the
 * fixture’s files, and error codes.
 */
const nobodysWords = new RegExp(
  [
    ...['Cyberun( Cloud)?', 'Modelferry', 'AI', 'English', '(electron|chrome|node) [\\d.]+'],
    ...['Alice Chen', "Alice's Team", 'Studio North', ALICE.email, 'https?://\\S+'],
    ...['SHA-256', 'ID', 'Safetensors', 'PyTorch', 'GGUF', 'LoRA', 'F16', '[kMG]B(/s)?', 'byte'],
    ...[
      '(models/)?loras(/[\\w .]+)?',
      'models/[\\da-f/-]+',
      '[\\da-f-]{36,64}',
      '(good|bad) one(\\.safetensors)?',
    ],
    ...['file-web-page'],
  ].join('|'),
  'g',
)

/** All text of the page, visible or for screen readers. */
async function saidBy(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const named = [...document.querySelectorAll<HTMLElement>('[aria-label], [title], [placeholder]')].flatMap(
      (element) => ['aria-label', 'title', 'placeholder'].map((name) => element.getAttribute(name) ?? ''),
    )
    return [...document.body.innerText.split('\n'), ...named].filter((text) => text.trim() !== '')
  })
}

/** Lines that contain English. */
async function leftOvers(page: Page): Promise<string[]> {
  const lines = await saidBy(page)
  expect(lines.some((line) => /\p{Script=Han}/u.test(line))).toBe(true)
  return lines.filter((line) => /[A-Za-z]{2,}/.test(line.replaceAll(nobodysWords, '')))
}

for (const [locale, own] of [
  ['zh-Hans', '简体中文'],
  ['zh-Hant', '繁體中文'],
] as const satisfies readonly (readonly [Locale, string])[]) {
  test(`${own} can be chosen in the settings and leaves no English text`, async ({ app, harness }) => {
    const { page } = app
    const say = translatorFor(locale)
    await signIn(page)
    await pick(page, 'More', 'Settings')
    await page.getByRole('combobox', { name: 'Language' }).click()
    await page.getByRole('option', { name: own }).click()
    await expect(page.getByRole('heading', { name: say('view.settings') })).toBeVisible()
    await expect(page.locator('html')).toHaveAttribute('lang', locale)
    const found: Record<string, string[]> = { settings: await leftOvers(page) }

    await page.getByRole('button', { name: say('settings.back') }).click()
    await expect(page.getByRole('heading', { name: say('view.settings') })).toBeHidden()
    found['empty'] = await leftOvers(page)
    const bad = `${harness.folder}/files/loras/bad one.safetensors`
    await writeWebPage(bad)
    await drag(page, [await harness.file('loras/good one.safetensors'), bad])
    const rowNamed = (name: string) => page.getByRole('row', { name: new RegExp(`^${name}`) })
    await expect(rowNamed('good one')).toContainText(say('phase.registered'))
    await expect(errorOf(page, say('failure.file-web-page', { state: 'retrying' }))).toBeVisible()
    found['list'] = await leftOvers(page)
    await rowNamed('good one').getByText(say('phase.registered')).dblclick()
    await expect(page.getByRole('complementary')).toBeVisible()
    found['details'] = await leftOvers(page)
    await page.getByRole('button', { name: say('view.history') }).click()
    await expect(rowNamed('good one')).toBeVisible()
    found['history'] = await leftOvers(page)
    expect(found).toEqual(Object.fromEntries(Object.keys(found).map((view) => [view, []])))
  })
}

test.describe('with a language chosen before the start', () => {
  test.use({ settings: { language: 'zh-Hant' } })

  test('shows the first view in that language', async ({ app }) => {
    await expect(app.page.getByText(translatorFor('zh-Hant')('sign-in.about'))).toBeVisible()
    expect(await leftOvers(app.page)).toEqual([])
  })
})
