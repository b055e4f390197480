import { expect } from 'vitest'
import { userEvent } from 'vitest/browser'
import { failure, success } from '../../../../electron/contract/failures.ts'
import type { Conditions } from '../../../../electron/contract/conditions.ts'
import type { DeadlineView } from '../../../../electron/contract/deadline.ts'
import type { AddReport, UploadRow } from '../../../../electron/contract/uploads.ts'
import { defaultConditions, type Answers } from '../fake-bridge.ts'
import type { OpenPage } from '../open-page.ts'
import {
  account,
  failedRow,
  noonMs,
  otherTeam,
  patchOf,
  pathConflictRow,
  registeredRow,
  row,
  sendingRow,
  settings,
  signedIn,
  snapshotOf,
  team,
} from '../rows.ts'
import { opened, rowCorner, untilShown, type States } from './state.ts'

const inOrder = (rows: readonly UploadRow[]) => rows.map((one, position) => ({ ...one, position }))

export const mixedRows = inOrder([
  failedRow('Broken', failure('forbidden', { team: 'Aurora Studio' }, { serverMessage: 'viewer' }), {
    started: true,
    sentBytes: 200_000_000,
  }),
  sendingRow('Flux'),
  row('Later', { phase: 'retrying', started: true, failure: failure('offline'), sentBytes: 9 }),
  row('Grain'),
  row('Held', { phase: 'paused' }),
  registeredRow('Depth'),
])

/** The same while nothing is sent. */
const heldRows = mixedRows.map((one) =>
  one.id === 'Flux'
    ? { ...one, phase: 'waiting' as const, inFlightBytes: 0, bytesPerSecond: null, secondsLeft: null }
    : one,
)

const runningRows = inOrder([
  sendingRow('Juniper XL v4', { sizeBytes: 6_938_040_714, target: { modelType: 'checkpoints' } }),
  row('Checked now', { phase: 'checking' }),
  row('Finishing now', { phase: 'finishing', started: true, sentBytes: 1_000_000_000 }),
  row('Registering now', { phase: 'registering', started: true, sentBytes: 1_000_000_000 }),
  sendingRow('Being paused', {
    pausing: { isSingle: true, finishingParts: 2, unacknowledgedBytes: 50_000_000 },
  }),
])

const waitingRows = inOrder([
  row('For its turn', { phase: 'sending', started: true, sentBytes: 5, waitsForTurn: true }),
  row('In the queue'),
  row('Paused by hand', { phase: 'paused', started: true, sentBytes: 300_000_000 }),
  row('For its disk', { phase: 'retrying', failure: failure('disk-missing', { folder: '/media/models' }) }),
  row('For its duplicate', {
    phase: 'retrying',
    failure: failure('same-as-other', { name: 'In the queue' }),
  }),
  row('For the server', {
    phase: 'retrying',
    failure: failure('server-trouble', { status: 503 }, { retryAfterMs: 60_000 }),
    retryAtMs: noonMs + 60_000,
  }),
  failedRow('Still written', failure('file-being-written')),
])

const attentionRows = inOrder([
  failedRow('Cut short', failure('file-cut-short', { missingBytes: 4_000_000 })),
  failedRow('Web page', failure('file-web-page')),
  failedRow('Trap', failure('file-dangerous', { imports: 'os.system' })),
  pathConflictRow('Taken'),
  failedRow('Too large', failure('too-large-for-device', { sizeBytes: 6.8e9, limitBytes: 500e6 })),
  failedRow('No right', failure('forbidden', { team: 'Aurora Studio' }, { serverMessage: 'viewer' })),
  failedRow('Moved away', failure('file-missing')),
])

const doneRows = inOrder([
  registeredRow('Depth', { verification: { kind: 'verified', atMs: noonMs } }),
  registeredRow('Known before', {
    sentBytes: 0,
    already: { name: 'Theirs', path: 'models/loras/theirs.safetensors', status: 'disabled' },
  }),
  registeredRow('Replacing', {
    replaces: {
      modelId: 'm',
      name: 'Old',
      path: 'models/loras/o.safetensors',
      fate: 'disable',
      asidePath: null,
    },
  }),
  registeredRow('Different', {
    failure: failure('record-differs', { field: 'size', expected: 1_000_000_000, found: 999 }),
    verification: {
      kind: 'differs',
      differences: [{ field: 'size', expected: '1000000000', found: '999' }],
      atMs: noonMs,
    },
  }),
])

