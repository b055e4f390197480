import { expect, onTestFinished, test, vi } from 'vitest'
import { userEvent } from 'vitest/browser'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import type { AddReport } from '../../../electron/contract/uploads.ts'
import { openPage, type OpenPage } from '../support/open-page.ts'
import { patchOf, registeredRow, row, sendingRow, signedIn } from '../support/rows.ts'

const skipping = (name: string): AddReport => ({
  added: 0,
  refused: 0,
  skipped: [
    { name, reason: 'junk' },
    { name: `other ${name}`, reason: 'junk' },
  ],
})

test('failures stay side by side until closed, each one once', async () => {
  const answers = [failure('journal-full'), failure('unexpected'), failure('unexpected')]
  const { screen, emit } = await openPage({
    answers: { chooseFiles: () => failed(answers.shift() ?? failure('bad-call')) },
  })
  for (let times = 0; times < 3; times += 1) emit('command', 'choose-files')
  const alerts = screen.getByRole('alert').filter({ hasText: /went wrong|is full/ })
  await expect.poll(() => alerts.elements()).toHaveLength(2)
  await userEvent.click(alerts.first().getByRole('button', { name: 'Close' }))
  await expect.element(alerts).toMatchTextContent('Something went wrong in Modelferry')
})

test('a newer report does not replace one whose list is open', async () => {
  const { screen, emit } = await openPage()
  emit('added', skipping('mine.txt'))
  await userEvent.click(screen.getByRole('button', { name: '2 not added' }))
  const list = screen.getByRole('list', { name: 'Files that weren’t added' })
  emit('added', skipping('watched.txt'))
  await expect.poll(() => screen.getByRole('button', { name: '2 not added' }).elements()).toHaveLength(2)
  await expect.element(list).toMatchTextContent('mine.txt')
  emit('added', skipping('watched again.txt'))
  await userEvent.click(screen.getByRole('button', { name: '2 not added' }).last())
  await expect.element(list.last()).toMatchTextContent('watched again.txt')
  expect(screen.getByRole('button', { name: '2 not added' }).elements()).toHaveLength(2)
})

test('says that files skipped after they had been queued are not in the library, and why', async () => {
  const { screen, emit } = await openPage()
  const skipped = [{ name: 'mine.safetensors', reason: 'path-taken' }]
  emit('added', { added: 0, refused: 0, skipped, wereQueued: true })
  const notice = screen.getByRole('status').filter({ hasText: 'removed from the list' })
  await expect
    .element(notice)
    .toMatchTextContent('1 file was removed from the list and not added to the library.')
  await userEvent.click(notice.getByRole('button', { name: '1 not added' }))
  const list = screen.getByRole('list', { name: 'Files that weren’t added' })
  await expect.element(list).toMatchTextContent('mine.safetensors')
  await expect.element(list).toMatchTextContent('Another model already uses its library path')
})

const started: AddReport = { added: 1, refused: 0, skipped: [], drop: 'drop-1', newIds: ['Flux'] }

test('a file that starts at once can be taken back until it is registered', async () => {
  const { screen, emit, asked } = await openPage({
    rows: [sendingRow('Flux', { sentBytes: 0, inFlightBytes: 10_000_000 })],
    answers: { undoAdd: () => success(['Flux']) },
  })
  emit('added', started)
  const notice = screen.getByText('Flux.safetensors was added to the queue for Aurora Studio.', {
    exact: false,
  })
  await expect.element(notice).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Undo' }))
  expect(asked).toEqual([{ name: 'undoAdd', args: { drop: 'drop-1' } }])
  await expect.element(screen.getByText('1 upload removed.')).toBeVisible()
  await expect.poll(() => notice.elements()).toEqual([])

  emit('added', started)
  await expect.element(screen.getByRole('button', { name: 'Undo' })).toBeVisible()
  emit('patch', patchOf(2, [registeredRow('Flux')]))
  await expect.poll(() => screen.getByRole('button', { name: 'Undo' }).elements()).toEqual([])
})

const already = { name: 'Known', path: null, status: 'active' } as const

test.each([
  ['after', ['report', 'patch']],
  ['before', ['patch', 'report']],
] as const)(
  'files that the library had are named once, if they are found %s their report',
  async (_, order) => {
    const { screen, emit } = await openPage({ rows: [row('Flux'), row('Grain')] })
    const events = {
      report: () => emit('added', { ...started, added: 2, newIds: ['Flux', 'Grain'] }),
      patch: () =>
        emit(
          'patch',
          patchOf(
            2,
            ['Flux', 'Grain'].map((name) => registeredRow(name, { already })),
          ),
        ),
    }
    for (const event of order) events[event]()
    await expect.element(screen.getByText('Already in Aurora Studio.', { exact: false })).toBeVisible()
    await expect.poll(() => screen.getByText(/added/).elements()).toEqual([])
  },
)

