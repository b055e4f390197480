import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { success } from '../../electron/contract/failures.ts'
import type { UploadRow } from '../../electron/contract/uploads.ts'
import { openPage } from './support/open-page.ts'
import { patchOf, registeredRow, sendingRow } from './support/rows.ts'

/** The open history with the rows of the main process; `rows` may grow. */
async function setup(rows: UploadRow[], queued: readonly UploadRow[] = []) {
  const opened = await openPage({
    rows: queued,
    answers: { history: () => success({ rows: [...rows], nextBeforeMs: null }) },
  })
  await userEvent.click(opened.screen.getByRole('button', { name: 'History' }))
  const question = opened.screen.getByRole('alertdialog')
  return { ...opened, question, forgotten: () => opened.asked.filter(({ name }) => name === 'forget') }
}

test('removing a record asks for confirmation', async () => {
  const { rowOf, question, forgotten } = await setup([registeredRow('Depth'), registeredRow('Grain')])
  await userEvent.click(rowOf('Depth').getByRole('button', { name: 'Remove from history: Depth' }))
  await expect.element(question).toMatchTextContent('Remove “Depth” from history?')
  await expect.element(question).toMatchTextContent('The model stays in the library.')
  await userEvent.click(question.getByRole('button', { name: 'Keep' }))
  await expect.element(question).not.toBeInTheDocument()
  expect(forgotten()).toEqual([])
  await userEvent.click(rowOf('Depth').getByRole('button', { name: 'Remove from history: Depth' }))
  await userEvent.click(question.getByRole('button', { name: 'Remove from history' }))
  await expect.element(rowOf('Depth')).not.toBeInTheDocument()
  expect(forgotten()).toEqual([{ name: 'forget', args: { ids: ['Depth'] } }])
})

test('Backspace removes nothing from the history; Delete asks with the number of records', async () => {
  const { rowOf, question, forgotten } = await setup([registeredRow('Depth'), registeredRow('Grain')])
  await expect.element(rowOf('Depth')).toBeVisible()
  rowOf('Depth').element().focus()
  await userEvent.keyboard('{Control>}a{/Control}{Backspace}')
  await expect.element(question).not.toBeInTheDocument()
  await userEvent.keyboard('{Delete}')
  await expect.element(question).toMatchTextContent('Remove 2 uploads from history?')
  await userEvent.keyboard('{Escape}')
  await expect.element(question).not.toBeInTheDocument()
  await expect.element(rowOf('Depth')).toHaveFocus()
  expect(forgotten()).toEqual([])
})

test('newly finished uploads appear at the top of the open history', async () => {
  const rows = [registeredRow('Depth')]
  const { rowOf, emit, lines } = await setup(rows, [sendingRow('Flux')])
  await expect.element(rowOf('Depth')).toBeVisible()
  rows.unshift(registeredRow('Flux'))
  emit('patch', patchOf(2, [registeredRow('Flux')]))
  await expect.element(rowOf('Flux')).toBeVisible()
  expect(
    lines()
      .slice(1)
      .map((line) => line.split(',')[0]),
  ).toEqual(['Flux', 'Depth'])
})
