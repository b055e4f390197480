import { flushSync } from 'svelte'
import { expect, onTestFinished, test, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import { defaultConditions } from '../support/fake-bridge.ts'
import { openPage } from '../support/open-page.ts'
import { failedRow, noonMs, patchOf, registeredRow, row, sendingRow, snapshotOf } from '../support/rows.ts'

test('groups rows by status, each group with its count', async () => {
  const { lines } = await openPage({
    rows: [registeredRow('Depth'), row('Grain'), sendingRow('Flux'), failedRow('Broken')],
  })
  await expect
    .poll(lines)
    .toEqual([
      'Needs attention 1',
      expect.stringMatching(/^The file was moved or deleted/) as string,
      'Broken, SDXL, 1.0 GB, Failed, 0%',
      'Uploading 1',
      'Flux, SDXL, 1.0 GB, Uploading, 45%',
      'Waiting 1',
      'Grain, SDXL, 1.0 GB, Waiting for its turn, 0%',
      'Done today 1',
      'Depth, SDXL, 1.0 GB, In the library, 100%',
    ])
})

test('a row says what it waits for only if its group and the heading don’t', async () => {
  const { rowOf, emit } = await openPage({
    rows: [
      row('Grain'),
      row('Edge', { phase: 'retrying', failure: failure('server-trouble', { status: 503 }) }),
    ],
  })
  const hasStatus = (name: string) => /waiting/i.test(rowOf(name).element().textContent)
  await expect.element(rowOf('Edge')).toMatchTextContent('Waiting for server')
  expect(hasStatus('Grain')).toBe(false)
  emit('conditions', { ...defaultConditions, hold: { kind: 'quiet-hours', untilMs: null } })
  await expect.element(rowOf('Grain')).toBeVisible()
  expect(hasStatus('Grain')).toBe(false)
})

test('while everything is paused, no row, header or count says that something waits', async () => {
  const rows = [
    row('Grain'),
    row('Flux', { phase: 'retrying', failure: failure('offline') }),
    row('Edge', { phase: 'paused' }),
  ]
  const { screen, lines } = await openPage({
    answers: { snapshot: () => success({ ...snapshotOf(rows), allPaused: true }) },
  })
  await expect
    .poll(lines)
    .toEqual(['Paused 3', ...['Grain', 'Flux', 'Edge'].map((name) => `${name}, SDXL, 1.0 GB, Paused, 0%`)])
  await expect.element(screen.getByRole('heading', { name: 'Paused · 3 files' })).toBeVisible()
  expect(screen.container.textContent).not.toMatch(/waiting/i)
  // The sum of the bytes leaves out Edge.
  expect(screen.getByText(/^\S+ \S+ of /).elements()).toEqual([])
})

test('waiting rows say what holds the queue', async () => {
  const { lines, emit } = await openPage({ rows: [row('Grain')] })
  await expect.poll(lines).toContain('Grain, SDXL, 1.0 GB, Waiting for its turn, 0%')
  emit('conditions', { ...defaultConditions, hold: { kind: 'quiet-hours', untilMs: null } })
  await expect.poll(lines).toContain('Grain, SDXL, 1.0 GB, Waiting for schedule, 0%')
  emit('conditions', defaultConditions)
  emit('patch', { ...patchOf(2, [row('Grain')]), line: 'offline' })
  await expect.poll(lines).toContain('Grain, SDXL, 1.0 GB, Waiting for connection, 0%')
})

test('a file that is still being written waits and needs no attention', async () => {
  const { screen, lines, rowOf } = await openPage({
    rows: [failedRow('Flux', failure('file-being-written'))],
  })
  await expect.poll(lines).toEqual(['Waiting 1', 'Flux, SDXL, 1.0 GB, Waiting for complete file, 0%'])
  await expect.element(rowOf('Flux').getByTitle('checked every few seconds', { exact: false })).toBeVisible()
  expect(screen.getByText('attention', { exact: false }).query()).toBeNull()
})

test('a row that waits for a sign-in or a decision has not failed', async () => {
  const { lines } = await openPage({
    rows: [
      failedRow('Flux', failure('signed-out')),
      failedRow('Grain', failure('target-path'), { position: 1 }),
    ],
  })
  const states = () =>
    lines()
      .slice(1)
      .map((line) => line.split(', ')[3])
  await expect.poll(states).toEqual([undefined, 'Waiting for sign-in', undefined, 'Needs attention'])
})

test('shows speed, time left and the exact size of a running upload', async () => {
  const { rowOf } = await openPage({ rows: [sendingRow('Flux')] })
  await expect.element(rowOf('Flux')).toMatchTextContent('42.0 MB/s')
  await expect.element(rowOf('Flux')).toMatchTextContent('about 12 min')
  await expect
    .element(rowOf('Flux').getByText('1.0 GB', { exact: false }))
    .toHaveAttribute('title', '1,000,000,000 bytes')
})

test('shows why and until when a row waits for a retry', async () => {
  const retrying = row('Flux', {
    phase: 'retrying',
    started: true,
    failure: failure('offline'),
    retryAtMs: new Date().setHours(14, 5, 0, 0),
  })
  const { rowOf, asked } = await openPage({ rows: [retrying] })
  await expect
    .element(rowOf('Flux').getByTitle('No connection. Uploaded data is safe', { exact: false }))
    .toBeVisible()
  await expect.element(rowOf('Flux')).toMatchTextContent('next attempt')
  await userEvent.click(rowOf('Flux').getByRole('button', { name: 'Try now: Flux' }))
  expect(asked).toEqual([{ name: 'retry', args: { ids: ['Flux'] } }])
})

test('a copy waits for the file that is uploaded, not for a time', async () => {
  const copy = row('Flux', {
    phase: 'retrying',
    failure: failure('same-as-other', { name: 'Grain' }),
    retryAtMs: new Date().setHours(14, 5, 0, 0),
  })
  const { rowOf } = await openPage({ rows: [copy] })
  await expect.element(rowOf('Flux').getByText('Copy of another file')).toBeVisible()
  await expect.element(rowOf('Flux')).not.toMatchTextContent('next attempt')
  await expect.element(rowOf('Flux').getByRole('button', { name: 'Try now: Flux' })).not.toBeInTheDocument()
})

test('a row whose server limits the rate offers no attempt before the time that the server asked for', async () => {
  const limited = row('Flux', { phase: 'retrying', failure: failure('rate-limited') })
  const { rowOf, screen } = await openPage({ rows: [limited] })
  await expect.element(rowOf('Flux').getByRole('button', { name: 'Pause: Flux' })).toBeInTheDocument()
  await expect.element(rowOf('Flux').getByRole('button', { name: 'Try now: Flux' })).not.toBeInTheDocument()
  await userEvent.click(rowOf('Flux'), { button: 'right' })
  await expect.element(screen.getByRole('menuitem', { name: 'Pause' })).toBeVisible()
  await expect.element(screen.getByRole('menuitem', { name: 'Try again' })).not.toBeInTheDocument()
})

test('pauses, resumes and moves a row by its buttons', async () => {
  const { rowOf, asked } = await openPage({ rows: [row('Grain'), row('Flux', { phase: 'paused' })] })
  await userEvent.click(rowOf('Grain').getByRole('button', { name: 'Pause: Grain' }))
  await userEvent.click(rowOf('Grain').getByRole('button', { name: 'Move to top: Grain' }))
  await userEvent.click(rowOf('Flux').getByRole('button', { name: 'Resume: Flux' }))
  expect(asked).toEqual([
    { name: 'pause', args: { ids: ['Grain'] } },
    { name: 'moveToTop', args: { ids: ['Grain'] } },
    { name: 'resume', args: { ids: ['Flux'] } },
  ])
})

test('asks below the list before discarding sent bytes', async () => {
  const { screen, rowOf, asked } = await openPage({ rows: [sendingRow('Flux')] })
  await userEvent.click(rowOf('Flux').getByRole('button', { name: 'Cancel upload: Flux' }))
  const question = screen.getByRole('group', { name: 'Cancel upload?' })
  await expect.element(question).toMatchTextContent('Cancel “Flux”? The 450 MB sent so far are lost.')
  await userEvent.click(question.getByRole('button', { name: 'Keep' }))
  expect(asked).toEqual([])
  await userEvent.click(rowOf('Flux').getByRole('button', { name: 'Cancel upload: Flux' }))
  await userEvent.click(question.getByRole('button', { name: 'Cancel upload', exact: true }))
  expect(asked).toEqual([{ name: 'cancel', args: { ids: ['Flux'] } }])
})

test('removes an unsent row and a registered row without asking', async () => {
  const { rowOf, asked } = await openPage({ rows: [row('Grain'), registeredRow('Depth')] })
  await userEvent.click(rowOf('Grain').getByRole('button', { name: 'Cancel upload: Grain' }))
  await userEvent.click(rowOf('Depth').getByRole('button', { name: 'Remove from list: Depth' }))
  await expect
    .poll(() => asked)
    .toEqual([
      { name: 'cancel', args: { ids: ['Grain'] } },
      { name: 'dismiss', args: { ids: ['Depth'] } },
    ])
})

test('removes several waiting rows without asking, and Undo restores them', async () => {
  const rows = [row('Grain'), row('Flux'), registeredRow('Depth')]
  const { screen, asked } = await openPage({ rows })
  await userEvent.keyboard('{Tab}')
  screen
    .getByRole('row', { name: /^Grain/ })
    .element()
    .focus()
  await userEvent.keyboard('{Control>}a{/Control}{Delete}')
  await expect.element(screen.getByText('2 uploads removed.', { exact: false })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Undo' }))
  await expect
    .poll(() => asked)
    .toEqual([
      { name: 'dismiss', args: { ids: ['Depth'] } },
      { name: 'cancel', args: { ids: ['Grain', 'Flux'] } },
      { name: 'undoRemove', args: { ids: ['Grain', 'Flux'] } },
    ])
})

test('a confirmed cancellation says what it did, and leaves nothing to undo', async () => {
  const { screen, rowOf, emit, asked } = await openPage({ rows: [row('Grain'), sendingRow('Flux')] })
  emit('added', { added: 1, refused: 0, skipped: [], drop: 'drop-1', newIds: ['Grain'] })
  await expect.element(screen.getByRole('button', { name: 'Undo' })).toBeVisible()
  rowOf('Grain').element().focus()
  await userEvent.keyboard('{Control>}a{/Control}{Delete}')
  await userEvent.click(screen.getByRole('button', { name: 'Cancel 2 uploads' }))
  await expect.element(screen.getByText('2 uploads removed.')).toBeVisible()
  expect(screen.getByRole('button', { name: 'Undo' }).elements()).toEqual([])
  await userEvent.keyboard('{Control>}z{/Control}')
  expect(asked.map(({ name }) => name)).toEqual(['cancel'])
})

test('a cancellation that leaves an upload that is being registered only says so', async () => {
  const { screen, rowOf } = await openPage({
    rows: [sendingRow('Flux', { phase: 'registering' })],
    answers: { cancel: () => failed(failure('not-registered-yet', { count: 1 })) },
  })
  await userEvent.click(rowOf('Flux').getByRole('button', { name: 'Cancel upload: Flux' }))
  await userEvent.click(screen.getByRole('button', { name: 'Cancel upload', exact: true }))
  await expect.element(screen.getByText('its upload wasn’t removed', { exact: false })).toBeVisible()
  expect(screen.getByText('cancelled', { exact: false }).elements()).toEqual([])
})

test('cancelling uploads keeps one that was registered during the question', async () => {
  const rows = [sendingRow('Grain'), sendingRow('Flux'), registeredRow('Depth')]
  const { screen, rowOf, emit, asked } = await openPage({ rows })
  rowOf('Grain').element().focus()
  await userEvent.keyboard('{Control>}a{/Control}{Delete}')
  const question = screen.getByRole('group', { name: 'Cancel upload?' })
  await expect.element(question).toMatchTextContent('Cancel 2 uploads?')
  emit('patch', patchOf(2, [registeredRow('Grain')]))
  await expect.element(question).toMatchTextContent('Cancel “Flux”?')
  await userEvent.click(question.getByRole('button', { name: 'Cancel upload' }))
  await expect
    .poll(() => asked)
    .toEqual([
      { name: 'dismiss', args: { ids: ['Depth'] } },
      { name: 'cancel', args: { ids: ['Flux'] } },
    ])
})

test('a time gets its weekday when the window is used again on the next day', async () => {
  const { rowOf } = await openPage({ rows: [registeredRow('Depth')] })
  const weekday = new Intl.DateTimeFormat('en', { weekday: 'short' }).format(noonMs)
  await expect.element(rowOf('Depth')).not.toMatchTextContent(weekday)
  // The computer has slept, so that no timer has run.
  vi.useFakeTimers({ toFake: ['Date'], now: new Date(noonMs).setHours(36) })
  onTestFinished(() => void vi.useRealTimers())
  window.dispatchEvent(new Event('focus'))
  flushSync()
  expect(rowOf('Depth').element().textContent).toMatch(new RegExp(`${weekday},? 12:00`))
})

test('counts all of today’s finished uploads though only the latest are listed', async () => {
  const { screen, lines } = await openPage({
    answers: {
      snapshot() {
        const snapshot = snapshotOf([registeredRow('Depth')])
        return success({ ...snapshot, totals: { ...snapshot.totals, registeredToday: 10_000 } })
      },
    },
  })
  await expect.poll(lines).toContain('Done today 10,000 in total, latest 1 shown; see History for all')
  await expect.element(screen.getByRole('heading', { name: 'Done · 10,000 files today' })).toBeVisible()
})

test('a click opens the details with type, reason and ids to copy', async () => {
  const { screen, rowOf, asked } = await openPage({ rows: [registeredRow('Depth')] })
  await userEvent.dblClick(rowOf('Depth'), { position: { x: 12, y: 12 } })
  const pane = screen.getByRole('complementary', { name: 'Details of Depth' })
  await expect.element(pane).toMatchTextContent('Its folder, loras, suggests a LoRA.')
  await expect.element(pane).toMatchTextContent('1,000,000,000 bytes')
  await expect.element(pane).toMatchTextContent('models/team/key')
  await userEvent.click(pane.getByRole('button', { name: 'Copy: SHA-256' }))
  await userEvent.click(pane.getByRole('button', { name: 'Show in folder' }))
  expect(asked.filter(({ name }) => !['modelFacts', 'companions'].includes(name))).toEqual([
    { name: 'watch', args: { id: 'Depth' } },
    { name: 'copyText', args: { text: 'a'.repeat(64) } },
    { name: 'showInFolder', args: { id: 'Depth' } },
  ])
})

test('pauses and resumes all uploads from the summary', async () => {
  const { screen, asked, emit } = await openPage({ rows: [sendingRow('Flux')] })
  await userEvent.click(screen.getByRole('button', { name: 'Pause all' }))
  emit('patch', { ...patchOf(2, [row('Flux', { phase: 'paused', started: true })]), allPaused: true })
  await userEvent.click(screen.getByRole('button', { name: 'Resume all' }))
  expect(asked.map(({ name }) => name)).toEqual(['pauseAll', 'resumeAll'])
})

test('reports needed attention once: in the headline or on a button', async () => {
  const { screen, rowOf, emit } = await openPage({ rows: [failedRow('Broken')] })
  await expect.element(screen.getByRole('heading', { name: '1 file needs attention' })).toBeVisible()
  expect(screen.container.querySelector('.needs')).toBeNull()
  const cancel = rowOf('Broken').getByRole('button', { name: 'Cancel upload: Broken' })
  expect(getComputedStyle(cancel.element()).opacity).toBe('1')
  emit('patch', { ...patchOf(2, [failedRow('Broken'), sendingRow('Flux')]) })
  await expect.element(screen.getByRole('button', { name: '1 file needs attention' })).toBeVisible()
})

test('files of one model are grouped under its name and selected together', async () => {
  const group = { key: 'k1', name: 'flux-dev', kind: 'diffusers' } as const
  const part = (name: string, position: number) => {
    const one = row(name, { position })
    return { ...one, recognition: { ...one.recognition, group } }
  }
  const { screen, lines } = await openPage({
    rows: [row('Alone', { position: 0 }), part('Text', 1), part('Unet', 2), row('Other', { position: 3 })],
  })
  await expect
    .poll(() => lines().map((line) => line.split(/[,·]/)[0]?.trim()))
    .toEqual(['Waiting 4', 'Alone', 'flux-dev: diffusers model 2 files', 'Text', 'Unet', 'Other'])
  await userEvent.click(screen.getByRole('button', { name: 'Select all of flux-dev' }))
  await expect.element(screen.getByRole('toolbar')).toMatchTextContent('2 selected')
})

test('the files of a model are selected with the keyboard, and the keys apply to them', async () => {
  const group = { key: 'k1', name: 'flux-dev', kind: 'diffusers' } as const
  const part = (name: string, position: number) => {
    const one = row(name, { position })
    return { ...one, recognition: { ...one.recognition, group } }
  }
  const rows = [row('Alone'), part('Text', 1), part('Unet', 2)]
  const { screen, rowOf, asked } = await openPage({ rows })
  await userEvent.click(rowOf('Alone'), { position: { x: 12, y: 12 } })
  const button = screen.getByRole('button', { name: 'Select all of flux-dev' })
  for (let times = 0; times < 12 && document.activeElement !== button.element(); times += 1)
    await userEvent.keyboard('{Tab}')
  await expect.element(button).toHaveFocus()
  await userEvent.keyboard('{Enter}')
  await expect.element(rowOf('Text')).toHaveFocus()
  await userEvent.keyboard('{Delete}')
  await expect.poll(() => asked).toEqual([{ name: 'cancel', args: { ids: ['Text', 'Unet'] } }])
})

test('the details of a removed upload do not open again with the next selected row', async () => {
  const { screen, rowOf, emit } = await openPage({ rows: [row('Grain'), row('Flux', { position: 1 })] })
  await userEvent.dblClick(rowOf('Grain'), { position: { x: 12, y: 12 } })
  const pane = screen.getByRole('complementary')
  await expect.element(pane).toBeVisible()
  emit('patch', patchOf(2, [], ['Grain']))
  await expect.poll(() => pane.elements()).toEqual([])
  await userEvent.click(rowOf('Flux'), { position: { x: 12, y: 12 } })
  await expect.element(rowOf('Flux')).toHaveAttribute('aria-selected', 'true')
  expect(pane.elements()).toEqual([])
})

test.each([
  [{ fileCount: 2, presentCount: 2, missing: [] }, 'In the library'],
  [{ fileCount: 3, presentCount: 2, missing: [] }, '2 of 3 files in the library'],
  [{ fileCount: 3, presentCount: 2, missing: ['vae/config.json'] }, 'Incomplete. Missing: vae/config.json'],
])('shows how much of a finished model the library has: %j', async (status, text) => {
  const group = { key: 'k1', name: 'flux-dev', kind: 'diffusers' } as const
  const part = (name: string) => {
    const one = row(name, { phase: 'registered', finishedAtMs: noonMs })
    return { ...one, recognition: { ...one.recognition, group } }
  }
  const { screen } = await openPage({
    rows: [part('Text'), part('Unet')],
    answers: { modelStatus: () => success(status) },
  })
  const header = screen.getByRole('row').filter({ hasText: 'flux-dev: diffusers model' })
  await expect.element(header).toMatchTextContent(text)
})

test.each([1200, 540])(
  'every line has the height that the list computes with (%i px wide)',
  async (width) => {
    await page.viewport(width, 800)
    const group = { key: 'k1', name: 'flux-dev', kind: 'diffusers' } as const
    const one = row('Unet')
    const { screen, lines } = await openPage({
      rows: [failedRow('Broken'), { ...one, recognition: { ...one.recognition, group } }],
    })
    await expect.poll(lines).toHaveLength(6)
    const heightOf = (element: Element | null) => element?.getBoundingClientRect().height
    const shown = screen.container.querySelector('.shown')
    expect(heightOf(shown)).toBe(heightOf(screen.container.querySelector('.whole')))
  },
)