test('a file that the library had, and a broken one, are named, with a way to them', async () => {
  const broken = row('Grain', { phase: 'failed', failure: failure('file-empty') })
  const { screen, emit, asked } = await openPage({ rows: [row('Flux'), broken] })
  emit('added', started)
  emit('patch', patchOf(2, [registeredRow('Flux', { already })]))
  await expect.element(screen.getByText('Already in Aurora Studio.', { exact: false })).toBeVisible()
  await expect.element(screen.getByRole('button', { name: 'Undo' })).not.toBeInTheDocument()
  await userEvent.click(screen.getByRole('button', { name: 'Show', exact: true }))
  await expect.poll(() => asked.map(({ name }) => name)).toContain('library')

  emit('added', { added: 0, refused: 1, skipped: [], drop: 'drop-2', newIds: ['Grain'] })
  await expect
    .element(screen.getByText('Grain.safetensors can’t be uploaded.', { exact: false }))
    .toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Show', exact: true }))
  await expect.poll(() => document.activeElement?.getAttribute('data-id')).toBe('Grain')
})

test('Undo of a drop asks before discarding sent bytes', async () => {
  const { screen, emit, asked } = await openPage({ rows: [sendingRow('Flux')] })
  emit('command', 'show-history')
  emit('added', started)
  await userEvent.click(screen.getByRole('button', { name: 'Undo' }))
  const question = screen.getByRole('group', { name: 'Cancel upload?' })
  await expect.element(question.getByRole('button', { name: 'Keep' })).toHaveFocus()
  expect(asked.map(({ name }) => name)).not.toContain('undoAdd')
  await userEvent.click(question.getByRole('button', { name: 'Cancel upload' }))
  await expect.poll(() => asked.at(-1)).toEqual({ name: 'cancel', args: { ids: ['Flux'] } })
})

test('Undo of an approval asks on the rows whether to return them to the review', async () => {
  const { screen, emit, asked } = await openPage({
    rows: [sendingRow('Flux'), row('Grain')],
    answers: { undoAdd: () => success(['Flux', 'Grain']) },
  })
  emit('added', { ...started, added: 2, newIds: ['Flux', 'Grain'], isApproval: true })
  await userEvent.click(screen.getByRole('button', { name: 'Undo' }))
  const question = screen.getByRole('group', { name: 'Undo' })
  await expect.element(question).toMatchTextContent('Return 2 files to the review?')
  await userEvent.click(question.getByRole('button', { name: 'Return to review' }))
  expect(asked).toEqual([{ name: 'undoAdd', args: { drop: 'drop-1' } }])
  await expect.poll(() => question.elements()).toEqual([])
  await expect.poll(() => screen.getByRole('button', { name: 'Undo' }).elements()).toEqual([])
})

test('the Undo of a drop stays until its last upload is registered, and then only what was skipped', async () => {
  const { screen, emit } = await openPage({ rows: [sendingRow('Flux', { sentBytes: 0 }), row('Grain')] })
  emit('added', { ...started, skipped: skipping('a.txt').skipped, newIds: ['Flux', 'Grain'] })
  emit('patch', patchOf(2, [registeredRow('Grain')]))
  await expect.element(screen.getByText('In the library', { exact: false }).first()).toBeVisible()
  await expect.element(screen.getByRole('button', { name: 'Undo' })).toBeVisible()
  emit('patch', patchOf(3, [registeredRow('Flux')]))
  await expect.poll(() => screen.getByRole('button', { name: 'Undo' }).elements()).toEqual([])
  await expect.element(screen.getByRole('button', { name: '2 not added' })).toBeVisible()
  expect(screen.getByText(/added\./).elements()).toEqual([])
})

