import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { openPage } from '../support/open-page.ts'
import { patchOf, row, sendingRow } from '../support/rows.ts'

const names = ['Aurora', 'Basalt', 'Cobalt', 'Dune']
const focused = () => document.activeElement?.getAttribute('data-id')

async function setup(rows = names.map((name, position) => row(name, { position }))) {
  const opened = await openPage({ rows })
  await expect.element(opened.rowOf(names[0] ?? '')).toBeVisible()
  const first = opened.screen.container.querySelector<HTMLElement>('[data-id]')
  first?.focus()
  return opened
}

test('one row is in the tab order; arrows, Home and End move between rows', async () => {
  const { screen } = await setup()
  const stops = () => screen.container.querySelectorAll('[data-id][tabindex="0"]').length
  expect(stops()).toBe(1)
  for (const [pressed, at] of [
    ['{ArrowDown}', 'Basalt'],
    ['{End}', 'Dune'],
    ['{ArrowUp}', 'Cobalt'],
    ['{Home}', 'Aurora'],
  ] as const) {
    await userEvent.keyboard(pressed)
    await expect.poll(focused).toBe(at)
    expect(stops()).toBe(1)
  }
})

test('typing moves to the row whose name starts with it', async () => {
  await setup()
  await userEvent.keyboard('co')
  await expect.poll(focused).toBe('Cobalt')
})

test('Space pauses, Enter opens the details, Escape closes them', async () => {
  const { screen, asked } = await setup()
  await userEvent.keyboard('{ArrowDown} ')
  expect(asked).toEqual([{ name: 'pause', args: { ids: ['Basalt'] } }])
  await userEvent.keyboard('{Enter}')
  await expect.element(screen.getByRole('complementary', { name: 'Details of Basalt' })).toBeVisible()
  await userEvent.keyboard('{ArrowDown}')
  await expect.element(screen.getByRole('complementary', { name: 'Details of Cobalt' })).toBeVisible()
  await userEvent.keyboard('{Escape}')
  await expect.poll(() => screen.getByRole('complementary').elements()).toEqual([])
})

test('F2 edits the name', async () => {
  const { screen } = await setup()
  await userEvent.keyboard('{F2}')
  await expect.element(screen.getByRole('textbox', { name: 'Name' })).toHaveFocus()
})

test('Delete removes a row and focuses the one that takes its place', async () => {
  const { asked, emit } = await setup()
  await userEvent.keyboard('{ArrowDown}{Delete}')
  await expect.poll(() => asked).toEqual([{ name: 'cancel', args: { ids: ['Basalt'] } }])
  emit('patch', patchOf(2, [], ['Basalt']))
  await expect.poll(focused).toBe('Cobalt')
})

test.each(['{Escape}', '{Enter}'])(
  'Delete on a running upload says what would be lost, and %s keeps it',
  async (key) => {
    const { screen, asked } = await setup([sendingRow('Aurora')])
    await userEvent.keyboard('{ArrowDown}{Delete}')
    await expect.element(screen.getByRole('button', { name: 'Keep', exact: true })).toHaveFocus()
    await expect.element(screen.getByText('Cancel “Aurora”? The 450 MB sent so far are lost.')).toBeVisible()
    await userEvent.keyboard(key)
    await expect.poll(focused).toBe('Aurora')
    expect(asked).toEqual([])
  },
)

test('the focus stays on its row when the row moves to another group', async () => {
  const { screen, emit } = await setup()
  // Rows stay in place while the pointer, which an earlier test has moved, is over the list.
  await userEvent.hover(screen.getByRole('heading', { level: 1 }))
  await userEvent.keyboard('{End}')
  await expect.poll(focused).toBe('Dune')
  emit('patch', patchOf(2, [sendingRow('Dune')]))
  await expect.poll(focused).toBe('Dune')
  await userEvent.keyboard('{ArrowDown}')
  await expect.poll(focused).toBe('Aurora')
})

test('Ctrl+A selects all rows, and the bar pauses them at once', async () => {
  const { screen, asked } = await setup()
  await userEvent.keyboard('{Control>}a{/Control}')
  const bar = screen.getByRole('toolbar', { name: 'Selected files' })
  await expect.element(bar).toMatchTextContent('4 selected')
  expect(bar.getByRole('button', { name: 'Resume' }).elements()).toEqual([])
  await userEvent.click(bar.getByRole('button', { name: 'Pause' }))
  expect(asked).toEqual([{ name: 'pause', args: { ids: names } }])
})

test('Shift with arrows selects a range; the bar asks before discarding sent bytes', async () => {
  const { screen, asked } = await setup([
    sendingRow('Aurora'),
    sendingRow('Basalt', { position: 1 }),
    row('Cobalt', { position: 2 }),
  ])
  await userEvent.keyboard('{Home}{Shift>}{ArrowDown}{/Shift}')
  const bar = screen.getByRole('toolbar', { name: 'Selected files' })
  await userEvent.click(bar.getByRole('button', { name: 'Cancel upload' }))
  await expect
    .element(screen.getByText('Cancel 2 uploads? The 900 MB sent so far are lost.', { exact: false }))
    .toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Cancel 2 uploads', exact: true }))
  expect(asked).toEqual([{ name: 'cancel', args: { ids: ['Aurora', 'Basalt'] } }])
})

test('the find command opens the search, and Escape clears it', async () => {
  const { emit, lines } = await setup()
  emit('command', 'find')
  await expect.poll(() => document.activeElement?.getAttribute('aria-label')).toBe('Search uploads')
  await userEvent.keyboard('dune')
  await expect.poll(lines).toHaveLength(2)
  await userEvent.keyboard('{Escape}')
  await expect.poll(lines).toHaveLength(5)
})
