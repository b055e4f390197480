import type { Component, ComponentProps } from 'svelte'
import { expect, test } from 'vitest'
import { render } from 'vitest-browser-svelte'
import { userEvent, type Locator } from 'vitest/browser'
import type { CallName } from '../../../electron/contract/calls.ts'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import { logDocumentOf } from '../../../electron/contract/upload-log.ts'
import { AppState, setAppState } from '../../../renderer/app/app-state.svelte.ts'
import { Departures } from '../../../renderer/app/departures.svelte.ts'
import { settledBridge } from '../../../renderer/bridge.ts'
import LazyView from '../../../renderer/ui/LazyView.svelte'
import ViewError from '../../../renderer/ui/ViewError.svelte'
import { fakeBridge, type Answers } from '../support/fake-bridge.ts'
import { listing, threeModels } from '../support/library.ts'
import { openPage, type OpenPage } from '../support/open-page.ts'
import {
  foundModel,
  foundPlace,
  foundView,
  need,
  patchOf,
  registeredRow,
  row,
  sendingRow,
  settings,
  signedIn,
  snapshotOf,
  team,
} from '../support/rows.ts'

/** How a call can fail: a rejected one, and the failures that main makes of connection and server. */
const causes: readonly (readonly [string, () => Promise<Result<never>>])[] = [
  ['rejected', () => Promise.reject(new Error('reply was never sent'))],
  ['timed out', async () => failed(failure('timed-out', { host: 'cyberun.example' }))],
  ['offline', async () => failed(failure('offline'))],
  ['401', async () => failed(failure('signed-out'))],
  ['403', async () => failed(failure('forbidden'))],
  ['500', async () => failed(failure('server-trouble', { status: 500 }))],
  ['HTML', async () => failed(failure('not-the-api'))],
]

type Answer<T> = () => Promise<Result<T>> | Result<T>

/** Answers as long as `isBroken` is false. */
function breakable<T>(fail: Answer<T>, answer: Answer<T>) {
  const state = { isBroken: true, answer: () => (state.isBroken ? fail() : answer()) }
  return state
}

const retryIn = (scope: Locator | OpenPage['screen']) => scope.getByRole('button', { name: 'Try again' })

const workflowView = {
  ...{ id: 'w', fileName: 'w.json', team, isLooking: false, libraryFailure: null, libraryListedAtMs: null },
  ...{ unseen: [], isUsualSeen: true, needs: [need('a.safetensors')] },
}
const openView = async ({ screen }: OpenPage, name: string) =>
  userEvent.click(screen.getByRole('button', { name, exact: true }))
async function openSettings({ screen }: OpenPage) {
  await userEvent.click(screen.getByRole('button', { name: 'More' }))
  await userEvent.click(screen.getByRole('menuitem', { name: 'Settings' }))
}

interface FailingView {
  readonly call: CallName
  readonly answer: Answer<unknown>
  readonly open: (page: OpenPage) => Promise<unknown>
  /** What is shown once the call succeeds. */
  readonly shown: (page: OpenPage) => Locator
  readonly more?: Answers
}

