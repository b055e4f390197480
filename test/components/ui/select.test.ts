import { expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { model, openLibrary } from '../support/library.ts'

const types = Array.from({ length: 30 }, (_, index) => `type-${String(index).padStart(2, '0')}`)
const open = async () => {
  const opened = await openLibrary(types.map((modelType) => model(`in ${modelType}`, { modelType })))
  return { ...opened, select: opened.screen.getByRole('combobox', { name: 'Type' }) }
}

test('a select is used by the keyboard alone, and Escape closes only its list', async () => {
  const { select, names, screen } = await open()
  await expect.element(select).toBeVisible()
  select.element().focus()
  await userEvent.keyboard('{ArrowDown}')
  await expect.element(screen.getByRole('listbox', { name: 'Type' })).toBeVisible()
  await userEvent.keyboard('type-2{Escape}')
  await expect.element(screen.getByRole('listbox')).not.toBeInTheDocument()
  await expect.element(select).toHaveFocus()
  expect(names()[0]).toBe('in type-00')
  await userEvent.keyboard('{Enter}{End}{ArrowUp}{Enter}')
  await expect.poll(names).toEqual(['in type-28'])
  await expect.element(select).toMatchTextContent('type-28')
})

test('a closed select takes what is typed, as a native one does', async () => {
  const { select, names } = await open()
  await expect.element(select).toBeVisible()
  select.element().focus()
  await userEvent.keyboard('type-17')
  await expect.poll(names).toEqual(['in type-17'])
})

test('a long list stays inside a low window', async () => {
  await page.viewport(700, 320)
  const { select, screen } = await open()
  await userEvent.click(select)
  const list = screen.getByRole('listbox', { name: 'Type' })
  await expect.element(list).toBeVisible()
  await expect.element(list).toBeInViewport({ ratio: 1 })
})