/** A name as long as the server allows, one without a place to break, and names written from right to left. */
const longName = 'A very long name of a model that was trained for many hours on the harbour at dawn '.repeat(
  3,
)
const unusualRows = inOrder([
  sendingRow(longName.trim(), { fileName: `${longName.trim()}.safetensors`, folder: 'loras/'.repeat(20) }),
  row('W'.repeat(200), { target: { modelType: 'a_type_with_an_unusually_long_name_of_50_characters' } }),
  row('نموذج الميناء عند الفجر', { target: { modelPath: 'models/loras/نموذج الميناء.safetensors' } }),
  row('דגם הנמל עם שחר v2 (fp16)'),
  row('港口黎明时分的高分辨率写实风格模型'.repeat(5)),
  failedRow(
    'B'.repeat(120),
    failure('forbidden', { team: 'T'.repeat(90) }, { serverMessage: 'no '.repeat(60) }),
  ),
  registeredRow('Depth', { team: { id: otherTeam.id, name: '北方工作室的模型训练与发布团队'.repeat(4) } }),
])

const groupOf = (key: string) => ({ key, name: 'Lumina diffusers', kind: 'diffusers' }) as const
const partOf = (name: string, change: Parameters<typeof row>[1] = {}) => {
  const one = row(name, change)
  return { ...one, recognition: { ...one.recognition, group: groupOf('lumina') } }
}

const teamRows = inOrder([
  row('Grain'),
  sendingRow('Flux', { team: otherTeam }),
  row('Depth', { team: otherTeam }),
  failedRow('Broken', failure('file-cut-short', { missingBytes: 5 })),
])

const holding = (change: Partial<Conditions>) => ({
  conditions: () => success({ ...defaultConditions, ...change }),
})

const tomorrowMs = noonMs + 24 * 3_600_000
const late: DeadlineView = {
  atMs: tomorrowMs,
  state: 'late',
  doneAtMs: tomorrowMs + 33 * 60_000,
  suggestions: [
    { kind: 'move-up', id: 'Grain', name: 'Grain', doneAtMs: tomorrowMs - 15 * 60_000 },
    { kind: 'leave-out', ids: ['Grain', 'Held'], leftBytes: 41e9, doneAtMs: tomorrowMs - 5 * 60_000 },
  ],
}

const report: AddReport = { added: 1, refused: 0, skipped: [], drop: 'drop-1', newIds: ['Flux'] }

/** Presses Enter on a button, which must be on the page. */
async function press({ screen }: OpenPage, name: string | RegExp): Promise<void> {
  const button = screen.getByRole('button', { name }).first()
  await expect.element(button).toBeVisible()
  ;(button.element() as HTMLElement).focus()
  await userEvent.keyboard('{Enter}')
}

async function openMenu(page: OpenPage, name: string | RegExp): Promise<void> {
  await press(page, name)
  await expect.element(page.screen.getByRole('menu')).toBeVisible()
}

async function selectAll({ rowOf }: OpenPage, name: string): Promise<void> {
  await userEvent.click(rowOf(name), rowCorner)
  await userEvent.keyboard('{Control>}a{/Control}')
}

/** Drags a file over an element. */
async function dragOver(target: () => Element): Promise<void> {
  const dataTransfer = new DataTransfer()
  dataTransfer.items.add(new File(['x'], 'flux.safetensors'))
  await expect.poll(() => document.querySelector('main')).not.toBeNull()
  target().dispatchEvent(new DragEvent('dragover', { dataTransfer, bubbles: true, cancelable: true }))
}

const everyReason = opened(
  {
    rows: waitingRows,
    answers: holding({ hold: { kind: 'quiet-hours', untilMs: noonMs + 3_600_000 } }),
  },
  async ({ screen }) => expect.element(screen.getByRole('button', { name: 'Upload anyway' })).toBeVisible(),
)

