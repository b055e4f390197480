import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { failure } from '../../../electron/contract/failures.ts'
import { openPage } from '../support/open-page.ts'
import { failedRow, patchOf, registeredRow, row, sendingRow } from '../support/rows.ts'

const broken = (name: string) => failedRow(name, failure('file-empty'))
const many = (name: string, count: number, position = 0) =>
  Array.from({ length: count }, (_, index) => row(`${name} ${index}`, { position: position + index }))

test('a header stays at the top of the list while its group scrolls', async () => {
  const rows = [...many('Grain', 5_000), ...many('Depth', 5_000).map(({ id }) => registeredRow(id))]
  const { screen, rowOf } = await openPage({ rows })
  await expect.element(rowOf('Grain 0')).toBeVisible()
  const grid = screen.getByRole('grid').element()
  const top = grid.getBoundingClientRect().top
  const headerTop = (name: RegExp) =>
    screen.getByRole('rowheader', { name }).element().closest('[role=row]')?.getBoundingClientRect().top
  grid.scrollTop = 100_000
  await expect.poll(() => headerTop(/^Waiting/)).toBe(top)
  await expect.element(screen.getByRole('button', { name: 'Pause 5,000 files' })).toBeVisible()
  grid.scrollTop = 34 + 5_000 * 56 - 14
  await expect.poll(() => headerTop(/^Done today/)).toBe(top + 14)
  expect(headerTop(/^Waiting/)).toBe(top - 20)
  grid.scrollTop = 400_000
  await expect.poll(() => headerTop(/^Done today/)).toBe(top)
})

test('the arrow keys never leave the focused row behind a header', async () => {
  const { screen, rowOf } = await openPage({ rows: many('Grain', 200) })
  await expect.element(rowOf('Grain 0')).toBeVisible()
  const grid = screen.getByRole('grid').element()
  rowOf('Grain 0').element().focus()
  await userEvent.keyboard('{End}')
  await expect.element(rowOf('Grain 199')).toHaveFocus()
  for (let count = 0; count < 15; count += 1) await userEvent.keyboard('{ArrowUp}')
  await expect.element(rowOf('Grain 184')).toHaveFocus()
  const headerBottom = grid.getBoundingClientRect().top + 34
  expect(rowOf('Grain 184').element().getBoundingClientRect().top).toBeGreaterThanOrEqual(headerBottom)
})

test('removes broken files together, which can be undone, and leaves the other failures', async () => {
  const rows = [broken('Empty'), broken('Void'), failedRow('Refused', failure('forbidden'))]
  const { screen, asked } = await openPage({ rows })
  await userEvent.click(screen.getByRole('button', { name: 'Remove', exact: true }))
  await userEvent.click(screen.getByRole('button', { name: 'Undo' }))
  expect(asked).toEqual([
    { name: 'cancel', args: { ids: ['Empty', 'Void'] } },
    { name: 'undoRemove', args: { ids: ['Empty', 'Void'] } },
  ])
})

test('pauses and resumes a group, unless everything is paused', async () => {
  const { screen, asked, emit } = await openPage({
    rows: [sendingRow('Flux'), row('Grain'), row('Edge', { phase: 'paused' })],
  })
  await userEvent.click(screen.getByRole('button', { name: 'Resume 1 file' }))
  await userEvent.click(screen.getByRole('button', { name: 'Pause 1 file' }).first())
  expect(asked).toEqual([
    { name: 'resume', args: { ids: ['Edge'] } },
    { name: 'pause', args: { ids: ['Flux'] } },
  ])
  emit('patch', { ...patchOf(2, []), allPaused: true })
  await expect.poll(() => screen.getByRole('button', { name: 'Pause 1 file' }).query()).toBeNull()
})

