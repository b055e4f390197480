import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import type { SessionView } from '../../../electron/contract/account.ts'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import { createDesktopHandlers } from '../../../electron/desktop/desktop-handlers.ts'
import { createLanguage } from '../../../electron/desktop/settings/language.ts'
import type { Dialogs } from '../../../electron/desktop/window/dialogs.ts'
import { clipboard } from '../../electron-host/desktop.ts'
import { host } from '../../electron-host/state.ts'
import { fakeEngine } from '../../support/fake-engine.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { memorySettings } from '../../support/memory-settings.ts'

const server = 'https://models.example/api/v1'
const startMs = Date.UTC(2026, 0, 2, 3, 4, 5)
const needs = [
  { id: 'n1', isFolder: false },
  { id: 'n2', isFolder: true },
]
const workflow = { id: 'w1', needs } as never
const report = { added: 1, refused: 0, skipped: [] }
const approval = { approvedCount: 1 }

afterEach(() => void vi.useRealTimers())

/** The calls of an app whose user picks these paths, and what they asked for, in order. */
function setup(
  given: {
    readonly picked?: readonly string[]
    readonly pairing?: string
    readonly isFocused?: boolean
    readonly locateModel?: () => Promise<ReturnType<typeof failed>>
  } = {},
) {
  const called: unknown[][] = []
  const record =
    <T>(name: string, answer: T) =>
    async (...words: unknown[]) => {
      called.push([name, ...words])
      return answer
    }
  const recordBothEnds = (name: string) => async () => {
    called.push([name])
    await nextTurn()
    called.push([`${name} is done`])
  }
  const settings = memorySettings({ server })
  const { log, lines } = createTestEnvironment(standingClock())
  const confirmSending = async () => true
  const pairing = given.pairing === undefined ? null : { address: given.pairing }
  const handlers = createDesktopHandlers({
    engine: fakeEngine({
      add: record('add', success(report)),
      addCompanions: record('addCompanions', success(report)),
      addFound: record('addFound', success(report)),
      approveReview: record('approveReview', success(approval)),
      workflows: {
        view: (id) => (id === 'w1' ? workflow : null),
        enqueueModels: record('enqueueModels', success(report)),
        locateModel: async (...words) => {
          called.push(['locateModel', ...words])
          return (given.locateModel?.() ?? success(undefined)) as never
        },
        searchFolder: record('searchFolder', undefined),
      },
      session: () => ({ pairing }) as unknown as SessionView,
      keychainChanged: recordBothEnds('keychainChanged'),
      fileOf: (id) => (id === 'a' ? import.meta.filename : null),
    }),
    secretStore: { recheck: recordBothEnds('recheck') as never },
    settings,
    language: createLanguage(settings),
    dialogs: {
      confirmSending,
      async pickPaths(what: string) {
        called.push(['pickPaths', what])
        return given.picked ?? []
      },
    } as unknown as Dialogs,
    window: { isFocused: () => given.isFocused ?? true },
    mayCheck: () => false,
    log,
  })
  const eventsBefore = host.events.length
  return {
    handlers,
    called,
    confirmSending,
    lines,
    /** What was passed to the system since then. */
    events: () => host.events.slice(eventsBefore),
  }
}

test('adding files from a list needs the user’s confirmation', async () => {
  const { handlers, called, confirmSending } = setup()
  const team = { accountId: 'models.example alice', teamId: 'team_01' }
  const offers = ['o1'] as never
  expect(await handlers.addCompanions({ id: 'a', offers })).toEqual(success(report))
  expect(await handlers.addFound({ ids: ['f1'] })).toEqual(success(report))
  expect(await handlers.approveReview({ review: 'r', ids: ['r1'], team })).toEqual(success(approval))
  expect(await handlers.sendNeeds({ id: 'w1', needs: ['n1'] })).toEqual(success(report))
  expect(called).toEqual([
    ['addCompanions', 'a', offers, confirmSending],
    ['addFound', ['f1'], confirmSending],
    ['approveReview', { review: 'r', ids: ['r1'], team }, confirmSending],
    ['enqueueModels', 'w1', ['n1'], confirmSending],
  ])
})

