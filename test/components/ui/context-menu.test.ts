import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { success } from '../../../electron/contract/failures.ts'
import { listing, model } from '../support/library.ts'
import { openPage } from '../support/open-page.ts'
import { noonMs, otherTeam, row } from '../support/rows.ts'

const done = (name: string) =>
  row(name, { phase: 'registered', finishedAtMs: noonMs, modelId: name, sha256: 'f'.repeat(64) })
const labels = () =>
  [...document.querySelectorAll('[role=menuitem] .label')].map((item) => item.textContent?.trim())

test('a click selects a row, and a double click or Enter opens its details', async () => {
  const { screen, rowOf } = await openPage({ rows: [row('Flux', { phase: 'waiting' })] })
  await userEvent.click(rowOf('Flux'))
  await expect.element(rowOf('Flux')).toHaveAttribute('aria-selected', 'true')
  await expect.element(screen.getByRole('complementary')).not.toBeInTheDocument()
  await userEvent.keyboard('{Enter}')
  await expect.element(screen.getByRole('complementary', { name: 'Details of Flux' })).toBeVisible()
  await userEvent.keyboard('{Escape}')
  await userEvent.dblClick(rowOf('Flux'))
  await expect.element(screen.getByRole('complementary', { name: 'Details of Flux' })).toBeVisible()
})

test('the menu of a row has the commands that apply to it, and returns the focus to the row', async () => {
  const { screen, rowOf, asked } = await openPage({ rows: [row('Flux', { phase: 'waiting' }), done('Wan')] })
  await userEvent.click(rowOf('Flux'), { button: 'right' })
  await expect.element(screen.getByRole('menuitem', { name: 'Open details' })).toHaveFocus()
  expect(labels()).toEqual([
    'Open details',
    'Pause',
    'Move to top',
    'Edit name',
    'Show in folder',
    'Also add to team…',
    'Copy',
    'Remove',
  ])
  await userEvent.keyboard('{Escape}')
  await expect.poll(() => document.activeElement?.getAttribute('data-id')).toBe('Flux')
  await userEvent.click(rowOf('Wan'), { button: 'right' })
  expect(labels()).toHaveLength(8)
  await userEvent.keyboard('{ArrowUp}{ArrowUp}{ArrowRight}')
  await expect.element(screen.getByRole('menuitem', { name: 'Copy library path' })).toHaveFocus()
  await userEvent.keyboard('{ArrowLeft}')
  await expect.element(screen.getByRole('menuitem', { name: 'Copy', exact: true })).toHaveFocus()
  await userEvent.keyboard('{ArrowRight}')
  await userEvent.click(screen.getByRole('menuitem', { name: 'Copy model ID' }))
  expect(asked).toEqual([{ name: 'copyText', args: { text: 'Wan' } }])
  await expect.poll(() => document.activeElement?.getAttribute('data-id')).toBe('Wan')
})

test.each(['{Shift>}{F10}{/Shift}', '{ContextMenu}'])(
  '%s opens the menu of all selected rows',
  async (keys) => {
    const { screen, rowOf, asked } = await openPage({
      rows: [row('Flux', { phase: 'waiting' }), row('Wan', { phase: 'waiting' })],
    })
    await userEvent.click(rowOf('Flux'))
    await userEvent.keyboard('{Control>}a{/Control}')
    await userEvent.keyboard(keys)
    await userEvent.click(screen.getByRole('menuitem', { name: 'Pause' }))
    expect(asked).toEqual([{ name: 'pause', args: { ids: ['Flux', 'Wan'] } }])
  },
)

test('a right click outside of the selection selects that row', async () => {
  const { screen, rowOf } = await openPage({
    rows: [row('Flux', { phase: 'waiting' }), row('Wan', { phase: 'waiting' })],
  })
  await userEvent.click(rowOf('Flux'))
  await userEvent.click(rowOf('Wan'), { button: 'right' })
  await expect.element(screen.getByRole('menu')).toBeVisible()
  await expect.element(rowOf('Wan')).toHaveAttribute('aria-selected', 'true')
  await expect.element(rowOf('Flux')).toHaveAttribute('aria-selected', 'false')
})

test('the menu of a finished row leads to its file, its library and its web app', async () => {
  const { screen, rowOf, asked } = await openPage({ rows: [done('Wan'), row('Flux')] })
  await userEvent.click(rowOf('Wan'), { button: 'right' })
  await expect.poll(labels).toContain('Show in library')
  await userEvent.click(screen.getByRole('menuitem', { name: 'Open Cyberun Cloud in browser' }))
  await userEvent.click(rowOf('Wan'), { button: 'right' })
  await userEvent.click(screen.getByRole('menuitem', { name: 'Show in folder' }))
  await userEvent.click(rowOf('Flux'), { button: 'right' })
  await expect.element(screen.getByRole('menu')).toBeVisible()
  expect(labels()).not.toContain('Open Cyberun Cloud in browser')
  expect(asked).toEqual([
    { name: 'openServer', args: { accountId: 'account-1' } },
    { name: 'showInFolder', args: { id: 'Wan' } },
  ])
})

