import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import { receiptOf } from '../../../electron/contract/receipt.ts'
import { openPage } from '../support/open-page.ts'
import { noonMs, row } from '../support/rows.ts'

const done = (name: string) =>
  row(name, { phase: 'registered', finishedAtMs: noonMs, modelId: name, sha256: name })

test('the details of a registered upload save its receipt', async () => {
  const { screen, rowOf, asked } = await openPage({
    rows: [done('Flux'), row('Wan', { phase: 'waiting' })],
    answers: { saveReceipts: () => success(true) },
  })
  await userEvent.dblClick(rowOf('Wan'))
  await expect.element(screen.getByRole('complementary', { name: 'Details of Wan' })).toBeVisible()
  await expect.element(screen.getByRole('button', { name: 'Save receipt…' })).not.toBeInTheDocument()
  await userEvent.dblClick(rowOf('Flux'))
  await userEvent.click(screen.getByRole('button', { name: 'Save receipt…' }))
  await expect.element(screen.getByText('Receipt saved.')).toBeVisible()
  expect(asked).toContainEqual({ name: 'saveReceipts', args: { ids: ['Flux'] } })
})

test('receipts are copied as text', async () => {
  const receipt = receiptOf(done('Flux'))
  const { screen, rowOf, asked } = await openPage({
    rows: [done('Flux')],
    answers: { receipts: () => success(receipt ? [receipt] : []) },
  })
  await userEvent.dblClick(rowOf('Flux'))
  await userEvent.click(screen.getByRole('button', { name: 'Copy receipt' }))
  await expect.element(screen.getByText('Copied', { exact: true })).toBeVisible()
  expect(asked).toContainEqual({ name: 'receipts', args: { ids: ['Flux'] } })
  expect(asked).toContainEqual({
    name: 'copyText',
    args: {
      text: expect.stringMatching(/^Receipt of an upload with Modelferry\nFile: Flux.*SHA-256: Flux$/ms),
    },
  })
})

test('the history saves the receipts of all selected uploads, and says when it can’t', async () => {
  const { screen, asked } = await openPage({
    answers: {
      history: () => success({ rows: [done('Flux'), done('Wan'), done('Qwen')], nextBeforeMs: null }),
      saveReceipts: () => failed(failure('not-saved')),
    },
  })
  await userEvent.click(screen.getByRole('button', { name: 'History' }))
  const rowNamed = (name: string) => screen.getByRole('row', { name: new RegExp(`^${name}`) })
  await userEvent.click(rowNamed('Flux'))
  await userEvent.keyboard('{Shift>}')
  await userEvent.click(rowNamed('Wan'))
  await userEvent.keyboard('{/Shift}')
  const bar = screen.getByRole('toolbar', { name: 'Selected files' })
  await userEvent.click(bar.getByRole('button', { name: 'Save receipt…' }))
  expect(asked).toContainEqual({ name: 'saveReceipts', args: { ids: ['Flux', 'Wan'] } })
  await expect
    .element(screen.getByText('The file can’t be saved there.', { exact: false }).first())
    .toBeVisible()
})