test('Ctrl+Z asks before it undoes a drop that has sent bytes, and undoes nothing older', async () => {
  const { screen, emit, asked, rowOf } = await openPage({ rows: [row('Grain'), sendingRow('Flux')] })
  await userEvent.click(rowOf('Grain').getByRole('button', { name: 'Cancel upload: Grain' }))
  emit('added', started)
  await expect.poll(() => screen.getByRole('button', { name: 'Undo' }).elements()).toHaveLength(1)
  await userEvent.keyboard('{Control>}z{/Control}')
  const question = screen.getByRole('group', { name: 'Cancel upload?' })
  await userEvent.click(question.getByRole('button', { name: 'Keep' }))
  expect(asked.map(({ name }) => name)).toEqual(['cancel'])
  // The user may change their mind.
  await expect.element(screen.getByRole('button', { name: 'Undo' })).toBeVisible()
})

test('Ctrl+Z undoes the latest removal, but not while a text is edited', async () => {
  const { emit, asked, rowOf } = await openPage({ rows: [row('Grain'), row('Flux')] })
  await userEvent.click(rowOf('Grain').getByRole('button', { name: 'Cancel upload: Grain' }))
  await expect.poll(() => asked.length).toBe(1)
  await userEvent.click(rowOf('Flux').getByRole('button', { name: /^Library path/ }))
  await userEvent.keyboard('{Control>}z{/Control}')
  await userEvent.keyboard('{Escape}')
  expect(asked.map(({ name }) => name)).toEqual(['cancel'])
  await userEvent.keyboard('{Control>}z{/Control}')
  await expect.poll(() => asked.at(-1)).toEqual({ name: 'undoRemove', args: { ids: ['Grain'] } })
  await userEvent.keyboard('{Control>}z{/Control}')
  emit('command', 'show-uploads')
  expect(asked.map(({ name }) => name)).toEqual(['cancel', 'undoRemove'])
})

test('only the latest removal can be undone', async () => {
  const names = ['Grain', 'Flux', 'Depth']
  const { screen, asked, rowOf } = await openPage({ rows: names.map((name) => row(name)) })
  for (const name of names)
    await userEvent.click(rowOf(name).getByRole('button', { name: `Cancel upload: ${name}` }))
  await expect.poll(() => asked.length).toBe(3)
  await expect.poll(() => screen.getByRole('button', { name: 'Undo' }).elements()).toHaveLength(1)
  await userEvent.keyboard('{Control>}zz{/Control}')
  await expect.poll(() => asked.slice(3)).toEqual([{ name: 'undoRemove', args: { ids: ['Depth'] } }])
  expect(screen.getByRole('button', { name: 'Undo' }).elements()).toEqual([])
})

const undoButtons = ({ screen }: OpenPage) => screen.getByRole('button', { name: 'Undo' }).elements()
const undone = ({ asked }: OpenPage, call: 'undoRemove' | 'undoAdd') =>
  asked.filter(({ name }) => name === call).map(({ args }) => args)

test('an Undo of a removal that failed can be repeated until it succeeds', async () => {
  const answers = [failed(failure('journal-full')), success(['Grain'])]
  const page = await openPage({
    rows: [row('Grain')],
    answers: { undoRemove: () => answers.shift() ?? failed(failure('bad-call')) },
  })
  await userEvent.click(page.rowOf('Grain').getByRole('button', { name: 'Cancel upload: Grain' }))
  await userEvent.click(page.screen.getByRole('button', { name: 'Undo' }))
  await expect.element(page.screen.getByRole('alert').filter({ hasText: 'is full' })).toBeVisible()
  await userEvent.click(page.screen.getByRole('button', { name: 'Undo' }))
  await expect.poll(() => undoButtons(page)).toEqual([])
  expect(undone(page, 'undoRemove')).toEqual([{ ids: ['Grain'] }, { ids: ['Grain'] }])
})

test.each([
  ['can be repeated after a failure', 'journal-full', 'is full', 1],
  ['can’t be repeated when it is too late', 'undo-too-late', 'already in the library', 0],
] as const)('an Undo of a drop %s', async (_, code, text, leftCount) => {
  const page = await openPage({
    rows: [row('Flux')],
    answers: { undoAdd: () => failed(failure(code)) },
  })
  page.emit('added', started)
  await userEvent.click(page.screen.getByRole('button', { name: 'Undo' }))
  await expect.element(page.screen.getByRole('alert').filter({ hasText: text })).toBeVisible()
  await expect.poll(() => undoButtons(page)).toHaveLength(leftCount)
  expect(undone(page, 'undoAdd')).toHaveLength(1)
})

test.each([
  ['check-updates', 'checkForUpdate'],
  ['check-connection', 'checkConnection'],
] as const)('reports %s if it can’t start', async (command, call) => {
  const { screen, emit } = await openPage({ answers: { [call]: () => failed(failure('unexpected')) } })
  emit('command', command)
  await expect.element(screen.getByText('Something went wrong in Modelferry', { exact: false })).toBeVisible()
})

