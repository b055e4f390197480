import { expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { failure, success } from '../../../electron/contract/failures.ts'
import type { Pausing } from '../../../electron/contract/uploads.ts'
import { openPage } from '../support/open-page.ts'
import { failedRow, patchOf, row, sendingRow, settings, snapshotOf } from '../support/rows.ts'

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

test('a narrow list keeps the button that stops a pause', async () => {
  await page.viewport(520, 640)
  const { rowOf, asked } = await openPage({ rows: [sendingRow('Flux', { pausing })] })
  await userEvent.click(rowOf('Flux').getByRole('button', { name: `${cost}: Flux` }))
  expect(asked).toEqual([{ name: 'stopPausing', args: { ids: ['Flux'] } }])
  await page.viewport(960, 640)
})

const narrow = [
  { locale: 'en', dense: false, status: 'Pausing, finishing 12 parts' },
  { locale: 'en', dense: true, status: 'Pausing, finishing 12 parts' },
  { locale: 'zh-Hans', dense: false, status: '正在暂停，等待 12 个分片完成' },
  { locale: 'zh-Hant', dense: true, status: '正在暫停，等待 12 個分段完成' },
] as const

test.for(narrow)(
  'a narrow window shows the whole status and headline of a pause: $locale, dense $dense',
  async ({ locale, dense, status }) => {
    await page.viewport(480, 400)
    const { screen, rowOf } = await openPage({
      rows: [failedRow('Gone'), sendingRow('Flux', { pausing: { ...pausing, finishingParts: 12 } })],
      locale,
      answers: { settings: () => success({ ...settings, dense }) },
    })
    const headline = screen.getByRole('heading', { level: 1, name: status })
    for (const text of [headline, rowOf('Flux').getByText(status)]) {
      await expect.element(text).toBeVisible()
      const { scrollWidth, clientWidth, scrollHeight, clientHeight } = text.element()
      expect(scrollWidth).toBeLessThanOrEqual(clientWidth)
      expect(scrollHeight).toBeLessThanOrEqual(clientHeight)
    }
    const { scrollHeight, clientHeight } = rowOf('Flux').element()
    expect(scrollHeight).toBeLessThanOrEqual(clientHeight)
  },
)

test.each([960, 480])('only Resume takes the place of Pause in a list %d px wide', async (width) => {
  await page.viewport(width, 640)
  const { rowOf, emit } = await openPage({ rows: [sendingRow('Flux')] })
  const pause = rowOf('Flux').getByRole('button', { name: 'Pause: Flux' }).element()
  const x = pause.getBoundingClientRect().left + pause.clientWidth / 2
  const names: string[] = []
  for (const [index, [status, next]] of Object.entries({
    Pausing: sendingRow('Flux', { pausing }),
    Paused: row('Flux', { phase: 'paused' }),
    Failed: failedRow('Flux'),
  }).entries()) {
    emit('patch', patchOf(2 + index, [next]))
    await expect.element(rowOf('Flux')).toHaveAttribute('aria-label', expect.stringContaining(status))
    const { top, height } = rowOf('Flux').element().getBoundingClientRect()
    names.push(document.elementFromPoint(x, top + height / 2)?.closest('button')?.ariaLabel ?? '')
  }
  expect(names.filter((name) => name !== '' && name !== 'Resume: Flux')).toEqual([])
  await page.viewport(960, 640)
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

test('while all uploads are paused, none is paused or resumed by itself', async () => {
  const retrying = row('Grain', { phase: 'retrying', failure: failure('server-trouble') })
  const { screen, rowOf, emit, asked } = await openPage({
    rows: [row('Flux', { phase: 'paused' }), row('Wan'), retrying],
  })
  const controls = () => screen.getByRole('button', { name: /^(Pause|Resume|Try now): / })
  await expect.poll(() => controls().elements().length).toBe(4)
  emit('patch', { ...patchOf(2, []), allPaused: true })
  await expect.poll(() => controls().elements()).toEqual([])
  rowOf('Wan').element().focus()
  await userEvent.keyboard(' ')
  expect(asked).toEqual([])
})

test('other views stop the pause of all uploads too', async () => {
  const byQueue = { ...pausing, isSingle: false }
  const { screen, asked, emit } = await openPage({ rows: [sendingRow('Flux', { pausing: byQueue })] })
  emit('command', 'show-library')
  const status = screen.getByRole('region', { name: 'Overview' })
  await userEvent.click(status.getByRole('button', { name: cost, exact: true }))
  expect(asked).toContainEqual({ name: 'stopPausing', args: { ids: null } })
})

test('no progress is shown of files that were paused before the app started', async () => {
  const snapshot = snapshotOf([row('Flux', { phase: 'paused', started: true, sentBytes: 500_000_000 })])
  const totals = { ...snapshot.totals, totalBytes: 0, movedBytes: 0 }
  const { screen, emit } = await openPage({ answers: { snapshot: () => success({ ...snapshot, totals }) } })
  const overview = screen.getByRole('region', { name: 'Overview' })
  await expect.element(overview).toMatchTextContent('Paused · 1 file')
  expect(overview.getByRole('progressbar').elements()).toEqual([])
  emit('command', 'show-history')
  await expect.element(screen.getByRole('textbox', { name: 'Search history' })).toBeVisible()
  expect(overview.getByRole('progressbar').elements()).toEqual([])
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

test('a pause without bytes in flight names no cost', async () => {
  const registering = { isSingle: true, finishingParts: 0, unacknowledgedBytes: 0 }
  const { rowOf } = await openPage({ rows: [sendingRow('Flux', { pausing: registering })] })
  await expect.element(rowOf('Flux')).toMatchTextContent('Pausing, finishing upload')
  await expect
    .element(rowOf('Flux').getByRole('button', { name: 'Stop now: Flux' }))
    .toHaveAttribute('title', 'Stop now')
})
