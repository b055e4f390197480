import { expect, test } from 'vitest'
import { userEvent, type Locator } from 'vitest/browser'
import { failure } from '../../../electron/contract/failures.ts'
import { openPage } from '../support/open-page.ts'
import { failedRow, patchOf, registeredRow, row, sendingRow } from '../support/rows.ts'

async function setup() {
  const rows = [
    failedRow('Broken', failure('file-empty')),
    sendingRow('Flux', { position: 1 }),
    row('Grain', { position: 2 }),
    row('Edge', { position: 3 }),
  ]
  const opened = await openPage({ rows })
  await userEvent.hover(opened.screen.getByRole('heading', { level: 1 }))
  await expect.element(opened.rowOf('Flux')).toBeVisible()
  const names = () => opened.lines().map((line) => line.split(',')[0])
  const topOf = (name: string) => opened.rowOf(name).element().getBoundingClientRect().top
  return { ...opened, names, topOf }
}

const inOrder = ['Broken', 'Flux', 'Grain', 'Edge']
const isName = (line: string | undefined) => line !== undefined && [...inOrder, 'New'].includes(line)

test('rows move when their state changes, and the row under the pointer stays where it is', async () => {
  const { rowOf, names, lines, topOf, emit } = await setup()
  await userEvent.hover(rowOf('Grain'))
  const before = topOf('Grain')
  emit('patch', patchOf(2, [registeredRow('Flux', { position: 1 }), row('Broken')]))
  await expect.poll(() => names().filter(isName)).toEqual(['Broken', 'Grain', 'Edge', 'Flux'])
  expect(topOf('Grain')).toBe(before)
  expect(lines()).toContain('Waiting 3')
})

test('a row whose state changes under the pointer moves once the pointer leaves it', async () => {
  const { rowOf, names, topOf, emit } = await setup()
  await userEvent.hover(rowOf('Flux'))
  const before = topOf('Grain')
  emit('patch', patchOf(2, [failedRow('Flux', failure('forbidden', { team: 'Aurora' }), { position: 1 })]))
  await expect.element(rowOf('Flux')).toMatchTextContent('Failed')
  expect(names().filter(isName)).toEqual(inOrder)
  expect(topOf('Grain')).toBe(before)
  emit('patch', patchOf(3, [registeredRow('Flux', { position: 1 })]))
  await expect.element(rowOf('Flux')).toMatchTextContent('In the library')
  await userEvent.hover(rowOf('Grain'))
  await expect.poll(() => names().filter(isName)).toEqual(['Broken', 'Grain', 'Edge', 'Flux'])
})

test('the user’s own changes of the order and removals are shown at once under the pointer', async () => {
  const { rowOf, names, emit } = await setup()
  await userEvent.hover(rowOf('Grain'))
  emit('patch', patchOf(2, [row('Edge', { position: -1 }), row('New', { position: 4 })], ['Flux']))
  await expect.poll(() => names().filter(isName)).toEqual(['Broken', 'Edge', 'Grain', 'New'])
})

test.each([
  ['its context menu is open', (row: Locator) => userEvent.click(row, { button: 'right' })],
  ['it is edited', (row: Locator) => userEvent.click(row.getByRole('button', { name: /^Name/ }))],
])('a row stays in its group while %s', async (_what, use) => {
  const { screen, rowOf, names, emit } = await setup()
  await use(rowOf('Grain'))
  await userEvent.hover(screen.getByRole('heading', { level: 1, includeHidden: true }))
  emit('patch', patchOf(2, [failedRow('Grain', failure('forbidden'), { position: 2 })]))
  await expect.poll(() => rowOf('Grain').query()?.textContent).toContain('Failed')
  expect(names().filter(isName)).toEqual(inOrder)
  await userEvent.keyboard('{Escape}')
  await expect.poll(() => names().filter(isName)).toEqual(['Broken', 'Grain', 'Flux', 'Edge'])
})

test('a question about an upload closes once it is registered, and its row moves', async () => {
  const { screen, rowOf, names, emit } = await setup()
  await userEvent.click(rowOf('Flux').getByRole('button', { name: 'Cancel upload: Flux' }))
  const question = screen.getByRole('group', { name: 'Cancel upload?' })
  await expect.element(question).toBeVisible()
  await userEvent.hover(screen.getByRole('heading', { level: 1 }))
  emit('patch', patchOf(2, [registeredRow('Flux', { position: 1 })]))
  await expect.poll(() => names().filter(isName)).toEqual(['Broken', 'Grain', 'Edge', 'Flux'])
  expect(question.elements()).toEqual([])
})
