import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import type { DeadlineView } from '../../../electron/contract/deadline.ts'
import { success } from '../../../electron/contract/failures.ts'
import type { Answers } from '../support/fake-bridge.ts'
import { openPage } from '../support/open-page.ts'
import { row, sendingRow } from '../support/rows.ts'
import { selectOption } from '../support/select-option.ts'

const hourMs = 3_600_000
const now = new Date()
const atMs = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1, 7, 5).getTime()
const late: DeadlineView = {
  atMs,
  state: 'late',
  doneAtMs: atMs + 33 * 60_000,
  suggestions: [
    { kind: 'move-up', id: 'FLUX', name: 'FLUX', doneAtMs: atMs - 15 * 60_000 },
    { kind: 'leave-out', ids: ['Wan', 'Qwen'], leftBytes: 41_000_000_000, doneAtMs: atMs - 5 * 60_000 },
  ],
}

/** The page with one file that is sent and three that wait. */
async function openWith(view: DeadlineView | null, answers: Answers = {}) {
  const waiting = ['FLUX', 'Wan', 'Qwen'].map((name, index) => row(name, { position: index + 1 }))
  return openPage({
    rows: [sendingRow('Lumina'), ...waiting],
    answers: { deadline: () => success(view), ...answers },
  })
}

const callsOf = (asked: readonly { readonly name: string; readonly args: unknown }[], ...names: string[]) =>
  asked.filter(({ name }) => names.includes(name))

test('a deadline is set with the keyboard, for today or tomorrow, and a past time is refused', async () => {
  const { screen, asked } = await openWith(null)
  const button = screen.getByRole('button', { name: 'Set deadline' })
  ;(button.element() as HTMLElement).focus()
  await userEvent.keyboard('{Enter}')
  const dialog = screen.getByRole('dialog', { name: 'Finish all uploads by…' })
  await dialog.getByLabelText('Time').fill('00:00')
  await selectOption(dialog.getByRole('combobox', { name: 'Day' }), 'Today')
  await userEvent.click(dialog.getByRole('button', { name: 'Set deadline' }))
  await expect.element(dialog.getByRole('alert')).toHaveTextContent('Enter a time in the future.')
  await dialog.getByLabelText('Time').fill('07:05')
  await selectOption(dialog.getByRole('combobox', { name: 'Day' }), 'Tomorrow')
  await dialog.getByLabelText('Time').click()
  await userEvent.keyboard('{Enter}')
  await expect.element(dialog).not.toBeInTheDocument()
  expect(callsOf(asked, 'changeSettings')).toEqual([{ name: 'changeSettings', args: { deadlineMs: atMs } }])
})

test('says in words by how much the queue is late, and when it is on time or not known', async () => {
  const { screen, emit } = await openWith(late)
  await expect.element(screen.getByText(/^35 min late for/)).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: /late for/ }))
  // As late as the text before it says.
  await expect.element(screen.getByText(/done at about .*7:40 AM/)).toBeVisible()
  await userEvent.keyboard('{Escape}')
  emit('deadline', { atMs, state: 'met', doneAtMs: atMs - hourMs, suggestions: [] })
  await expect.element(screen.getByText(/^On time for/)).toBeVisible()
  emit('deadline', { atMs, state: 'unknown', doneAtMs: null, suggestions: [] })
  const button = screen.getByRole('button', { name: /^Deadline: Deadline/ })
  await userEvent.click(button)
  await expect
    .element(screen.getByText('The forecast appears once the speed is measured', { exact: false }))
    .toBeVisible()
})

test('moves a file up at a click, and undo puts it back to its place', async () => {
  const { screen, asked } = await openWith(late, {
    moveToTop: () => success(undefined),
    moveUploads: () => success(undefined),
    pause: () => success(undefined),
    resume: () => success(undefined),
  })
  await userEvent.click(screen.getByRole('button', { name: /late for/ }))
  await userEvent.click(screen.getByRole('button', { name: /^Move FLUX up to finish by/ }))
  await expect.element(screen.getByText('FLUX was moved up.', { exact: false })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Undo' }))
  await expect.poll(() => callsOf(asked, 'resume')).toHaveLength(1)
  expect(callsOf(asked, 'moveToTop', 'pause', 'moveUploads', 'resume')).toEqual([
    { name: 'moveToTop', args: { ids: ['FLUX'] } },
    { name: 'pause', args: { ids: ['FLUX'] } },
    { name: 'moveUploads', args: { ids: ['FLUX'], before: 'Wan' } },
    { name: 'resume', args: { ids: ['FLUX'] } },
  ])
})

test('leaves files out at a click, and undo resumes them', async () => {
  const { screen, asked } = await openWith(late, {
    pause: () => success(undefined),
    resume: () => success(undefined),
  })
  await userEvent.click(screen.getByRole('button', { name: /late for/ }))
  await userEvent.click(screen.getByRole('button', { name: /^Pause 2 files \(41\.0 GB\)/ }))
  await expect.element(screen.getByText('2 files were paused.', { exact: false })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Undo' }))
  await expect
    .poll(() => callsOf(asked, 'resume'))
    .toEqual([{ name: 'resume', args: { ids: ['Wan', 'Qwen'] } }])
})