test.each([
  ['n1', 'model'],
  ['n2', 'model-folder'],
  ['gone', 'model'],
])('the user locates the model %s of a workflow as a %s', async (need, what) => {
  const { handlers, called } = setup({ picked: ['/models/a'] })
  expect(await handlers.locateNeed({ id: 'w1', need })).toEqual(success(workflow))
  expect(called).toEqual([
    ['pickPaths', what],
    ['locateModel', 'w1', need, '/models/a'],
  ])
})

test('says why the picked file is not the model of a workflow', async () => {
  const reason = failed(failure('file-missing'))
  const { handlers } = setup({ picked: ['/models/a'], locateModel: async () => reason })
  expect(await handlers.locateNeed({ id: 'w1', need: 'n1' })).toEqual(reason)
})

test.each([
  [['/models', '/other'], [['searchFolder', 'w1', '/models']]],
  [[], []],
])('searches the picked folder for the models of a workflow (%j)', async (picked, searched) => {
  const { handlers, called } = setup({ picked })
  expect(await handlers.lookInFolder({ id: 'w1' })).toEqual(success(workflow))
  expect(called).toEqual([['pickPaths', 'model-folder'], ...searched])
})

test('opens the web app of the current server in the browser', async () => {
  const { handlers, events } = setup()
  expect(await handlers.openPage({ page: 'web-app' })).toEqual(success(undefined))
  expect(events()).toEqual([{ kind: 'open-external', url: 'https://models.example/' }])
})

test('opens at most ten pages a minute', async () => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: startMs })
  const { handlers, events } = setup()
  for (let times = 0; times < 10; times += 1)
    expect(await handlers.openPage({ page: 'licences' })).toEqual(success(undefined))
  vi.advanceTimersByTime(59_999)
  expect(await handlers.openPage({ page: 'licences' })).toEqual(failed(failure('too-often')))
  expect(events()).toHaveLength(10)
  vi.advanceTimersByTime(1)
  expect(await handlers.openPage({ page: 'licences' })).toEqual(success(undefined))
})

test('opens the page of a running pairing, also at another host', async () => {
  const { handlers, events } = setup({ pairing: 'https://app.example/pair?code=AB' })
  expect(await handlers.openPage({ page: 'pairing' })).toEqual(success(undefined))
  expect(events()).toEqual([{ kind: 'open-external', url: 'https://app.example/pair?code=AB' }])
})

test('opens no pairing page that could start a program', async () => {
  const { handlers, events, lines } = setup({ pairing: 'file:///usr/bin/true' })
  expect(await handlers.openPage({ page: 'pairing' })).toEqual(failed(failure('bad-call')))
  expect([events(), lines.map(({ message }) => message)]).toEqual([[], ['an address was rejected']])
})

test('opens no pairing page after the pairing is over', async () => {
  const { handlers, events } = setup()
  expect(await handlers.openPage({ page: 'pairing' })).toEqual(failed(failure('pairing-over')))
  expect(events()).toEqual([])
})

test('checks the keychain before the engine uses it again', async () => {
  const { handlers, called } = setup()
  expect(await handlers.recheckKeychain(undefined)).toEqual(success(undefined))
  expect(called.flat()).toEqual(['recheck', 'recheck is done', 'keychainChanged', 'keychainChanged is done'])
})

test('copies texts to the system’s clipboard and shows files in their folder', async () => {
  onTestFinished(() => clipboard.clear())
  const { handlers, events } = setup()
  expect(await handlers.copyText({ text: 'a name' })).toEqual(success(undefined))
  expect(clipboard.readText()).toBe('a name')
  expect(await handlers.showInFolder({ id: 'a' })).toEqual(success(undefined))
  expect(events()).toEqual([{ kind: 'show-in-folder', path: import.meta.filename }])
})

test('checks a server only as often as allowed', async () => {
  const { handlers } = setup()
  expect(await handlers.checkServer({ address: server })).toEqual(failed(failure('too-often')))
})

test('opens the web app of an account’s server, within the same limit', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: startMs })
  const { handlers, events } = setup()
  expect(await handlers.openServer({ accountId: 'models.example alice' })).toEqual(success(undefined))
  expect(events()).toEqual([{ kind: 'open-external', url: 'https://models.example/' }])
  for (let times = 1; times < 10; times += 1) await handlers.openPage({ page: 'documentation' })
  expect(await handlers.openServer({ accountId: 'models.example alice' })).toEqual(
    failed(failure('too-often')),
  )
})
