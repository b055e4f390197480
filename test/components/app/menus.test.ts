import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { openPage } from '../support/open-page.ts'
import { row } from '../support/rows.ts'

const moreButton = { name: 'More', exact: true } as const
const focusedText = () => document.activeElement?.textContent.trim()

test('a menu opens on its first item, and arrows, Home and End move through it', async () => {
  const { screen } = await openPage()
  await userEvent.click(screen.getByRole('button', moreButton))
  const texts = screen
    .getByRole('menuitem')
    .elements()
    .map(({ textContent }) => textContent.trim())
  await expect.poll(focusedText).toBe(texts[0])
  for (const [key, index] of [
    ['{ArrowDown}', 1],
    ['{End}', -1],
    ['{ArrowDown}', 0],
    ['{ArrowUp}', -1],
    ['{Home}', 0],
  ] as const) {
    await userEvent.keyboard(key)
    await expect.poll(focusedText).toBe(texts.at(index))
  }
})

test('Escape closes a menu and returns the focus to its button', async () => {
  const { screen } = await openPage()
  const button = screen.getByRole('button', moreButton)
  button.element().focus()
  await userEvent.keyboard('{Enter}')
  await expect.element(screen.getByRole('menu')).toBeVisible()
  await expect.element(button).toHaveAttribute('aria-expanded', 'true')
  await userEvent.keyboard('{Escape}')
  await expect.element(screen.getByRole('menu')).not.toBeInTheDocument()
  await expect.element(button).toHaveFocus()
})

test('the search field keeps the focus when a menu has opened it', async () => {
  const { screen } = await openPage({ rows: [row('Grain')] })
  await userEvent.click(screen.getByRole('button', moreButton))
  await expect.poll(() => document.activeElement?.getAttribute('role')).toBe('menuitem')
  await userEvent.keyboard('{Enter}')
  await expect.element(screen.getByRole('menu')).not.toBeInTheDocument()
  await expect.element(screen.getByRole('search').getByRole('textbox')).toHaveFocus()
})

test('the speed limits take the focus when opened and return it on Escape', async () => {
  const { screen } = await openPage({ rows: [row('Grain')] })
  const button = screen.getByRole('button', { name: /^Speed limit/ })
  await userEvent.click(button)
  const limits = screen.getByRole('dialog', { name: 'Speed limit' })
  await expect.poll(() => limits.element().contains(document.activeElement)).toBe(true)
  await userEvent.keyboard('{Escape}')
  await expect.element(limits).not.toBeInTheDocument()
  await expect.element(button).toHaveFocus()
})
