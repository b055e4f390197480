import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { failure } from '../../../electron/contract/failures.ts'
import { rowHeights } from '../../../renderer/uploads/upload-lines.ts'
import { openPage } from '../support/open-page.ts'
import { failedRow, patchOf, row, sendingRow } from '../support/rows.ts'

const many = Array.from({ length: 10_000 }, (_, position) => row(`Model ${position}`, { position }))

async function setup(rows = many) {
  const opened = await openPage({ rows })
  await expect.element(opened.rowOf('Model 0')).toBeVisible()
  const grid = opened.screen.container.querySelector<HTMLElement>('[role=grid]')
  if (!grid) throw new Error('the list is not drawn')
  return { ...opened, grid, drawn: () => grid.querySelectorAll('[data-id]').length }
}

test('renders only the visible rows, however many there are', async () => {
  const { screen, grid, drawn } = await setup()
  expect(drawn()).toBeLessThan(30)
  expect(screen.container.querySelectorAll('*').length).toBeLessThan(1_500)
  expect(grid.getAttribute('aria-rowcount')).toBe('10001')
  expect(grid.scrollHeight).toBe(10_000 * 56 + 34)
})

test('an error stays above the rows that share it, and above no other', async () => {
  const refused = failure('forbidden', { team: 'Aurora' })
  const names = Array.from({ length: 40 }, (_, position) => `Broken ${position}`)
  const { screen, rowOf } = await openPage({
    rows: names.map((name, position) =>
      failedRow(name, position < 20 ? refused : failure('server-trouble', { status: 500 + position }), {
        position,
      }),
    ),
  })
  await expect.element(rowOf('Broken 0')).toBeVisible()
  const grid = screen.container.querySelector<HTMLElement>('[role=grid]') as HTMLElement
  const topOfError = () => {
    const error = screen.getByRole('row', { name: /add models to Aurora/ }).element()
    return error.getBoundingClientRect().top - grid.getBoundingClientRect().top
  }
  grid.scrollTop = 600
  await expect.element(rowOf('Broken 12')).toBeVisible()
  expect(topOfError()).toBe(0)
  grid.scrollTop = 2_000
  await expect.element(rowOf('Broken 30')).toBeVisible()
  expect(topOfError()).toBeLessThan(-rowHeights.note)
})

test('renders the rows at the scroll position with their index', async () => {
  const { grid, rowOf, drawn } = await setup()
  grid.scrollTop = 34 + 5_000 * 56
  await expect.element(rowOf('Model 5000')).toBeVisible()
  await expect.element(rowOf('Model 5000')).toHaveAttribute('aria-rowindex', '5002')
  expect(drawn()).toBeLessThan(30)
})

test('keeps the focused row while it is out of view, and End reaches the last', async () => {
  const { grid, rowOf } = await setup()
  await userEvent.dblClick(rowOf('Model 2'), { position: { x: 12, y: 12 } })
  grid.scrollTop = 300_000
  await expect.poll(() => document.activeElement?.getAttribute('data-id')).toBe('Model 2')
  await userEvent.keyboard('{ArrowDown}')
  await expect.element(rowOf('Model 3')).toHaveFocus()
  await expect.poll(() => grid.scrollTop).toBeLessThan(300)
  await userEvent.keyboard('{End}')
  await expect.element(rowOf('Model 9999')).toHaveFocus()
})

test('updates only the row that made progress', async () => {
  const sending = [sendingRow('Model 0'), sendingRow('Model 1', { position: 1 })]
  const { grid, emit, rowOf } = await setup([...sending, ...many.slice(2)])
  await expect.element(rowOf('Model 0')).toMatchTextContent('45%')
  const touched = new Set<string | undefined>()
  const observer = new MutationObserver((records) => {
    for (const { target } of records) {
      const element = target instanceof Element ? target : target.parentElement
      touched.add(element?.closest<HTMLElement>('[data-id]')?.dataset['id'])
    }
  })
  observer.observe(grid, { subtree: true, childList: true, characterData: true, attributes: true })
  emit('patch', patchOf(2, [sendingRow('Model 1', { position: 1, sentBytes: 700_000_000 })]))
  await expect.element(rowOf('Model 1')).toMatchTextContent('75%')
  observer.disconnect()
  expect([...touched]).toEqual(['Model 1'])
})

test('keeps the scroll position when rows are added above', async () => {
  const { grid, emit, rowOf } = await setup()
  grid.scrollTop = 100_000
  await expect.element(rowOf('Model 1790')).toBeInTheDocument()
  const before = rowOf('Model 1790').element().getBoundingClientRect().top
  emit('patch', patchOf(2, [row('New', { position: -1 })]))
  await expect.poll(() => grid.scrollTop).toBe(100_056)
  await expect.poll(() => rowOf('Model 1790').element().getBoundingClientRect().top).toBe(before)
})