const proxy = { proxy: 'http://proxy.example:3128', wasRefused: false }

test.each(['Sign in to proxy', 'Not now'])(
  'shows failures of the proxy dialog in the dialog (%s)',
  async (name) => {
    const trouble = () => failed(failure('unexpected'))
    const { screen } = await openPage({
      answers: {
        session: () => success({ ...signedIn(), proxy }),
        signInToProxy: trouble,
        leaveProxy: trouble,
      },
    })
    const dialog = screen.getByRole('dialog')
    await userEvent.fill(dialog.getByLabelText('Proxy user name'), 'mira')
    await userEvent.click(dialog.getByRole('button', { name }))
    await expect.element(dialog.getByRole('alert')).toMatchTextContent('Something went wrong')
  },
)

test('shows files being read with a Stop, and which folder or file added nothing', async () => {
  const { screen, emit, asked } = await openPage({ answers: { stopReading: () => success(true) } })
  emit('reading', { foundCount: 1240, checkedCount: null })
  await expect.element(screen.getByText('Reading folder… 1,240 files', { exact: false })).toBeVisible()
  emit('reading', { foundCount: 1240, checkedCount: 310 })
  await expect.element(screen.getByText('Checking 310 of 1,240 files', { exact: false })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Stop' }))
  expect(asked).toEqual([{ name: 'stopReading', args: undefined }])
  await expect.element(screen.getByText('Reading stopped. Nothing was added.')).toBeVisible()
  emit('reading', null)
  await expect.element(screen.getByText('Checking 310', { exact: false })).not.toBeInTheDocument()

  emit('added', { added: 0, refused: 0, skipped: [], emptyFolder: 'Holiday' })
  await expect.element(screen.getByText('No models in Holiday.', { exact: false })).toBeVisible()
  emit('added', { added: 0, refused: 0, skipped: [{ name: 'cat.png', reason: 'no-workflow' }] })
  const notice = screen.getByRole('status').filter({ hasText: 'cat.png' })
  await expect.element(notice).toMatchTextContent('No model or ComfyUI workflow in this file')
})

test('a batch ends with a way to its models, those of one team in the library', async () => {
  const uploads = ['Flux', 'Grain', 'Depth'].map((name) => sendingRow(name))
  const { screen, emit, asked } = await openPage({ rows: uploads })
  const notice = screen.getByText('2 models are in Aurora Studio', { exact: false }).first()
  emit('patch', patchOf(2, [registeredRow('Flux'), sendingRow('Grain'), sendingRow('Depth')]))
  emit('patch', patchOf(3, [registeredRow('Depth', { already }), sendingRow('Grain')]))
  await expect.element(notice).not.toBeInTheDocument()
  emit('patch', patchOf(4, [registeredRow('Grain')]))
  await expect.element(notice).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'View' }))
  await expect.poll(() => asked.map(({ name }) => name)).toContain('library')
})

test('a notice with Undo ends after a while, but not while it is used or can’t be seen', async () => {
  const isHidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(false)
  const timers = vi.spyOn(window, 'setInterval')
  onTestFinished(() => void vi.restoreAllMocks())
  const { screen, asked, rowOf } = await openPage({ rows: [row('Grain'), row('Flux')] })
  const pass = (seconds: number) => {
    const [tick, stepMs = 0] = timers.mock.calls.at(-1) ?? []
    if (typeof tick !== 'function') throw new Error('no timer runs')
    for (let ms = 0; ms < seconds * 1_000; ms += stepMs) tick()
  }
  const undo = screen.getByRole('button', { name: 'Undo' })
  await userEvent.click(rowOf('Grain').getByRole('button', { name: 'Cancel upload: Grain' }))
  await expect.element(undo).toBeVisible()
  await userEvent.hover(undo)
  pass(120)
  await userEvent.hover(rowOf('Flux'))
  ;(undo.element() as HTMLElement).focus()
  pass(120)
  ;(undo.element() as HTMLElement).blur()
  isHidden.mockReturnValue(true)
  pass(120)
  isHidden.mockReturnValue(false)
  pass(15)
  await expect.element(undo).toBeVisible()
  pass(5)
  await expect.element(undo).not.toBeInTheDocument()
  await userEvent.keyboard('{Control>}z{/Control}')
  expect(asked.map(({ name }) => name)).toEqual(['cancel'])
})
