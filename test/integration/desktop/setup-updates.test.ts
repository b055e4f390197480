import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import type { Settings } from '../../../electron/contract/settings.ts'
import type { AppFolders } from '../../../electron/desktop/app-folders.ts'
import { setupUpdates } from '../../../electron/desktop/updates/setup-updates.ts'
import { createUpdateRecord } from '../../../electron/desktop/updates/update-record.ts'
import { app } from '../../electron-host/app.ts'
import { removeAddedListeners } from '../../support/added-listeners.ts'
import { valueOf } from '../../support/engine.ts'
import { fakeEngine } from '../../support/fake-engine.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { memorySettings, memoryStore } from '../../support/memory-settings.ts'
import { pretendPackaged, pretendPlatform } from '../../support/pretended-app.ts'

const publicKey = generateKeyPairSync('ed25519')
  .publicKey.export({ format: 'der', type: 'spki' })
  .toString('base64')

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  return () => void vi.useRealTimers()
})

interface Given {
  readonly settings?: Partial<Settings>
  readonly environment?: Readonly<Record<string, string>>
  /** The keys of the build. */
  readonly builtKeys?: string
  readonly isPackaged?: boolean
}

/** An app on Windows; in development its feed has no valid address. */
function setup(given: Given = {}) {
  const environment = given.environment ?? {
    MODELFERRY_UPDATE_KEYS: publicKey,
    MODELFERRY_UPDATE_FEED: 'not an address',
  }
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
  vi.stubGlobal('__UPDATE_KEYS__', given.builtKeys ?? '')
  const home = mkdtempSync(join(tmpdir(), 'modelferry-updates-'))
  Object.defineProperty(process, 'resourcesPath', { value: home, configurable: true })
  onTestFinished(() => {
    rmSync(home, { recursive: true })
    Reflect.deleteProperty(process, 'resourcesPath')
    vi.unstubAllEnvs()
    vi.unstubAllGlobals()
  })
  pretendPlatform('win32')
  if (given.isPackaged) pretendPackaged()
  removeAddedListeners(app)
  mkdirSync(join(home, 'page'))
  writeFileSync(join(home, 'third-party.txt'), 'the notices')
  const settings = memorySettings({ updates: 'ask', ...given.settings })
  const sent: string[] = []
  const { log } = createTestEnvironment(standingClock())
  const { handlers, start } = setupUpdates({
    folders: { home, page: join(home, 'page') } as AppFolders,
    settings,
    record: createUpdateRecord({ memory: memoryStore(), isWindowVisible: () => true, now: Date.now }),
    engine: fakeEngine({
      subscribe: () => () => {},
      snapshot: () => ({ totals: { running: 0, waiting: 0 } }) as never,
    }),
    areCommandsWaiting: () => false,
    confirmRestart: async () => false,
    window: { isVisible: () => true },
    secretStore: { state: () => 'ok' },
    feed: { sendEvent: (name, value) => void sent.push(`${name} ${(value as { kind: string }).kind}`) },
    stopApp: async () => {},
    log,
  })
  return { handlers, settings, start, sent, state: async () => valueOf(await handlers.update(undefined)) }
}

test('without a feed, an app in development does not update itself', async () => {
  const { state, start, sent } = setup({ environment: {}, builtKeys: publicKey })
  expect(await state()).toEqual({ kind: 'off', why: 'development' })
  start()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(sent).toEqual([])
})

test('keys in the environment do not count for an installed app', async () => {
  const environment = { MODELFERRY_UPDATE_FEED: 'x', MODELFERRY_UPDATE_KEYS: publicKey }
  expect(await setup({ environment, isPackaged: true }).state()).toEqual({ kind: 'off', why: 'no-key' })
})

test('an installed app without the address of its feed says that updates are missing', async () => {
  const { handlers } = setup({ environment: {}, builtKeys: publicKey, isPackaged: true })
  expect(valueOf(await handlers.checkForUpdate(undefined))).toMatchObject({
    kind: 'failed',
    failure: { code: 'update-missing' },
  })
})

test('the page gets each state of a check, which starts by itself after a minute', async () => {
  const { handlers, start, sent, state } = setup()
  start()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(sent).toEqual(['update checking', 'update failed'])
  const failed = await state()
  expect(failed).toMatchObject({ kind: 'failed', failure: { code: 'update-missing' } })
  expect(valueOf(await handlers.downloadUpdate(undefined))).toEqual(failed)
  expect(valueOf(await handlers.installUpdate(undefined))).toEqual(failed)
})

test('a change of the settings for updates applies at once, others change nothing', async () => {
  const { settings, sent, state } = setup()
  settings.change({ updates: 'off' })
  expect((await state())?.kind).toBe('resting')
  settings.change({ updates: 'ask' })
  expect(sent).toEqual(['update resting', 'update current'])
  vi.clearAllTimers()
  settings.change({ atOnce: 3 })
  expect(vi.getTimerCount()).toBe(0)
  settings.change({ updateOnQuit: !settings.current().updateOnQuit })
  expect(vi.getTimerCount()).toBe(1)
})
