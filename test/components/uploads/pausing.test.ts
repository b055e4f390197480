import { expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { failure } from '../../../electron/contract/failures.ts'
import type { Pausing } from '../../../electron/contract/uploads.ts'
import { openPage } from '../support/open-page.ts'
import { patchOf, row, sendingRow } from '../support/rows.ts'

const pausing: Pausing = { isSingle: true, finishingParts: 2, unacknowledgedBytes: 38_000_000 }
const cost = 'Stop now, 38.0 MB would be sent again'

test('a row shows the parts that its pause finishes, and stops them or resumes', async () => {
  const { rowOf, asked } = await openPage({
    rows: [sendingRow('Flux', { pausing }), sendingRow('Wan'), row('Grain')],
  })
  await expect.element(rowOf('Flux')).toMatchTextContent('Pausing, finishing 2 parts')
  const stop = rowOf('Flux').getByRole('button', { name: `${cost}: Flux` })
  await expect.element(stop).toHaveAttribute('title', cost)
  await userEvent.click(stop)
  await userEvent.click(rowOf('Flux').getByRole('button', { name: 'Resume: Flux' }))
  expect(asked).toEqual([
    { name: 'stopPausing', args: { ids: ['Flux'] } },
    { name: 'resume', args: { ids: ['Flux'] } },
  ])
})

test('Cancel never takes the place of Stop now', async () => {
  await page.viewport(480, 640)
  const { rowOf, emit } = await openPage({ rows: [sendingRow('Flux', { pausing })] })
  const stop = rowOf('Flux').getByRole('button', { name: /^Stop now/ })
  const { left, width } = stop.element().getBoundingClientRect()
  emit('patch', patchOf(2, [row('Flux', { phase: 'paused', started: true })]))
  await expect.element(stop).not.toBeInTheDocument()
  const { top, height } = rowOf('Flux').element().getBoundingClientRect()
  const now = document.elementFromPoint(left + width / 2, top + height / 2)
  expect(now?.closest('button')?.ariaLabel ?? '').not.toMatch(/^Cancel/)
  await page.viewport(960, 640)
})

test('the headline shows the pause of all uploads, and stops it', async () => {
  const byQueue = { ...pausing, isSingle: false }
  const { screen, asked, emit } = await openPage({ rows: [sendingRow('Flux', { pausing: byQueue })] })
  await expect
    .element(screen.getByRole('heading', { level: 1 }))
    .toMatchTextContent('Pausing, finishing 2 parts')
  await userEvent.click(screen.getByRole('button', { name: cost, exact: true }))
  expect(asked).toEqual([{ name: 'stopPausing', args: { ids: null } }])
  emit('patch', { ...patchOf(2, [row('Flux')]), allPaused: true })
  await expect.element(screen.getByRole('heading', { level: 1 })).toMatchTextContent('Paused · 1 file')
})

test('while all uploads are paused, each can be resumed and none is tried now', async () => {
  const retrying = row('Grain', { phase: 'retrying', failure: failure('server-trouble') })
  const { screen, rowOf, emit, asked } = await openPage({
    rows: [row('Flux', { phase: 'paused' }), row('Wan'), retrying],
  })
  await expect.element(rowOf('Wan')).toBeVisible()
  emit('patch', { ...patchOf(2, []), allPaused: true })
  await userEvent.click(rowOf('Wan').getByRole('button', { name: 'Resume: Wan' }).first())
  rowOf('Grain').element().focus()
  await userEvent.keyboard(' ')
  const ids = (name: string) => ({ name: 'resume', args: { ids: [row(name).id] } })
  expect(asked).toEqual([ids('Wan'), ids('Grain')])
  expect(screen.getByRole('button', { name: /^(Pause|Try now): / }).elements()).toEqual([])
})

test('the details say what stopping a pause now would cost', async () => {
  const { screen, rowOf } = await openPage({ rows: [sendingRow('Flux', { pausing })] })
  await userEvent.dblClick(rowOf('Flux'))
  const pane = screen.getByRole('complementary')
  await expect.element(pane).toMatchTextContent('38.0 MB would be sent again')
  // The pause ends before the upload does.
  await expect.element(pane).not.toMatchTextContent('about 12 min')
  await expect.element(pane.getByRole('button', { name: `${cost}: Flux` })).toBeVisible()
})