/** Everything that has a message, of which the most important one is shown. */
export const everyMessage: Answers = {
  session: () =>
    success({
      ...signedIn(account(), account({ id: 'account-2', email: 'old@aurora.example', state: 'signed-out' })),
      sealed: failure('sealed-key-missing'),
    }),
  snapshot: () =>
    success({
      ...snapshotOf([{ ...row('Offered'), offeredType: 'vae' }, ...mixedRows]),
      journalSetAside: 'queue.db.old',
    }),
  waitingFiles: () => success({ count: 3, names: ['a.gguf', 'b.gguf'], hasFolders: true, failure: null }),
  update: () => success({ kind: 'ready', version: '1.1.0' }),
}

/** The list of uploads and the message above it. */
export const listStates: States = {
  empty: opened({}, async ({ screen }) => {
    await expect.element(screen.getByText('Drop model files here', { exact: false })).toBeVisible()
  }),
  'empty, no team chosen': opened(
    { answers: { session: () => success({ ...signedIn(), chosen: null }) } },
    async ({ screen }) => {
      await expect.element(screen.getByRole('button', { name: 'Choose team' }).first()).toBeVisible()
    },
  ),
  'the queue can’t be read': opened(
    {
      answers: { snapshot: () => ({ ok: false, failure: failure('journal-trouble') }) },
    },
    async ({ screen }) => expect.element(screen.getByRole('main').getByRole('alert')).toBeVisible(),
  ),
  'running uploads': opened({ rows: runningRows }, async (page) => {
    const { emit } = page
    await untilShown('Juniper')(page)
    const totals = { ...snapshotOf(runningRows).totals, bytesPerSecond: 42_000_000, secondsLeft: 9_000 }
    const speed = { stepMs: 1_000, points: [30e6, 42e6, 39e6, 44e6, 12e6, 42e6] }
    emit('flow', { speed, streamsInUse: 12, streamsLimit: 16 })
    emit('patch', { ...patchOf(2, []), totals })
    await untilShown('Uploading · about 2 h 30 min left')(page)
  }),
  'waiting for each reason, on hold by quiet hours': everyReason,
  'waiting for the connection': opened({ rows: heldRows }, async (page) => {
    await untilShown('Flux')(page)
    page.emit('patch', { ...patchOf(2, []), totals: snapshotOf(heldRows).totals, line: 'offline' })
    await untilShown('resume automatically')(page)
  }),
  'waiting for a sign-in': opened(
    { rows: mixedRows, answers: { session: () => success(signedIn(account({ state: 'signed-out' }))) } },
    async ({ screen }) => expect.element(screen.getByRole('button', { name: 'Sign in' })).toBeVisible(),
  ),
  'on hold by the battery, with an action when done': opened(
    {
      rows: heldRows,
      answers: holding({
        hold: { kind: 'battery', percent: 18, belowPercent: 30 },
        power: { isOnBattery: true, percent: 18 },
        whenDone: 'sleep',
        ending: { atMs: Date.now() + 60_000, sent: 3, needsYou: 1, inReview: 0 },
      }),
    },
    async (page) => {
      await untilShown('with the charger')(page)
      await untilShown('Grain')(page)
    },
  ),
  'done, but an open review keeps the computer awake': opened(
    {
      rows: doneRows.slice(0, 1),
      answers: holding({
        whenDone: 'sleep',
        ending: { atMs: Date.now() + 60_000, sent: 1, needsYou: 0, inReview: 2 },
      }),
    },
    untilShown('2 files wait for your review'),
  ),
  'on hold on a metered network': opened(
    {
      rows: heldRows,
      answers: holding({ hold: { kind: 'metered', line: { id: 'line-1', name: 'Mira’s phone' } } }),
    },
    untilShown('on another connection'),
  ),
  'everything paused': opened({ rows: mixedRows.filter(({ id }) => id !== 'Flux') }, async (page) => {
    await untilShown('Grain')(page)
    page.emit('patch', { ...patchOf(2, []), totals: snapshotOf(mixedRows.slice(2)).totals, allPaused: true })
    await untilShown('Paused · ')(page)
  }),
  'needs attention for each reason': opened({ rows: attentionRows }, untilShown('Cut short')),
  'done today, also different and already known': opened({ rows: doneRows }, untilShown('Known before')),
  'a finished batch': opened(
    { rows: ['Flux', 'Grain', 'Depth'].map((name) => sendingRow(name)) },
    async (page) => {
      page.emit(
        'patch',
        patchOf(
          2,
          ['Flux', 'Grain', 'Depth'].map((name) => registeredRow(name)),
        ),
      )
      await untilShown('3 models are in')(page)
    },
  ),
  'several teams': opened({ rows: teamRows }, untilShown('Night Lab')),
  'filtered to one of several teams': opened({ rows: teamRows }, async ({ screen, emit }) => {
    emit('command', 'find')
    await userEvent.click(screen.getByRole('button', { name: 'Team: All teams' }))
    await userEvent.click(screen.getByRole('menuitemradio', { name: otherTeam.name }))
    await expect.element(screen.getByText(`Showing only ${otherTeam.name}`)).toBeVisible()
  }),
  'a model of several files': opened(
    {
      rows: inOrder([
        partOf('unet', { phase: 'sending', started: true, sentBytes: 5e8 }),
        partOf('vae'),
        partOf('text_encoder', { phase: 'registered', finishedAtMs: noonMs }),
      ]),
    },
    untilShown('text_encoder'),
  ),
  'very long names, and names from right to left': opened({ rows: unusualRows }, untilShown('נמל')),
  'dense rows': opened(
    {
      rows: unusualRows,
      answers: { settings: () => success({ ...settings, dense: true }) },
    },
    untilShown('נמל'),
  ),
  'a search without results': opened({ rows: mixedRows }, async ({ screen, emit }) => {
    emit('command', 'find')
    await userEvent.fill(screen.getByRole('textbox', { name: 'Search uploads' }), 'nothing')
    await expect.element(screen.getByText('No matches.')).toBeVisible()
  }),
  'several selected, with a report and a search': opened({ rows: mixedRows }, async (page) => {
    const { rowOf, screen, emit } = page
    emit('command', 'find')
    emit('added', { added: 2, refused: 1, skipped: [{ name: 'a.txt', reason: 'junk' }] })
    await userEvent.click(screen.getByRole('button', { name: '1 not added' }))
    await userEvent.dblClick(rowOf('Flux'), rowCorner)
    await userEvent.keyboard('{Control>}a{/Control}')
    await expect.element(screen.getByRole('toolbar')).toBeVisible()
  }),
  'a message': opened({ answers: everyMessage }, untilShown('3 items')),
}