test('an upload whose model was deleted says so and does not lead to the library', async () => {
  const verification = { kind: 'not-verified', reason: 'deleted', isFinal: true, atMs: noonMs } as const
  const { screen, rowOf } = await openPage({ rows: [{ ...done('Wan'), verification }] })
  await expect.element(rowOf('Wan')).toMatchTextContent('Deleted from the library')
  await userEvent.click(rowOf('Wan'), { button: 'right' })
  await expect.poll(labels).toContain('Show in folder')
  expect(labels()).not.toContain('Show in library')
  await userEvent.keyboard('{Escape}')
  await userEvent.dblClick(rowOf('Wan'))
  const pane = screen.getByRole('complementary', { name: 'Details of Wan' })
  await expect.element(pane.getByRole('button', { name: 'Show in folder' })).toBeVisible()
  expect(pane.getByRole('button', { name: 'Show in library' }).query()).toBeNull()
})

test('several rows are copied one a line, their paths on this computer by the main process', async () => {
  const { screen, rowOf, asked } = await openPage({ rows: [done('Wan'), done('Flux')] })
  const choose = async (name: string) => {
    await userEvent.click(rowOf('Wan'), { button: 'right' })
    await userEvent.click(screen.getByRole('menuitem', { name: 'Copy', exact: true }))
    await userEvent.click(screen.getByRole('menuitem', { name }))
    await expect.element(screen.getByRole('menu')).not.toBeInTheDocument()
  }
  await userEvent.click(rowOf('Wan'))
  await userEvent.keyboard('{Control>}a{/Control}')
  await choose('Copy 2 model IDs')
  await choose('Copy 2 library paths')
  await choose('Copy 2 paths on this computer')
  expect(asked).toEqual([
    { name: 'copyText', args: { text: 'Wan\nFlux' } },
    { name: 'copyText', args: { text: 'models/loras/Wan.safetensors\nmodels/loras/Flux.safetensors' } },
    { name: 'copyLocalPaths', args: { ids: ['Wan', 'Flux'] } },
  ])
})

const wan = model('Wan')

test('“Show in library” finds the model of an upload', async () => {
  const { screen, rowOf } = await openPage({
    rows: [done('Wan')],
    answers: {
      library: () => success(listing([wan, model('Other')])),
    },
  })
  await userEvent.click(rowOf('Wan'), { button: 'right' })
  await userEvent.click(screen.getByRole('menuitem', { name: 'Show in library' }))
  await expect.element(screen.getByRole('complementary', { name: 'Details of Wan' })).toBeVisible()
  await expect.element(rowOf('Wan')).toHaveAttribute('aria-selected', 'true')
  await expect.element(rowOf('Wan')).toHaveFocus()
})

test('“Show in library” selects the models of all selected uploads of one team', async () => {
  const { screen, rowOf } = await openPage({
    rows: [done('Wan'), done('Flux'), { ...done('Depth'), team: otherTeam }],
    answers: { library: () => success(listing([wan, model('Flux'), model('Other')])) },
  })
  await userEvent.click(rowOf('Wan'))
  await userEvent.keyboard('{Control>}a{/Control}')
  await userEvent.click(rowOf('Wan'), { button: 'right' })
  await expect.element(screen.getByRole('menu')).toBeVisible()
  expect(labels()).not.toContain('Show in library')
  await userEvent.keyboard('{Escape}')
  await userEvent.click(rowOf('Depth'), { modifiers: ['Control'] })
  await userEvent.click(rowOf('Wan'), { button: 'right' })
  await userEvent.click(screen.getByRole('menuitem', { name: 'Show in library' }))
  await expect.element(rowOf('Flux')).toHaveAttribute('aria-selected', 'true')
  await expect.element(rowOf('Wan')).toHaveAttribute('aria-selected', 'true')
  await expect.element(rowOf('Other')).toHaveAttribute('aria-selected', 'false')
})

test('the library and the history have menus too', async () => {
  const { screen, rowOf, asked } = await openPage({
    answers: {
      library: () => success(listing([wan])),
      history: () => success({ rows: [done('Flux')], nextBeforeMs: null }),
      changeModel: () => success(undefined),
    },
  })
  await userEvent.click(screen.getByRole('button', { name: 'Library', exact: true }))
  await userEvent.click(rowOf('Wan'), { button: 'right' })
  await userEvent.click(screen.getByRole('menuitem', { name: 'Disable' }))
  await expect.poll(() => asked.map(({ name }) => name)).toContain('changeModel')
  await userEvent.click(screen.getByRole('button', { name: 'History', exact: true }))
  await userEvent.click(rowOf('Flux'), { button: 'right' })
  await userEvent.click(screen.getByRole('menuitem', { name: 'Remove from history' }))
  await expect.element(screen.getByText('Remove “Flux” from history?')).toBeVisible()
})
