import { expect } from 'vitest'
import { userEvent } from 'vitest/browser'
import type { ConnectionCheck } from '../../../../electron/contract/diagnostics.ts'
import { failure, success } from '../../../../electron/contract/failures.ts'
import type { StorageTest } from '../../../../electron/contract/storage-test.ts'
import type { UpdateState } from '../../../../electron/contract/updates.ts'
import type { Answers } from '../fake-bridge.ts'
import type { OpenPage } from '../open-page.ts'
import { account, settings, signedIn, team } from '../rows.ts'
import { opened, untilShown, type OpenState, type States } from './state.ts'

const full: Answers = {
  settings: () =>
    success({
      ...settings,
      servers: [{ address: 'https://models.aurora.example/api/v1', singlePutLimitBytes: 750_000_000 }],
      quietHours: [
        { days: [1, 2, 3, 4, 5], fromMinute: 540, toMinute: 1_080, limitBytesPerSecond: 2_000_000 },
      ],
    }),
  session: () =>
    success(
      signedIn(account(), account({ id: 'account-9', email: 'old@aurora.example', state: 'signed-out' })),
    ),
  watching: () =>
    success({
      folders: [
        {
          id: 'folder-1',
          where: '~/training/out',
          accountId: 'account-1',
          team,
          state: 'watching',
          isPolled: true,
          settling: 2,
          incomplete: 1,
          offered: { count: 3, sizeBytes: 7_000_000_000 },
        },
      ],
    }),
}

/** The settings, scrolled to one of their sections. */
function section(title: string, answers: Answers = {}, text = title): OpenState {
  return opened({ answers: { ...full, ...answers } }, async (page) => {
    const { screen, emit } = page
    emit('command', 'show-settings')
    await expect.element(screen.getByRole('heading', { name: title, exact: true })).toBeVisible()
    screen.getByRole('heading', { name: title, exact: true }).element().scrollIntoView()
    await untilShown(text)(page)
  })
}

const updates = (state: UpdateState, text: string): OpenState =>
  section('App', { update: () => success(state) }, text)

/** Sections of one page, which axe needs to see only once. */
export const settingsSections: States = Object.fromEntries(
  ['Accounts and servers', 'Uploads', 'Schedule and power', 'Watched folders', 'App', 'About'].map(
    (title) => [`settings: ${title}`, section(title)],
  ),
)

const check: ConnectionCheck = {
  host: 'h.example',
  isOver: true,
  results: [
    { step: 'name', outcome: 'good', params: { host: 'h.example', address: '192.0.2.1' }, failure: null },
    { step: 'proxy', outcome: 'skipped', params: {}, failure: null },
    {
      step: 'certificate',
      outcome: 'bad',
      params: {},
      failure: failure('certificate-expired', { host: 'h.example' }),
    },
  ],
}

const troubleshooting = (answers: Answers, act: (page: OpenPage) => unknown): OpenState =>
  opened({ answers }, async (page) => {
    page.emit('command', 'show-help')
    await act(page)
  })

const storageTest = (test: Partial<StorageTest>, text: string): OpenState =>
  troubleshooting({}, async (page) => {
    const whole = { state: 'running', sentBytes: 0, tookMs: 0, failure: null, isLeft: false } as const
    page.emit('storageTest', { ...whole, ...test })
    await untilShown(text)(page)
    page.screen.getByText(text, { exact: false }).element().scrollIntoView({ block: 'center' })
  })

export const settingsStates: States = {
  'settings, with a wrong address': opened({ answers: full }, async ({ screen, emit }) => {
    emit('command', 'show-settings')
    await userEvent.fill(screen.getByLabelText('Server address', { exact: true }), 'http://nowhere')
    await userEvent.keyboard('{Enter}')
    await expect.element(screen.getByLabelText('Server address', { exact: true })).toBeInvalid()
  }),
  'an update in the settings': updates({ kind: 'found', version: '1.1.0' }, '1.1.0'),
  'a failed update': updates({ kind: 'failed', failure: failure('update-not-writable') }, 'update'),
  'a checked connection': troubleshooting({ checkConnection: () => success(check) }, async ({ screen }) => {
    await userEvent.click(screen.getByRole('button', { name: 'Check now' }))
    await expect.element(screen.getByText('Some checks failed', { exact: false })).toBeVisible()
  }),
  'a running storage test': storageTest({ state: 'running', sentBytes: 3_000_000 }, 'Uploading… 37%'),
  'a storage test that failed': storageTest(
    {
      state: 'bad',
      sentBytes: 3_000_000,
      failure: failure('connection-lost', { host: 'storage.example' }),
      isLeft: true,
    },
    'hasn’t been deleted yet',
  ),
  'the question before a storage test': troubleshooting({}, async ({ screen }) => {
    await userEvent.click(screen.getByRole('button', { name: 'Test storage…' }))
    await expect.element(screen.getByRole('button', { name: 'Cancel' })).toHaveFocus()
  }),
  'a support report': troubleshooting(
    {
      supportPieces: () =>
        success([
          { name: 'versions', text: 'electron 45' },
          { name: 'log', text: '{}' },
        ]),
    },
    async ({ screen }) => {
      await userEvent.click(screen.getByRole('button', { name: 'Create report' }))
      await expect.element(screen.getByRole('textbox', { name: 'Versions' })).toBeVisible()
      screen.getByRole('textbox', { name: 'Versions' }).element().scrollIntoView()
    },
  ),
  licences: opened({}, async ({ screen, emit }) => {
    emit('command', 'show-settings')
    await userEvent.click(screen.getByRole('button', { name: 'Licences', exact: true }))
    await expect.element(screen.getByText('a package 1.0.0', { exact: false })).toBeVisible()
  }),
}