const views: Readonly<Record<string, FailingView>> = {
  window: {
    call: 'session',
    answer: () => success(signedIn()),
    open: async () => undefined,
    shown: ({ screen }) => screen.getByRole('main'),
  },
  'window without settings': {
    call: 'settings',
    answer: () => success(settings),
    open: async () => undefined,
    shown: ({ screen }) => screen.getByRole('main'),
  },
  uploads: {
    call: 'snapshot',
    answer: () => success(snapshotOf([row('Grain')])),
    open: async () => undefined,
    shown: ({ rowOf }) => rowOf('Grain'),
  },
  library: {
    call: 'library',
    answer: () => success(listing()),
    open: (page) => openView(page, 'Library'),
    shown: ({ rowOf }) => rowOf('Grain'),
  },
  history: {
    call: 'history',
    answer: () => success({ rows: [registeredRow('Grain')], nextBeforeMs: null }),
    open: (page) => openView(page, 'History'),
    shown: ({ rowOf }) => rowOf('Grain'),
  },
  'find my models': {
    call: 'findPlaces',
    answer: () => success(foundView([foundPlace('p')])),
    open: (page) => openView(page, 'Find my models…'),
    shown: ({ rowOf }) => rowOf('grain.safetensors'),
    more: { foundModels: () => success([foundModel('grain')]) },
  },
  'models of a place': {
    call: 'foundModels',
    answer: () => success([foundModel('grain')]),
    open: (page) => openView(page, 'Find my models…'),
    shown: ({ rowOf }) => rowOf('grain.safetensors'),
    more: { findPlaces: () => success(foundView([foundPlace('p')])) },
  },
  workflow: {
    call: 'workflow',
    answer: () => success(workflowView),
    open: async ({ emit }) => emit('added', { added: 0, refused: 0, skipped: [], workflow: 'w' }),
    shown: ({ screen }) => screen.getByRole('heading', { name: 'Models for w.json' }),
  },
  'watched folders': {
    call: 'watching',
    answer: () => success({ folders: [] }),
    open: openSettings,
    shown: ({ screen }) => screen.getByText('No watched folders.'),
  },
  'file managers': {
    call: 'fileManagers',
    answer: () => success([{ id: 'nautilus', isOn: false }]),
    open: openSettings,
    shown: ({ screen }) => screen.getByRole('switch', { name: /^Files context menu/ }),
  },
  updates: {
    call: 'update',
    answer: () => success({ kind: 'resting' }),
    open: openSettings,
    shown: ({ screen }) => screen.getByText('Automatic update checks are turned off.'),
  },
  'details of an upload': {
    call: 'watch',
    answer: () => success(null),
    open: ({ rowOf }) => userEvent.dblClick(rowOf('Flux'), { position: { x: 12, y: 12 } }),
    shown: ({ screen }) => screen.getByRole('heading', { name: 'Flux' }),
    more: { snapshot: () => success(snapshotOf([sendingRow('Flux')])) },
  },
  'log of an upload': {
    call: 'uploadLog',
    answer: () => success(logDocumentOf(row('Flux'), { events: [], speed: [] })),
    open: ({ rowOf }) => userEvent.dblClick(rowOf('Flux'), { position: { x: 12, y: 12 } }),
    shown: ({ screen }) => screen.getByRole('button', { name: 'Save log…' }),
    more: { snapshot: () => success(snapshotOf([row('Flux')])) },
  },
}

/** Every cause in one view, and one cause in each of the others: how a call fails makes no difference to a view. */
const cases = Object.entries(views).flatMap(([view, given], index) =>
  causes
    .filter((_cause, at) => view === 'library' || at === index % causes.length)
    .map(([cause, fail]) => ({ view, cause, fail, given })),
)

test.each(cases)('$view: says that loading failed ($cause), and Retry loads it', async ({ fail, given }) => {
  const call = breakable<never>(fail, given.answer as Answer<never>)
  const page = await openPage({ answers: { ...given.more, [given.call]: call.answer } as Answers })
  await given.open(page)
  await expect.element(retryIn(page.screen).first()).toBeVisible()
  call.isBroken = false
  await userEvent.click(retryIn(page.screen).first())
  await expect.element(given.shown(page)).toBeVisible()
  await expect.poll(() => retryIn(page.screen).elements()).toEqual([])
})

test('a failed refresh keeps the models, with their age and the reason', async () => {
  const call = breakable(
    async () => failed(failure('offline')),
    () => success(listing()),
  )
  call.isBroken = false
  const page = await openPage({ answers: { library: call.answer } })
  await openView(page, 'Library')
  await expect.element(page.rowOf('Grain')).toBeVisible()
  call.isBroken = true
  await userEvent.click(page.screen.getByRole('button', { name: 'Refresh' }))
  await expect.element(page.screen.getByText('No connection.', { exact: false })).toBeVisible()
  expect(page.lines()).toHaveLength(threeModels.length)
})