test('a paused file is in its own group at once, and is resumed by a button with a text', async () => {
  const pausing = { isSingle: true, finishingParts: 2, unacknowledgedBytes: 0 }
  const { lines, rowOf, asked } = await openPage({
    rows: [sendingRow('Flux', { pausing }), row('Grain'), row('Edge', { phase: 'paused' })],
  })
  const names = () => lines().map((line) => line.split(',')[0])
  await expect.poll(names).toEqual(['Waiting 1', 'Grain', 'Paused 2', 'Flux', 'Edge'])
  await userEvent.click(rowOf('Edge').getByText('Resume'))
  expect(asked).toEqual([{ name: 'resume', args: { ids: ['Edge'] } }])
})

test('a file that can run code is marked until it is uploaded', async () => {
  const { rowOf, emit } = await openPage({ rows: [row('Pickle', { isRisky: true })] })
  const mark = rowOf('Pickle, SDXL, Approved despite a warning').getByRole('img')
  await expect.element(mark).toBeVisible()
  emit('patch', patchOf(2, [registeredRow('Pickle')]))
  await expect.element(mark).not.toBeInTheDocument()
})

test('a collapsed group shows its header only, and the keyboard skips its rows', async () => {
  const { screen, rowOf } = await openPage({
    rows: [sendingRow('Flux'), row('Grain'), registeredRow('Depth')],
  })
  const header = screen.getByRole('button', { name: 'Waiting 1' })
  await userEvent.click(header)
  await expect.poll(() => rowOf('Grain').query()).toBeNull()
  await expect.element(header).toHaveAttribute('aria-expanded', 'false')
  await expect.element(header).toHaveFocus()
  rowOf('Flux').element().focus()
  await userEvent.keyboard('{ArrowDown}')
  await expect.element(rowOf('Depth')).toHaveFocus()
  await userEvent.click(header)
  await expect.element(rowOf('Grain')).toBeVisible()
})

test('the commands for selected rows leave out those of a collapsed group', async () => {
  const { screen, rowOf, asked } = await openPage({
    rows: [sendingRow('Flux'), sendingRow('Wan', { position: 1 }), row('Grain', { position: 2 })],
  })
  rowOf('Flux').element().focus()
  await userEvent.keyboard('{Control>}a{/Control}')
  const bar = screen.getByRole('toolbar')
  await expect.element(bar).toMatchTextContent('3 selected')
  await userEvent.click(screen.getByRole('button', { name: 'Waiting 1' }))
  await expect.element(bar).toMatchTextContent('2 selected')
  await userEvent.click(bar.getByRole('button', { name: 'Pause' }))
  expect(asked.at(-1)).toEqual({ name: 'pause', args: { ids: ['Flux', 'Wan'] } })
})

test('selecting several rows covers no row, and neither moves the list nor changes the open details', async () => {
  const { screen, rowOf } = await openPage({ rows: many('Grain', 40) })
  await userEvent.dblClick(rowOf('Grain 1'), { position: { x: 12, y: 12 } })
  const details = screen.getByRole('complementary', { name: 'Details of Grain 1' })
  await expect.element(details).toBeVisible()
  const before = screen.getByRole('grid').element().getBoundingClientRect()
  const rowTop = rowOf('Grain 3').element().getBoundingClientRect().top
  await userEvent.click(rowOf('Grain 3'), { modifiers: ['Control'], position: { x: 12, y: 12 } })
  await userEvent.click(rowOf('Grain 5'), { modifiers: ['Shift'], position: { x: 12, y: 12 } })
  await userEvent.keyboard('{Shift>}{ArrowDown}{/Shift}')
  await expect.element(screen.getByRole('toolbar')).toMatchTextContent('4 selected')
  await expect.element(details).toBeVisible()
  const after = screen.getByRole('grid').element().getBoundingClientRect()
  expect(after.top).toBe(before.top)
  expect(after.bottom).toBeLessThanOrEqual(screen.getByRole('toolbar').element().getBoundingClientRect().top)
  expect(rowOf('Grain 3').element().getBoundingClientRect().top).toBe(rowTop)
  await userEvent.click(rowOf('Grain 2'), { position: { x: 12, y: 12 } })
  await expect.element(screen.getByRole('complementary', { name: 'Details of Grain 2' })).toBeVisible()
})
