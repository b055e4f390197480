import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { success } from '../../../electron/contract/failures.ts'
import type { PartMap, UploadDetails } from '../../../electron/contract/upload-details.ts'
import { emptyTotals } from '../../support/totals.ts'
import { selectOption } from '../support/select-option.ts'
import { openPage } from '../support/open-page.ts'
import { registeredRow, sendingRow } from '../support/rows.ts'

const speed = { stepMs: 1_000, points: [1_000_000, 3_000_000, 2_000_000] }
const sizeBytes = 65_000_000
const map: PartMap = {
  partSizeBytes: 1_000_000,
  states: 'b'.repeat(10) + 'S' + 's'.repeat(30) + 'Ffff' + 'u' + 'w'.repeat(19),
  flying: [42, 43, 44, 45].map((number) => ({ number, bytes: 250_000 })),
}

/** The page with the open details of one of two files, with these parts. */
async function openDetails(parts: PartMap | null) {
  const rows = [sendingRow('Juniper', { sizeBytes }), sendingRow('Harbour')]
  const watchedDetails: UploadDetails = { id: 'Juniper', parts, speed }
  const opened = await openPage({
    rows,
    answers: { watch: (args) => success(args?.id === 'Juniper' ? watchedDetails : null) },
  })
  await opened.rowOf('Juniper').dblClick()
  return { ...opened, watchedDetails, watched: () => watchedIds(opened.asked) }
}

const watchedIds = (asked: readonly { readonly name: string; readonly args: unknown }[]) =>
  asked.filter(({ name }) => name === 'watch').map(({ args }) => (args as { id: string | null }).id)

/** True once the picture has at least five colours, one per state. */
function hasPartColours(canvas: HTMLCanvasElement): boolean {
  const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] }
  return new Set(new Uint32Array((data as Uint8ClampedArray).buffer)).size >= 5
}

test('watches only the upload whose details are open', async () => {
  const { rowOf, screen, watched } = await openDetails(map)
  await rowOf('Harbour').dblClick()
  await expect.poll(watched).toEqual(['Juniper', null, 'Harbour'])
  await userEvent.click(screen.getByRole('button', { name: 'Close details' }))
  await expect.poll(watched).toEqual(['Juniper', null, 'Harbour', null])
})

test('the part map has a text summary and draws each state differently', async () => {
  const { screen } = await openDetails(map)
  const picture = screen.getByRole('img', { name: '41 of 65 parts uploaded, 4 uploading, 2 uploaded again' })
  await expect.element(picture).toBeVisible()
  await expect.element(screen.getByText('65 parts of 1.0 MB')).toBeVisible()
  const canvas = picture.element().querySelector('canvas')
  if (!canvas) throw new Error('there is no picture')
  await expect.poll(() => hasPartColours(canvas)).toBe(true)
})

test('the part map follows updates of its upload only', async () => {
  const { screen, emit, watchedDetails } = await openDetails(map)
  await expect.element(screen.getByRole('img', { name: /^41 of 65/ })).toBeVisible()
  emit('details', { ...watchedDetails, parts: { ...map, states: 's'.repeat(65), flying: [] } })
  await expect.element(screen.getByRole('img', { name: '65 of 65 parts uploaded' })).toBeVisible()
  emit('details', { ...watchedDetails, id: 'Harbour', parts: { ...map, flying: [] } })
  await expect.element(screen.getByRole('img', { name: '65 of 65 parts uploaded' })).toBeVisible()
})

test('the details of a single PUT show its progress before storage acknowledges it', async () => {
  const { rowOf, screen } = await openPage({
    rows: [sendingRow('X', { sentBytes: 0, inFlightBytes: 450_000_000 })],
  })
  await rowOf('X').dblClick()
  const details = screen.getByRole('complementary')
  await expect.element(details.getByText('45%')).toBeVisible()
  await expect.element(details.getByText('450 MB of 1.0 GB')).toBeVisible()
  await expect.element(details.getByText('42.0 MB/s')).toBeVisible()
})

test('shows the total speed above the list while uploads run', async () => {
  const { screen, emit } = await openPage({ rows: [sendingRow('Juniper')] })
  const totals = {
    ...emptyTotals,
    running: 1,
    totalBytes: 1_000,
    movedBytes: 500,
    bytesPerSecond: 2_500_000,
    secondsLeft: 60,
  }
  emit('flow', { speed, streamsInUse: 7, streamsLimit: 12 })
  emit('patch', {
    sequence: 2,
    changed: [],
    removed: [],
    totals,
    allPaused: false,
    hold: null,
    line: 'ok',
    isIncomplete: false,
  })
  await expect.element(screen.getByText('2.5 MB/s')).toBeVisible()
  await expect.element(screen.getByRole('img', { name: /^Speed over 3 s:/ })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Speed limit: No limit' }))
  await expect.element(screen.getByText('7 connections, limit 12')).toBeVisible()
})

test('sets a limit beside the speed and shows it there', async () => {
  const { screen, asked } = await openPage({ rows: [registeredRow('Juniper')] })
  await userEvent.click(screen.getByRole('button', { name: 'Speed limit: No limit' }))
  await userEvent.click(screen.getByRole('radio', { name: '5 MB/s' }))
  await expect.element(screen.getByText('up to 5 MB/s')).toBeVisible()
  expect(asked.at(-1)).toEqual({ name: 'changeSettings', args: { limitBytesPerSecond: 5_000_000 } })
  await userEvent.click(screen.getByRole('radio', { name: 'No limit' }))
  await expect.element(screen.getByRole('button', { name: 'Speed limit: No limit' })).toBeVisible()
  expect(asked.at(-1)?.args).toEqual({ limitBytesPerSecond: null })
})

test('accepts a custom limit with a decimal and rejects an invalid one', async () => {
  const { screen, asked } = await openPage({ rows: [registeredRow('Juniper')] })
  await userEvent.click(screen.getByRole('button', { name: 'Speed limit: No limit' }))
  const own = screen.getByRole('textbox', { name: 'Custom limit in MB/s' })
  await userEvent.fill(own, '0.01')
  await expect.element(screen.getByText('Enter a number from 0.1 to 10000.')).toBeVisible()
  await userEvent.keyboard('{Enter}')
  expect(asked.filter(({ name }) => name === 'changeSettings')).toEqual([])
  await userEvent.fill(own, '2,5')
  await userEvent.keyboard('{Enter}')
  await expect.element(screen.getByText('up to 2.5 MB/s')).toBeVisible()
  expect(asked.at(-1)?.args).toEqual({ limitBytesPerSecond: 2_500_000 })
})

test('the settings contain the speed limit and the connection limit', async () => {
  const { screen, emit, asked } = await openPage()
  emit('command', 'show-settings')
  const limit = screen.getByLabelText('Speed limit')
  await userEvent.fill(limit, '20')
  await userEvent.keyboard('{Tab}')
  await expect.poll(() => asked.at(-1)?.args).toEqual({ limitBytesPerSecond: 20_000_000 })
  await userEvent.fill(limit, '')
  await userEvent.keyboard('{Tab}')
  await expect.poll(() => asked.at(-1)?.args).toEqual({ limitBytesPerSecond: null })
  await userEvent.click(screen.getByText('Advanced').last())
  await selectOption(screen.getByLabelText('Maximum connections'), '8')
  await expect.poll(() => asked.at(-1)?.args).toEqual({ streamsMost: 8 })
})
