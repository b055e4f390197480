import axe from 'axe-core'
import { expect, test } from 'vitest'
import { page } from 'vitest/browser'
import { openPage } from '../support/open-page.ts'
import { openReview } from '../support/review.ts'
import { settings } from '../support/rows.ts'
import { endTransitions } from '../support/states/state.ts'
import { states } from '../support/states/states.ts'
import { detailsStates } from '../support/states/details-states.ts'
import { mixedRows as rows } from '../support/states/upload-states.ts'

async function violations(options: axe.RunOptions = {}): Promise<string[]> {
  await endTransitions()
  const found = await axe.run(document.body, { resultTypes: ['violations'], ...options })
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)
}

test.each(Object.entries(states))('has no axe violations, light or dark: %s', async (_name, open) => {
  const { emit } = await open()
  expect(await violations()).toEqual([])
  emit('settings', { ...settings, theme: 'dark' })
  await expect.poll(() => document.documentElement.dataset['theme']).toBe('dark')
  // Only the contrast depends on the colours.
  expect(await violations({ runOnly: ['color-contrast'] })).toEqual([])
})

test.each([
  [480, 400],
  [480, 320],
])('fits all controls into %d × %d', async (width, height) => {
  await page.viewport(width, height)
  const { screen } = await openPage({ rows })
  await expect.element(screen.getByRole('button', { name: 'Pause all' })).toBeInViewport()
  await expect.element(screen.getByRole('button', { name: 'Add', exact: true })).toBeInViewport()
  expect(document.documentElement.scrollWidth).toBeLessThanOrEqual(width)
  const beyond = [...screen.container.querySelectorAll('header button, section button')].filter(
    (button) => button.getBoundingClientRect().right > width + 0.5,
  )
  expect(beyond).toEqual([])
})

test('focusing an element outside the window doesn’t scroll the header away', async () => {
  const opened = await detailsStates['a path conflict, with Replace selected']?.()
  // As Chromium does to show an element with the focus.
  document.documentElement.scrollTop = 500
  document.body.scrollTop = 500
  await expect.element(opened?.screen.getByRole('banner') ?? null).toBeInViewport({ ratio: 1 })
})

test.each([
  [480, 400],
  [480, 320],
])('the review fits into %d × %d, with room for its list', async (width, height) => {
  await page.viewport(width, height)
  const { sheet } = await openReview()
  await expect.element(sheet.getByRole('button', { name: /^Upload 4 files/ })).toBeInViewport()
  await expect.element(sheet.getByRole('button', { name: 'Aurora Studio' })).toBeInViewport()
  await expect.element(sheet.getByRole('button', { name: 'Skip: Taken' })).toBeInViewport()
  const list = sheet.getByRole('grid', { name: 'Files in review' }).element()
  expect(list.clientHeight).toBeGreaterThan(150)
  expect(document.documentElement.scrollWidth).toBeLessThanOrEqual(width)
})
