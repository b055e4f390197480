import { generateKeyPairSync } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { app } from '../../electron-host/app.ts'
import { Menu } from '../../electron-host/menus.ts'
import { host, theApp } from '../../electron-host/state.ts'
import { pretendPlatform } from '../../support/pretended-app.ts'
import { patchOf } from '../../support/totals.ts'
import { registered, setup, shownBy, startMs, type Subscriber } from './started-desktop.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: startMs })
  return () => void vi.useRealTimers()
})

test('a deadline ends with its uploads, also if they ended before the start', async () => {
  const { settings } = setup({ settings: { deadlineMs: startMs } })
  expect(settings.current().deadlineMs).toBe(startMs)
  await nextTurn()
  expect(settings.current().deadlineMs).toBe(null)
})

test('the app works although the engine could not start, for example for an update', async () => {
  const { called, messages } = setup({ start: () => Promise.reject(new Error('a defect')) })
  await nextTurn()
  expect(called).toEqual(['history'])
  expect(await messages()).toContain('could not start the uploads')
})

test('nothing follows a start of the engine that the end of the app has interrupted', async () => {
  const { called } = setup({ start: async () => false })
  await nextTurn()
  expect(called).toEqual([])
})

test.each<[string, (subscriber: Subscriber, accountId: string) => void]>([
  ['has signed out', (one, accountId) => one.departed?.((id) => id === accountId)],
  ['is hidden', (one, accountId) => one.visibilityChanged?.(new Set([accountId]))],
])('no notification names an upload of a user who %s meanwhile', (_what, pass) => {
  const { notify } = setup()
  const row = registered()
  const shown = shownBy(() => {
    notify(({ patch }) => patch?.(patchOf({ running: 2 })))
    notify(({ patch }) => patch?.(patchOf({ running: 1 }, row)))
    notify((subscriber) => pass(subscriber, row.accountId))
    notify(({ patch }) => patch?.(patchOf({})))
  })
  expect(shown).toEqual([])
})

test('a sign-out closes notifications and makes the file dialog forget its folder', () => {
  const { memory, notify } = setup()
  const [shown] = shownBy(() => {
    notify(({ patch }) => patch?.(patchOf({ running: 1 })))
    notify(({ patch }) => patch?.(patchOf({}, registered())))
  })
  const closed = vi.fn()
  shown?.on('close', closed)
  expect(memory.read()['lastFolder']).toBe('/models')
  notify(({ departed }) => departed?.(() => false))
  expect([closed.mock.calls.length, memory.read()['lastFolder']]).toEqual([1, null])
})

test('a change of how updates are installed is shown, since the page could have made it alone', () => {
  const { settings } = setup()
  const updates = settings.current().updates === 'ask' ? 'off' : 'ask'
  expect(shownBy(() => void settings.change({ updates }))).toHaveLength(1)
  expect(shownBy(() => void settings.change({ updates, atOnce: 3 }))).toEqual([])
})

test('looks for changed files when the user returns to the window', () => {
  const { called } = setup()
  theApp().emit('browser-window-focus')
  expect(called).toContain('windowFocused')
})

test('quits when the uploads are done, if the user has chosen so', async () => {
  const { trayItem, notify, exit } = setup()
  trayItem('when-done-quit')?.click()
  notify(({ patch }) => patch?.(patchOf({ running: 1 })))
  notify(({ patch }) => patch?.(patchOf({}, registered())))
  await vi.advanceTimersByTimeAsync(59_999)
  expect(exit).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  await expect.poll(() => exit.mock.calls).toEqual([[0]])
})

test('tries to suspend the computer when the uploads are done, if the user has chosen so', async () => {
  const { trayItem, notify, exit, messages } = setup()
  // There, no program is known that suspends it.
  pretendPlatform('freebsd')
  trayItem('when-done-sleep')?.click()
  notify(({ patch }) => patch?.(patchOf({ running: 1 })))
  notify(({ patch }) => patch?.(patchOf({}, registered())))
  await vi.advanceTimersByTimeAsync(60_000)
  expect(exit).not.toHaveBeenCalled()
  expect(await messages()).toContain('no command to suspend this system is known')
})

test('progress keeps the computer awake and shows what needs attention on the icon', async () => {
  const { notify } = setup()
  const row = { ...registered(), phase: 'sending' as const, sentBytes: 0 }
  const before = host.events.length
  for (const sentBytes of [0, 1])
    notify(({ patch }) => patch?.(patchOf({ running: 1, needsYou: 2 }, { ...row, sentBytes })))
  await vi.advanceTimersByTimeAsync(1_000)
  expect(host.events.slice(before).map(({ kind }) => kind)).toContain('power-save-start')
  expect(app.badgeCount).toBe(2)
  notify(({ patch }) => patch?.(patchOf({})))
})

test('the tray’s menu follows the language and the signed-in user', async () => {
  const { settings, trayItem, called, notify } = setup()
  await nextTurn()
  const label = trayItem('open')?.label
  settings.change({ language: 'zh-Hans' })
  await vi.advanceTimersByTimeAsync(5_000)
  expect(trayItem('open')?.label).not.toBe(label)
  called.length = 0
  notify(({ session }) => session?.({} as never))
  expect(called).toEqual(['history'])
})

test('the app goes on when its last window is closed', () => {
  const { called, exit } = setup()
  theApp().allClosed()
  expect([called.filter((name) => name !== 'history'), exit.mock.calls]).toEqual([[], []])
})

test('checks for updates a minute after the start', async () => {
  const { publicKey } = generateKeyPairSync('ed25519')
  const key = publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
  vi.stubEnv('MODELFERRY_UPDATE_KEYS', key)
  vi.stubEnv('MODELFERRY_UPDATE_FEED', 'not an address')
  onTestFinished(() => void vi.unstubAllEnvs())
  const { messages } = setup()
  const failure = 'an update check or download failed'
  await nextTurn()
  await vi.advanceTimersByTimeAsync(59_999)
  expect(await messages()).not.toContain(failure)
  await vi.advanceTimersByTimeAsync(1)
  expect(await messages()).toContain(failure)
})

test('changed settings apply to the engine and the menu at once', () => {
  const { settings, applied } = setup({ settings: { pauseBelowPercent: 20, pauseOnMetered: true } })
  const labels = () => Menu.getApplicationMenu()?.items.map(({ label }) => label) ?? []
  expect(labels()).toContain('&File')
  const menu = Menu.getApplicationMenu()
  applied.mockClear()
  settings.change({ atOnce: 3 })
  expect(applied.mock.lastCall).toMatchObject([{ atOnce: 3 }])
  expect(Menu.getApplicationMenu()).toBe(menu)
  settings.change({ language: 'zh-Hans' })
  expect(labels()).not.toContain('&File')
})
