import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import type { SessionView } from '../../../electron/contract/account.ts'
import type { ConnectionCheck } from '../../../electron/contract/diagnostics.ts'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import type { ServerCheck } from '../../../electron/contract/servers.ts'
import type { StorageTest } from '../../../electron/contract/storage-test.ts'
import type { AppFolders } from '../../../electron/desktop/app-folders.ts'
import { createDiagnosticsHandlers } from '../../../electron/desktop/diagnostics/diagnostics-handlers.ts'
import { createLanguage } from '../../../electron/desktop/settings/language.ts'
import { createLog } from '../../../electron/platform/log.ts'
import { valueOf } from '../../support/engine.ts'
import { memorySettings } from '../../support/memory-settings.ts'
import { fakeEngine } from '../../support/fake-engine.ts'

/** A server on this computer that has ended. */
let server = ''
beforeAll(async () => {
  const ended = createServer().listen(0, '127.0.0.1')
  await once(ended, 'listening')
  server = `http://127.0.0.1:${(ended.address() as AddressInfo).port}/api/v1`
  ended.close()
  await once(ended, 'close')
})

const startMs = Date.UTC(2026, 0, 2, 3, 4, 5)
const chosen = { accountId: 'models.example alice', teamId: 'team_01' }
const unreached: ServerCheck = {
  address: '',
  failure: failure('offline', {}, { serverMessage: 'secret text' }),
  isReached: false,
  isApi: false,
  certificate: 'none',
  clockAheadMs: 0,
  proxy: null,
}
const running: StorageTest = { state: 'running', sentBytes: 1, tookMs: 0, failure: null, isLeft: false }
const good: StorageTest = { ...running, state: 'good', sentBytes: 8, tookMs: 20 }

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: startMs })
  return () => void vi.useRealTimers()
})

/** The calls with an engine that returns these results, the events sent to the page, and the log's lines. */
function setup(
  given: {
    readonly mayCheck?: boolean
    readonly session?: Partial<SessionView>
    readonly testStorage?: (signal: AbortSignal) => Promise<StorageTest>
  } = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-diagnostics-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const logs = join(folder, 'logs')
  const log = createLog({ folder: logs })
  const settings = memorySettings({ server })
  const events: [string, unknown][] = []
  const asked: unknown[] = []
  const tested: unknown[] = []
  const confirmSignIns = vi.fn(async () => {})
  const handlers = createDiagnosticsHandlers({
    folders: { logs } as AppFolders,
    engine: fakeEngine({
      async checkServer(address) {
        asked.push(address)
        return unreached
      },
      session: () => ({ accounts: [], chosen, ...given.session }) as unknown as SessionView,
      snapshot: () => ({ rows: [] }) as never,
      confirmSignIns,
      async testStorage(choice, signal, report) {
        tested.push(choice)
        report(running)
        return given.testStorage?.(signal) ?? good
      },
    }),
    settings,
    language: createLanguage(settings),
    dialogs: {
      async pickSavePath(options) {
        asked.push(options)
        return join(folder, 'report.txt')
      },
    },
    feed: { sendEvent: (name, value) => void events.push([name, value]) },
    mayCheck: () => given.mayCheck ?? true,
    log,
  })
  return {
    handlers,
    settings,
    log,
    events,
    asked,
    tested,
    confirmSignIns,
    report: join(folder, 'report.txt'),
    async lines() {
      await log.flush()
      const text = readFileSync(join(logs, 'modelferry.log'), 'utf8')
      return text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
    },
    pieces: () => handlers.supportPieces(undefined),
  }
}

test('checks the connection step by step, without texts of the response', async () => {
  const { handlers, settings, events, asked, confirmSignIns, lines } = setup()
  const answer = await handlers.checkConnection(undefined)
  expect(answer).toMatchObject({ ok: true, value: { host: '127.0.0.1', isOver: true } })
  expect(asked).toEqual([settings.current().server])
  const checks = events.map(([, check]) => check as ConnectionCheck)
  expect(events.map(([name]) => name)).toEqual(checks.map(() => 'connection'))
  expect(checks.map(({ results }) => results.length)).toEqual([0, 2, 3, 6, 7, 7])
  expect(checks.at(-1)).toEqual(valueOf(answer))
  expect(JSON.stringify(events)).not.toContain('secret')
  expect(confirmSignIns).not.toHaveBeenCalled()
  expect(await lines()).toMatchObject([
    {
      level: 'info',
      message: 'connection checked',
      results: [
        'name good',
        'proxy skipped',
        'connect bad',
        'certificate skipped',
        'api skipped',
        'clock skipped',
        'sign-in skipped',
      ],
    },
  ])
})

