import type { Page } from '@playwright/test'
import { translatorFor } from '../../../electron/messages/messages.ts'
import { expect, test } from '../support/fixtures.ts'

/** Text that isn’t translated. */
const nobodysWords = /Cyberun( Cloud)?|Modelferry|AI|MB|https?:\/\/\S+/g

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

test.describe('with a language chosen before the start', () => {
  test.use({ settings: { language: 'zh-Hant' } })

  test('shows the first view in that language', async ({ app }) => {
    await expect(app.page.getByText(translatorFor('zh-Hant')('sign-in.about'))).toBeVisible()
    expect(await leftOvers(app.page)).toEqual([])
  })
})
