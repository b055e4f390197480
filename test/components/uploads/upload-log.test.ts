import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { failure, success } from '../../../electron/contract/failures.ts'
import { logDocumentOf, type UploadLog } from '../../../electron/contract/upload-log.ts'
import { emptyTotals } from '../../support/totals.ts'
import { defaultConditions } from '../support/fake-bridge.ts'
import { openPage } from '../support/open-page.ts'
import { noonMs, patchOf, registeredRow, row } from '../support/rows.ts'

const log: UploadLog = {
  events: [
    { event: 'checking', atMs: noonMs },
    {
      event: 'sending',
      atMs: noonMs + 2_000,
      sentBytes: 5_400_000_000,
      acknowledgedBytes: 5_300_000_000,
      sendingMs: 15 * 60_000,
      interruptedParts: 3,
      unconfirmedBytes: 96_000_000,
    },
    {
      event: 'retrying',
      atMs: noonMs + 15 * 60_000,
      failure: { code: 'storage-busy', params: {} },
      count: 12,
      lastAtMs: noonMs + 20 * 60_000,
    },
    { event: 'paused', atMs: noonMs + 21 * 60_000, reason: 'quiet-hours' },
    { event: 'resumed', atMs: noonMs + 60 * 60_000 },
    { event: 'registered', atMs: noonMs + 70 * 60_000 },
  ],
  speed: Array.from({ length: 40 }, (_, index) => ({ durationMs: 30_000, bytes: 1e8 + (index % 7) * 2e7 })),
}

test('the details show the stored log with causes and reasons, and copy and save it', async () => {
  const done = registeredRow('Flux', { finishedAtMs: noonMs + 70 * 60_000 })
  const { screen, rowOf, asked } = await openPage({
    rows: [done],
    answers: {
      uploadLog: () => success(logDocumentOf(done, log)),
      saveUploadLog: () => success(true),
    },
  })
  await userEvent.dblClick(rowOf('Flux'))
  const pane = screen.getByRole('complementary', { name: 'Details of Flux' })
  await expect.element(pane.getByText('Paused by quiet hours')).toBeVisible()
  await expect.element(pane.getByText('12 times, last at', { exact: false })).toBeVisible()
  await expect.element(pane.getByText('(storage-busy)', { exact: false })).toBeVisible()
  await expect.element(pane.getByText('5.4 GB in 15 min, 6.0 MB/s on average')).toBeVisible()
  await expect.element(pane.getByText('parts interrupted', { exact: false })).not.toBeInTheDocument()
  await expect.element(pane.getByRole('img', { name: /^Speed|average/ })).toBeVisible()
  await userEvent.click(pane.getByRole('button', { name: 'Save log…' }))
  await expect.element(screen.getByText('Log saved.')).toBeVisible()
  await userEvent.click(pane.getByRole('button', { name: 'Copy log' }))
  const copied = asked.find(({ name }) => name === 'copyText')?.args as { readonly text: string }
  expect(copied.text).toContain('Log of an upload with Modelferry')
  expect(copied.text).toContain('Paused by quiet hours')
})

test('the log is loaded again when the upload has a new event', async () => {
  const waiting = row('Wan', { phase: 'waiting' })
  let events: UploadLog['events'] = []
  const { screen, rowOf, emit } = await openPage({
    rows: [waiting],
    answers: { uploadLog: () => success(logDocumentOf(waiting, { events, speed: [] })) },
  })
  await userEvent.dblClick(rowOf('Wan'))
  await expect.element(screen.getByRole('button', { name: 'Save log…' })).toBeVisible()
  events = [{ event: 'checking', atMs: noonMs }]
  emit('patch', {
    sequence: 2,
    changed: [{ ...waiting, phase: 'checking' }],
    removed: [],
    totals: emptyTotals,
    allPaused: false,
    hold: null,
    line: 'ok',
    isIncomplete: false,
  })
  const pane = screen.getByRole('complementary', { name: 'Details of Wan' })
  await expect.element(pane.getByText('Checking')).toBeVisible()
})

test('the log shows a next attempt only while nothing is paused or on hold', async () => {
  const retrying = row('Wan', { phase: 'retrying', retryAtMs: noonMs, failure: failure('storage-busy') })
  const { screen, rowOf, emit } = await openPage({ rows: [retrying] })
  await userEvent.dblClick(rowOf('Wan'))
  const next = screen
    .getByRole('complementary', { name: 'Details of Wan' })
    .getByText('Next attempt', { exact: false })
  await expect.element(next).toBeVisible()
  emit('conditions', { ...defaultConditions, hold: { kind: 'quiet-hours', untilMs: null } })
  await expect.element(next).not.toBeInTheDocument()
  emit('conditions', defaultConditions)
  await expect.element(next).toBeVisible()
  emit('patch', { ...patchOf(2, []), allPaused: true })
  await expect.element(next).not.toBeInTheDocument()
})