test('sends no request when the connection has been checked too often', async () => {
  const { handlers, asked, events } = setup({ mayCheck: false })
  expect(await handlers.checkConnection(undefined)).toEqual(failed(failure('too-often')))
  expect([asked, events]).toEqual([[], []])
})

test('tests no storage without a chosen team', async () => {
  const { handlers, tested } = setup({ session: { chosen: null } })
  expect(await handlers.testStorage(undefined)).toEqual(failed(failure('no-team')))
  expect(tested).toEqual([])
})

test('runs one storage test at a time, which can be cancelled', async () => {
  const { handlers, tested } = setup({
    testStorage: (signal) =>
      new Promise((resolve) =>
        signal.addEventListener('abort', () => resolve({ ...good, state: 'cancelled' })),
      ),
  })
  const first = handlers.testStorage(undefined)
  expect(await handlers.testStorage(undefined)).toEqual(failed(failure('storage-test-running')))
  expect(tested).toHaveLength(1)
  expect(await handlers.cancelStorageTest(undefined)).toEqual(success(undefined))
  expect(await first).toMatchObject({ ok: true, value: { state: 'cancelled' } })
  // Without a running test there is nothing to cancel, and another one can start.
  expect(await handlers.cancelStorageTest(undefined)).toEqual(success(undefined))
  const next = handlers.testStorage(undefined)
  await handlers.cancelStorageTest(undefined)
  expect(await next).toMatchObject({ ok: true })
  expect(tested).toHaveLength(2)
})

test('another storage test can start after one that threw an error', async () => {
  const results = [Promise.reject(new Error('a defect')), Promise.resolve(good)]
  const { handlers } = setup({ testStorage: () => results.shift() ?? Promise.resolve(good) })
  await expect(handlers.testStorage(undefined)).rejects.toThrow('a defect')
  expect(await handlers.testStorage(undefined)).toEqual(success(good))
})

test('tests storage at most five times within ten minutes', async () => {
  const { handlers, tested } = setup()
  for (let times = 0; times < 5; times += 1)
    expect(await handlers.testStorage(undefined)).toMatchObject({ ok: true })
  vi.advanceTimersByTime(599_999)
  expect(await handlers.testStorage(undefined)).toEqual(failed(failure('too-often')))
  expect(tested).toHaveLength(5)
  vi.advanceTimersByTime(1)
  expect(await handlers.testStorage(undefined)).toMatchObject({ ok: true })
})

test('no report is saved before the page has shown one', async () => {
  const { handlers, asked } = setup()
  expect(await handlers.saveSupportBundle({ pieces: ['versions'] })).toEqual(failed(failure('not-found')))
  expect(asked).toEqual([])
})

test('saves the chosen parts exactly as they were shown, for this user only', async () => {
  const { handlers, settings, report, asked, pieces } = setup()
  writeFileSync(report, 'older', { mode: 0o644 })
  const [versions, shownSettings] = valueOf(await pieces())
  vi.setSystemTime(startMs + 60_000)
  settings.change({ atOnce: 7 })
  expect(await handlers.saveSupportBundle({ pieces: ['settings', 'versions', 'names'] })).toEqual(
    success(true),
  )
  expect(readFileSync(report, 'utf8')).toBe(
    [
      'Modelferry, report of 2026-01-02T03:04:05.000Z\n',
      `===== versions =====\n${versions?.text}\n`,
      `===== settings =====\n${shownSettings?.text}\n`,
    ].join('\n'),
  )
  expect(statSync(report).mode & 0o777).toBe(0o600)
  expect(asked).toEqual([
    {
      title: 'Support report',
      fileName: 'modelferry-report.txt',
      filters: [{ name: 'Text', extensions: ['txt'] }],
    },
  ])
})

test('says that the report could not be saved', async () => {
  const { handlers, report, pieces, lines } = setup()
  mkdirSync(report)
  await pieces()
  expect(await handlers.saveSupportBundle({ pieces: ['versions'] })).toEqual(failed(failure('not-saved')))
  expect(await lines()).toMatchObject([{ level: 'error', message: 'the report could not be written' }])
})
