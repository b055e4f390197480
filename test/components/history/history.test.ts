import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { failure, success } from '../../../electron/contract/failures.ts'
import type { UploadRow } from '../../../electron/contract/uploads.ts'
import { openPage } from '../support/open-page.ts'
import { noonMs, patchOf, registeredRow, sendingRow } from '../support/rows.ts'
import { selectOption } from '../support/select-option.ts'

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

test('what is typed while a search runs is searched once, after it', async () => {
  const running: { search: string; complete: () => void }[] = []
  const { screen, rowOf } = await openPage({
    answers: {
      history: ({ search }) =>
        new Promise((resolve) => {
          const complete = () =>
            resolve(success({ rows: [registeredRow(`Of ${search}`)], nextBeforeMs: null }))
          running.push({ search, complete })
        }),
    },
  })
  await userEvent.click(screen.getByRole('button', { name: 'History' }))
  await userEvent.type(screen.getByRole('search').getByRole('textbox'), 'flux')
  expect(running.map(({ search }) => search)).toEqual([''])
  running[0]?.complete()
  await expect.poll(() => running.map(({ search }) => search)).toEqual(['', 'flux'])
  running[1]?.complete()
  await expect.element(rowOf('Of flux')).toBeVisible()
  await expect.element(rowOf('Of ')).not.toBeInTheDocument()
})

test('filters the whole history by team, type and date, until all are shown again', async () => {
  const [lora, vae] = [registeredRow('Lora'), registeredRow('Vae')]
  const { screen, rowOf, asked } = await openPage({
    answers: {
      history: ({ teamId, modelType, sinceMs }) => {
        const rows = modelType === 'vae' ? [vae] : [lora, vae]
        return success({ rows: teamId === 'b' || sinceMs !== undefined ? [] : rows, nextBeforeMs: null })
      },
      historyFilters: () =>
        success({
          teams: [
            { id: 'a', name: 'North' },
            { id: 'b', name: 'South' },
          ],
          // The library had a file whose type isn’t known.
          modelTypes: ['vae', 'loras', ''],
        }),
    },
  })
  await userEvent.click(screen.getByRole('button', { name: 'History' }))
  const bar = screen.getByRole('search')
  await userEvent.click(bar.getByRole('combobox', { name: 'Type' }))
  const types = () =>
    screen
      .getByRole('option')
      .elements()
      .map(({ textContent }) => textContent.trim())
  await expect.poll(types).toEqual(['All types', 'loras', 'vae'])
  await userEvent.keyboard('{Escape}')
  await selectOption(bar.getByRole('combobox', { name: 'Type' }), 'vae')
  await expect.element(rowOf('Lora')).not.toBeInTheDocument()
  await expect.element(rowOf('Vae')).toBeVisible()
  await selectOption(bar.getByRole('combobox', { name: 'Team' }), 'South')
  await expect.element(screen.getByText('No matches.')).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Show all' }))
  await expect.element(rowOf('Lora')).toBeVisible()
  await selectOption(bar.getByRole('combobox', { name: 'Date' }), 'Last 7 days')
  await expect.element(screen.getByText('No matches.')).toBeVisible()
  const today = new Date()
  const sinceMs = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 6).getTime()
  const last = asked.findLast(({ name }) => name === 'history')
  expect(last?.args).toEqual({ beforeMs: null, search: '', limit: 100, sinceMs })
})

test('shows how the record in the library compares with the file', async () => {
  const differences = [
    { field: 'size', expected: '1000000000', found: '7' },
    { field: 'type', expected: 'loras', found: 'vae' },
  ] as const
  const why = failure('record-differs', differences[0])
  const rows = [
    registeredRow('Old'),
    registeredRow('Fresh', { verification: { kind: 'pending' } }),
    registeredRow('Other', { failure: why, verification: { kind: 'differs', differences, atMs: noonMs } }),
  ]
  const { screen, rowOf, emit } = await setup(rows, rows)
  await expect.element(rowOf('Other')).toMatchTextContent('The library’s record has a different size')
  const name = /^Other, 1.0 GB, Aurora Studio, The library’s record has a different size/
  await expect.element(screen.getByRole('row', { name })).toBeVisible()
  await expect.element(rowOf('Other')).toMatchTextContent('expected 1,000,000,000 bytes, found 7 bytes.')
  await userEvent.dblClick(rowOf('Other'), { position: { x: 12, y: 12 } })
  const pane = screen.getByRole('complementary')
  await expect.element(pane).toMatchTextContent('Size: 7 bytes instead of 1,000,000,000 bytes.')
  expect((pane.element() as HTMLElement).innerText).toContain(
    '1,000,000,000 bytes.\nType: vae instead of loras.',
  )
  await userEvent.dblClick(rowOf('Old'), { position: { x: 12, y: 12 } })
  await expect.element(pane).toMatchTextContent('Not verified: uploaded with an earlier version.')
  await userEvent.dblClick(rowOf('Fresh'), { position: { x: 12, y: 12 } })
  await expect.element(pane).toMatchTextContent('Not verified yet.')
  const verified = registeredRow('Fresh', { verification: { kind: 'verified', atMs: noonMs } })
  rows[1] = verified
  emit('patch', patchOf(2, [verified]))
  await expect.element(pane).toMatchTextContent('The library’s record matches the file')
})

test('an upload whose record differs needs attention, and is verified again on request', async () => {
  const why = failure('record-differs', { field: 'hash', expected: 'sha256:a', found: 'sha256:b' })
  const row = registeredRow('Other', { verification: { kind: 'pending' } })
  const { screen, rowOf, emit, asked } = await openPage({ rows: [row] })
  emit('patch', patchOf(2, [{ ...row, failure: why }]))
  await expect.element(screen.getByRole('alert')).toMatchTextContent('a different SHA-256')
  await expect.element(rowOf('Other')).toHaveAccessibleName(/Record differs/)
  await expect.element(screen.getByRole('rowheader', { name: /a different SHA-256: expected/ })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Check again' }))
  expect(asked.at(-1)).toEqual({ name: 'retry', args: { ids: ['Other'] } })
  emit('patch', patchOf(3, [row]))
  await expect.element(rowOf('Other')).toMatchTextContent('In the library')
})

test('shows older uploads after all loaded ones were removed', async () => {
  const older = registeredRow('Older', { finishedAtMs: noonMs - 1_000 })
  let rows = [...Array.from({ length: 100 }, (_, index) => registeredRow(`Model ${index}`)), older]
  const { screen, rowOf } = await openPage({
    answers: {
      history: ({ beforeMs, limit }) => {
        const found = (beforeMs === null ? rows : [older]).slice(0, limit)
        return success({ rows: found, nextBeforeMs: found.length < limit ? null : noonMs })
      },
      forget: ({ ids }) => {
        rows = rows.filter(({ id }) => !ids.includes(id))
        return success(undefined)
      },
    },
  })
  await userEvent.click(screen.getByRole('button', { name: 'History' }))
  await expect.element(rowOf('Model 0')).toBeVisible()
  rowOf('Model 0').element().focus()
  await userEvent.keyboard('{Control>}a{/Control}{Delete}')
  const question = screen.getByRole('alertdialog')
  await expect.element(question).toMatchTextContent('Remove 100 uploads from history?')
  await userEvent.click(question.getByRole('button', { name: 'Remove from history' }))
  await expect.element(rowOf('Older')).toBeVisible()
})