/** Popovers, menus, dialogs and notices over the list. */
export const overlayStates: States = {
  'an invalid library path in a row': opened({ rows: mixedRows }, async ({ rowOf, screen }) => {
    await userEvent.click(rowOf('Grain').getByRole('button', { name: /^Library path/ }))
    await userEvent.fill(screen.getByRole('textbox', { name: 'Library path' }), '/no')
    await expect.element(screen.getByText('Remove the slash', { exact: false })).toBeVisible()
  }),
  'the list of types': opened({ rows: mixedRows }, async ({ rowOf, screen }) => {
    await userEvent.click(rowOf('Grain').getByRole('button', { name: /^Name/ }))
    await userEvent.click(rowOf('Grain').getByRole('button', { name: /^Type/ }))
    await userEvent.keyboard('{ArrowDown}')
    await expect.poll(() => screen.getByRole('option').elements().length).toBeGreaterThan(5)
  }),
  'the question before cancelling': opened({ rows: mixedRows }, async ({ rowOf, screen }) => {
    await userEvent.click(rowOf('Flux').getByRole('button', { name: /^Cancel upload/ }))
    await expect.element(screen.getByRole('button', { name: 'Keep' })).toBeVisible()
  }),
  'the keyboard shortcuts': opened({ rows: mixedRows }, async ({ screen, emit }) => {
    emit('command', 'show-shortcuts')
    await expect.element(screen.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible()
  }),
  'team picker open': opened({ rows: mixedRows }, async (page) => {
    await press(page, /^Team:/)
    await expect.element(page.screen.getByRole('menu', { name: /^Team/ })).toBeVisible()
  }),
  'the menu Add': opened({ rows: mixedRows }, (page) => openMenu(page, 'Add')),
  'the main menu': opened({ rows: mixedRows }, (page) => openMenu(page, 'More')),
  'the order of the list': opened({ rows: mixedRows }, (page) => openMenu(page, /^Sort by/)),
  'the speed limit': opened({ rows: mixedRows }, async (page) => {
    await press(page, /^Speed limit/)
    await untilShown('No limit')(page)
  }),
  'the deadline': opened({ rows: mixedRows }, async (page) => {
    await press(page, 'Set deadline')
    await untilShown('Finish all uploads by…')(page)
  }),
  'a deadline that can’t be met': opened(
    {
      rows: mixedRows,
      answers: {
        deadline: () => success(late),
        settings: () => success({ ...settings, deadlineMs: late.atMs }),
      },
    },
    async (page) => {
      await press(page, /^Deadline/)
      await expect.element(page.screen.getByRole('button', { name: 'Clear' })).toBeVisible()
    },
  ),
  'the menu of a row': opened({ rows: mixedRows }, async (page) => {
    await userEvent.click(page.rowOf('Grain'), rowCorner)
    await userEvent.keyboard('{Shift>}{F10}{/Shift}')
    await expect.element(page.screen.getByRole('menu')).toBeVisible()
  }),
  'several uploads being edited': opened({ rows: mixedRows }, async (page) => {
    await selectAll(page, 'Grain')
    await userEvent.click(page.screen.getByRole('button', { name: 'Edit type, path and names…' }))
    await userEvent.fill(page.screen.getByLabelText('File name'), 'same.{ext}')
    await expect.element(page.screen.getByText('Can’t be changed (', { exact: false })).toBeVisible()
  }),
  'the question which team to add to': opened({ rows: [row('Grain')] }, async ({ rowOf, screen }) => {
    await userEvent.click(rowOf('Grain'), { button: 'right', position: rowCorner.position })
    await userEvent.click(screen.getByRole('menuitem', { name: 'Also add to team…' }))
    await expect.element(screen.getByRole('dialog')).toBeVisible()
  }),
  'files dragged over the window': opened({}, async (page) => {
    await dragOver(() => document.body)
    await untilShown('Drop to')(page)
  }),
  'files dragged over the team picker': opened({ rows: mixedRows }, async ({ screen }) => {
    await dragOver(() => screen.getByRole('button', { name: `Team: ${team.name}` }).element())
    const item = screen.getByRole('menuitemradio', { name: new RegExp(`^${otherTeam.name}`) })
    await expect.element(item).toBeVisible()
    await dragOver(() => item.element())
  }),
  '3,000 files being read': opened({}, async (page) => {
    page.emit('reading', { foundCount: 1_240, checkedCount: null })
    await untilShown('Reading folder')(page)
  }),
  'a file that the library had': opened({ rows: [row('Grain')] }, async (page) => {
    page.emit('added', { added: 1, refused: 0, skipped: [], drop: 'drop-1', newIds: ['Grain'] })
    const already = { name: 'Grain', path: null, status: 'active' } as const
    page.emit('patch', patchOf(2, [registeredRow('Grain', { already })]))
    await untilShown('Already in')(page)
  }),
  'an added file with Undo, and failures': opened(
    { rows: mixedRows, answers: { chooseFiles: () => ({ ok: false, failure: failure('journal-full') }) } },
    async ({ screen, emit }) => {
      emit('added', report)
      emit('command', 'choose-files')
      await expect.element(screen.getByRole('button', { name: 'Undo' })).toBeVisible()
      await expect.element(screen.getByRole('alert').filter({ hasText: 'is full' })).toBeVisible()
    },
  ),
}
