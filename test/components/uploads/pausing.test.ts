import { expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import type { Pausing } from '../../../electron/contract/uploads.ts'
import { openPage } from '../support/open-page.ts'
import { patchOf, row, sendingRow } from '../support/rows.ts'

const pausing: Pausing = { isSingle: true, finishingParts: 2, unacknowledgedBytes: 38_000_000 }
const cost = 'Stop now. 38.0 MB will be uploaded again.'

test('a row shows the parts that its pause finishes, and stops them or resumes', async () => {
  const { rowOf, asked } = await openPage({
    rows: [sendingRow('Flux', { pausing }), sendingRow('Wan'), row('Grain')],
  })
  await expect.element(rowOf('Flux')).toMatchTextContent('Pausing, finishing 2 parts')
  await expect.element(rowOf('Flux')).toMatchTextContent('Resends 38.0 MB')
  const stop = rowOf('Flux').getByRole('button', { name: `${cost}: Flux` })
  await expect.element(stop).toHaveAttribute('title', cost)
  await userEvent.click(stop)
  await userEvent.click(rowOf('Flux').getByRole('button', { name: 'Resume: Flux' }))
  expect(asked).toEqual([
    { name: 'stopPausing', args: { ids: ['Flux'] } },
    { name: 'resume', args: { ids: ['Flux'] } },
  ])
})

test('a narrow list keeps the button that stops a pause', async () => {
  await page.viewport(520, 640)
  const { rowOf, asked } = await openPage({ rows: [sendingRow('Flux', { pausing })] })
  await userEvent.click(rowOf('Flux').getByRole('button', { name: `${cost}: Flux` }))
  expect(asked).toEqual([{ name: 'stopPausing', args: { ids: ['Flux'] } }])
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
  await expect.element(screen.getByRole('heading', { level: 1 })).toMatchTextContent('All uploads paused')
})

test('the details say what stopping a pause now would cost', async () => {
  const { screen, rowOf } = await openPage({ rows: [sendingRow('Flux', { pausing })] })
  await userEvent.dblClick(rowOf('Flux'))
  const pane = screen.getByRole('complementary')
  await expect.element(pane).toMatchTextContent('If you stop now, 38.0 MB will be uploaded again.')
  await expect.element(pane.getByRole('button', { name: `${cost}: Flux` })).toBeVisible()
})

test('a pause without bytes in flight names no cost', async () => {
  const registering = { isSingle: true, finishingParts: 0, unacknowledgedBytes: 0 }
  const { rowOf } = await openPage({ rows: [sendingRow('Flux', { pausing: registering })] })
  await expect.element(rowOf('Flux')).toMatchTextContent('Pausing, finishing upload')
  await expect
    .element(rowOf('Flux').getByRole('button', { name: 'Stop now: Flux' }))
    .toHaveAttribute('title', 'Stop now')
})
