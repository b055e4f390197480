import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { failure } from '../../../electron/contract/failures.ts'
import type { UploadRow } from '../../../electron/contract/uploads.ts'
import { openPage } from '../support/open-page.ts'
import { failedRow, patchOf, registeredRow, pathConflictRow, row } from '../support/rows.ts'
import { selectOption } from '../support/select-option.ts'

const choosing = (...names: string[]) => choosingFor(names.map(pathConflictRow))

/** A file that was uploaded before the library refused its path. */
const storedRow = (name: string) =>
  failedRow(name, failure('conflict'), { started: true, sentBytes: 1_000_000_000 })

async function choosingFor(rows: readonly UploadRow[]) {
  const opened = await openPage({ rows })
  await userEvent.click(opened.screen.getByRole('button', { name: 'Choose…' }).first())
  const pane = opened.screen.getByRole('complementary')
  const decided = () => opened.asked.filter(({ name }) => name === 'decide').map(({ args }) => args)
  const removed = () => opened.asked.filter(({ name }) => name === 'cancel' || name === 'undoRemove')
  const goOn = () => userEvent.click(pane.getByRole('button', { name: 'Continue' }))
  return { ...opened, pane, decided, removed, goOn }
}

test('a path conflict shows the existing model and the choices', async () => {
  const { rowOf, pane } = await choosing('Grain')
  await expect.element(rowOf('Grain')).toBeVisible()
  await expect.element(pane).toMatchTextContent('Old Grain · 2.0 GB · Disabled')
  await expect.element(pane).toMatchTextContent('models/loras/Grain-2.safetensors')
  await expect.element(pane.getByRole('radio', { name: 'Keep both' })).toHaveFocus()
})

test.each([
  ['Keep both', { choice: 'keep-both' }],
  ['Replace', { choice: 'replace' }],
  ['Choose another path', { choice: 'rename', path: 'models/loras/Grain-2.safetensors' }],
] as const)('sends the decision %s to main', async (name, decision) => {
  const { pane, decided, goOn } = await choosing('Grain')
  await userEvent.click(pane.getByRole('radio', { name }))
  await goOn()
  expect(decided()).toEqual([{ ids: ['Grain'], fate: 'disable', ...decision }])
})

test('Skip removes files of which nothing was sent, with Undo', async () => {
  const { screen, pane, removed, goOn } = await choosing('Grain', 'Depth')
  await userEvent.click(pane.getByRole('radio', { name: 'Skip' }))
  await userEvent.click(pane.getByRole('checkbox', { name: /the other file/ }))
  await goOn()
  const args = { ids: ['Grain', 'Depth'] }
  expect(removed()).toEqual([{ name: 'cancel', args }])
  await userEvent.click(screen.getByRole('button', { name: 'Undo' }))
  expect(removed().at(-1)).toEqual({ name: 'undoRemove', args })
})

test('Skip asks before it deletes an uploaded file', async () => {
  const { screen, pane, removed } = await choosingFor([storedRow('Grain')])
  await userEvent.click(pane.getByRole('radio', { name: 'Skip' }))
  await userEvent.keyboard('{Enter}')
  const question = screen.getByRole('group', { name: 'Cancel upload?' })
  await expect.element(question).toMatchTextContent('The 1.0 GB sent so far are lost.')
  await expect.element(question.getByRole('button', { name: 'Keep' })).toHaveFocus()
  expect(removed()).toEqual([])
  await userEvent.click(question.getByRole('button', { name: 'Cancel upload' }))
  expect(removed()).toEqual([{ name: 'cancel', args: { ids: ['Grain'] } }])
})

test('the existing model can be deleted instead of disabled', async () => {
  const { pane, decided, goOn } = await choosing('Grain')
  await userEvent.click(pane.getByRole('radio', { name: 'Replace' }))
  await selectOption(pane.getByRole('combobox', { name: 'Old model' }), 'Delete (can’t be undone)')
  await goOn()
  expect(decided()).toEqual([{ ids: ['Grain'], fate: 'delete', choice: 'replace' }])
})

test('a new path is validated before it is sent', async () => {
  const { pane, decided, goOn } = await choosing('Grain')
  await userEvent.click(pane.getByRole('radio', { name: 'Choose another path' }))
  const field = pane.getByRole('textbox', { name: 'New library path' })
  await userEvent.fill(field, '/no')
  await expect.element(pane.getByRole('button', { name: 'Continue' })).toBeDisabled()
  await userEvent.fill(field, 'models/loras/mine.safetensors')
  await goOn()
  expect(decided()).toMatchObject([{ choice: 'rename', path: 'models/loras/mine.safetensors' }])
})

test('one choice can be applied to all path conflicts', async () => {
  const { pane, decided, goOn } = await choosing('Grain', 'Depth', 'Flux')
  await userEvent.click(pane.getByRole('checkbox', { name: /the other 2 files/ }))
  await goOn()
  expect(decided()).toEqual([{ ids: ['Grain', 'Depth', 'Flux'], fate: 'disable', choice: 'keep-both' }])
})

test('a choice can be made by keyboard', async () => {
  const { decided } = await choosing('Grain')
  await userEvent.keyboard('{ArrowDown}{ArrowDown}{Enter}')
  await expect.poll(decided).toEqual([{ ids: ['Grain'], fate: 'disable', choice: 'replace' }])
})

test.each([
  ['active', ''],
  ['disabled', ' It’s disabled'],
])('a copy of a model that is %s shows the path of the model', async (status, text) => {
  const already = { name: 'Theirs', path: 'models/loras/theirs.safetensors', status }
  const { rowOf, screen } = await openPage({ rows: [registeredRow('Depth', { already, sentBytes: 0 })] })
  await userEvent.dblClick(rowOf('Depth'))
  await expect
    .element(screen.getByRole('complementary'))
    .toMatchTextContent(`Already in the library as Theirs.${text}`)
  for (const place of [rowOf('Depth'), screen.getByRole('complementary')])
    await expect.element(place).toMatchTextContent('models/loras/theirs.safetensors')
  expect(screen.container.textContent).not.toContain(row('Depth').target.modelPath)
})

test('a picked choice that is no longer available is replaced by the first one', async () => {
  const { pane, decided, goOn, emit } = await choosing('Grain')
  await userEvent.click(pane.getByRole('radio', { name: 'Replace' }))
  const stays = failure('old-model-stays', {
    name: 'Old',
    fate: 'disable',
    path: 'models/loras/x.safetensors',
  })
  emit('patch', patchOf(2, [failedRow('Grain', stays, { started: true })]))
  await expect.element(pane.getByRole('radio', { name: 'Keep both' })).toBeChecked()
  expect(pane.getByRole('radio').elements()).toHaveLength(1)
  await goOn()
  expect(decided()).toMatchObject([{ ids: ['Grain'], choice: 'keep-both' }])
})