test('a failed refresh keeps the history; a failed search shows none of the former rows', async () => {
  const answer = () => success({ rows: [registeredRow('Grain')], nextBeforeMs: null })
  const call = breakable(async () => failed(failure('journal-trouble')), answer)
  call.isBroken = false
  const page = await openPage({ rows: [sendingRow('Flux')], answers: { history: call.answer } })
  await openView(page, 'History')
  await expect.element(page.rowOf('Grain')).toBeVisible()
  call.isBroken = true
  page.emit('patch', patchOf(2, [registeredRow('Flux')]))
  await expect.element(page.screen.getByText('This couldn’t be refreshed', { exact: false })).toBeVisible()
  await expect.element(page.rowOf('Grain')).toBeVisible()
  await userEvent.fill(page.screen.getByRole('textbox', { name: 'Search history' }), 'x')
  await expect.element(page.rowOf('Grain')).not.toBeInTheDocument()
  await expect.element(retryIn(page.screen)).toBeVisible()
})

test('the list of uploads stays when a gap in the patches can’t be closed', async () => {
  let sequence = 1
  const call = breakable(
    async () => failed(failure('unexpected')),
    () => success(snapshotOf([row('Grain')], sequence)),
  )
  call.isBroken = false
  const page = await openPage({ answers: { snapshot: call.answer } })
  await expect.element(page.rowOf('Grain')).toBeVisible()
  call.isBroken = true
  page.emit('patch', patchOf(9, [row('Flux')]))
  await expect.element(page.screen.getByText('This couldn’t be refreshed', { exact: false })).toBeVisible()
  await expect.element(page.rowOf('Grain')).toBeVisible()
  call.isBroken = false
  sequence = 9
  await userEvent.click(retryIn(page.screen))
  await expect.poll(() => retryIn(page.screen).elements()).toEqual([])
})

test('files in review that could not be loaded are not hidden', async () => {
  const call = breakable(
    async () => failed(failure('unexpected')),
    () => success([]),
  )
  const page = await openPage({ answers: { reviews: call.answer } })
  await expect
    .element(page.screen.getByText('Files may be waiting for your review', { exact: false }))
    .toBeVisible()
  call.isBroken = false
  await userEvent.click(retryIn(page.screen))
  await expect.poll(() => retryIn(page.screen).elements()).toEqual([])
})

test('a view whose file is missing says so, and opens once it can be loaded', async () => {
  let isMissing = true
  const shown = { failure: failure('offline'), onretry: () => undefined }
  const View: Component = (internals) => ViewError(internals, shown)
  const load = async () => {
    if (isMissing) throw new TypeError('Failed to fetch dynamically imported module')
    return { default: View }
  }
  const InApp: Component<ComponentProps<typeof LazyView>> = (internals, props) => {
    setAppState(new AppState(fakeBridge().bridge, new Departures()))
    return LazyView(internals, props)
  }
  const screen = await render(InApp, { props: { load }, context: new Map() })
  await expect.element(screen.getByText('This view couldn’t be opened', { exact: false })).toBeVisible()
  isMissing = false
  await userEvent.click(retryIn(screen))
  await expect.element(screen.getByText('offline', { exact: true })).toBeVisible()
})

test('a call that main does not answer fails, but not one that waits for the user', async () => {
  const never = () => new Promise<never>(() => undefined)
  const { bridge } = fakeBridge({ answers: { history: never, chooseFiles: never } })
  const settled = settledBridge(bridge, () => undefined, 5)
  const search = { beforeMs: null, search: '', limit: 1 }
  expect(await settled.history(search)).toMatchObject({ ok: false, failure: { code: 'unexpected' } })
  let isAnswered = false
  void settled.chooseFiles({ what: 'files' }).then(() => (isAnswered = true))
  await settled.history(search)
  expect(isAnswered).toBe(false)
})
