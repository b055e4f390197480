import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import type { Conditions } from '../../../electron/contract/conditions.ts'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import { defaultSettings } from '../../../electron/contract/settings.ts'
import type { Totals, UploadRow } from '../../../electron/contract/uploads.ts'
import { createLanguage } from '../../../electron/desktop/settings/language.ts'
import { createNotifications } from '../../../electron/desktop/tray/notifications.ts'
import { createStatusDisplay } from '../../../electron/desktop/tray/status-display.ts'
import { toUploadRow } from '../../../electron/journal/row-view.ts'
import { app } from '../../electron-host/app.ts'
import { clipboard, shell } from '../../electron-host/desktop.ts'
import type { Menu, Tray } from '../../electron-host/menus.ts'
import { nativeTheme } from '../../electron-host/native-theme.ts'
import type { Notification } from '../../electron-host/notification.ts'
import { host } from '../../electron-host/state.ts'
import { removeAddedListeners } from '../../support/added-listeners.ts'
import { fakeEngine } from '../../support/fake-engine.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { registeredRecord } from '../../support/records.ts'
import { emptyTotals } from '../../support/totals.ts'
import { idleConditions } from '../../support/idle-conditions.ts'

const settings = {
  current: () => defaultSettings,
  change: () => success(defaultSettings),
  onChange: () => {},
} as never
const language = createLanguage(settings)
const { log } = createTestEnvironment(standingClock())
/** Half past six in the evening, today. */
const eveningMs = new Date().setHours(18, 30, 0, 0)

beforeEach(() => {
  // The colour scheme is not read from a desktop.
  vi.stubEnv('DBUS_SESSION_BUS_ADDRESS', 'unix:path=/nonexistent')
  const languages = vi.spyOn(app, 'getPreferredSystemLanguages').mockReturnValue(['C', 'en-GB'])
  return () => {
    languages.mockRestore()
    vi.unstubAllEnvs()
  }
})

/** Tray and taskbar of an engine with these recent uploads. */
async function setup(
  options: {
    readonly totals?: Totals
    readonly conditions?: Conditions
    readonly history?: UploadRow[]
    readonly file?: string
    /** The result of pausing or resuming all uploads. */
    readonly paused?: Result<void>
  } = {},
) {
  const { totals = emptyTotals, conditions = idleConditions, history = [], file = null } = options
  removeAddedListeners(nativeTheme)
  const showFailure = vi.fn(async () => {})
  const showCountdown = vi.fn()
  const done: unknown[] = []
  const record =
    (name: string) =>
    (...args: readonly unknown[]) =>
      void done.push([name, ...args])
  const { paused = success(undefined) } = options
  const recordCall = (name: string) => async (args: unknown) => {
    done.push([name, args])
    return paused
  }
  let conditionsChanged = (_now: Conditions, _before: Conditions) => {}
  let current = conditions
  const display = createStatusDisplay({
    iconFolder: import.meta.dirname,
    isDesktopDark: false,
    language,
    settings: { ...(settings as object), change: record('settings') } as never,
    engine: fakeEngine({
      snapshot: () => ({ totals, allPaused: false }) as never,
      calls: {
        pauseAll: recordCall('pauseAll'),
        resumeAll: recordCall('resumeAll'),
        stopPausing: recordCall('stopPausing'),
        history: async () => success({ rows: [...history], nextBeforeMs: null }),
        async forget({ ids }) {
          for (const id of ids)
            history.splice(
              history.findIndex((row) => row.id === id),
              1,
            )
          return success(undefined)
        },
      },
      fileOf: () => file,
    }),
    window: { show: record('show'), browserWindow: () => null },
    conditions: {
      current: () => current,
      sendAnyway(isAlways) {
        done.push(['sendAnyway', isAlways])
        return success(undefined)
      },
      onChange: (listener) => (conditionsChanged = listener),
    },
    whenDone: { set: record('whenDone') },
    notifications: { showCountdown },
    dialogs: { showFailure },
    sendCommand: record('command'),
    openPage: record('page'),
    onFiles: () => {},
    log,
  })
  const tray = [...host.trays].at(-1) as Tray
  onTestFinished(() => void host.trays.delete(tray))
  return {
    display,
    showFailure,
    showCountdown,
    done,
    changeConditions(next: Conditions) {
      const before = current
      current = next
      conditionsChanged(next, before)
    },
    menu: () => tray.menu as Menu,
    label: (id: string) => tray.menu?.getMenuItemById(id)?.label,
    apply: (patch: { readonly totals: Totals }) =>
      display.applyPatch({
        sequence: 1,
        changed: [],
        removed: [],
        allPaused: false,
        hold: null,
        line: 'ok',
        isIncomplete: false,
        ...patch,
      }),
  }
}

test('the menu offers to resume as soon as all uploads are paused, also if one needs attention', async () => {
  const { label, apply } = await setup({ totals: { ...emptyTotals, needsYou: 1, waiting: 3 } })
  expect([label('pause-all'), label('resume-all')]).toEqual(['Pause all', undefined])
  apply({ totals: { ...emptyTotals, needsYou: 1, paused: 3 } })
  await expect.poll(() => [label('pause-all'), label('resume-all')]).toEqual([undefined, 'Resume all'])
})

test('tray and notifications show times as in the user’s region', async () => {
  const hold = { kind: 'quiet-hours', untilMs: eveningMs } as const
  const waiting = { ...emptyTotals, waiting: 1 }
  const { label } = await setup({ totals: waiting, conditions: { ...idleConditions, hold } })
  expect(label('sum')).toContain('18:30')
  createNotifications({
    window: { isVisible: () => false, isFocused: () => false, show: () => {} },
    reveal: () => {},
    memory: { read: () => ({}), write: () => {} } as never,
    language,
    log,
  }).notifyDeadline({ atMs: eveningMs, state: 'late', doneAtMs: eveningMs, suggestions: [] })
  expect((host.notifications.at(-1) as Notification).body).toContain('18:30')
})

const recent = () => toUploadRow(registeredRecord(), null)

test('a recent model is shown in its folder, or why it can’t be', async () => {
  const shown = vi.spyOn(shell, 'showItemInFolder').mockImplementation(() => {})
  onTestFinished(() => shown.mockRestore())
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'model.safetensors')
  writeFileSync(file, 'x')
  const { display, menu, label, showFailure } = await setup({ history: [recent()], file })
  display.engineStarted()
  await expect.poll(() => label('recent-1-folder')).toBeDefined()
  const click = () => menu().getMenuItemById('recent-1-folder')?.click()
  click()
  await expect.poll(() => shown.mock.calls).toEqual([[file]])
  rmSync(file)
  click()
  await expect.poll(() => showFailure.mock.calls).toMatchObject([[{ code: 'file-missing' }]])
  expect(shown).toHaveBeenCalledTimes(1)
})

test('a model of an earlier day that is removed from the history leaves the menu', async () => {
  const row = recent()
  const { display, label } = await setup({ history: [row] })
  display.engineStarted()
  await expect.poll(() => label('last')).toBeDefined()
  await display.handlers.forget({ ids: [row.id] })
  await expect.poll(() => label('last')).toBeUndefined()
})

test('the items of the menu act on the uploads, the settings and the window', async () => {
  const copied = vi.spyOn(clipboard, 'writeText').mockImplementation(() => {})
  const quit = vi.spyOn(app, 'quit').mockImplementation(() => {})
  onTestFinished(() => {
    copied.mockRestore()
    quit.mockRestore()
  })
  const pausing = { uploadCount: 1, finishingParts: 2, unacknowledgedBytes: 1 }
  const row = recent()
  const { display, menu, label, done } = await setup({
    totals: { ...emptyTotals, running: 1, pausing },
    conditions: { ...idleConditions, hold: { kind: 'battery', percent: 9, belowPercent: 20 } },
    history: [row],
  })
  display.engineStarted()
  await expect.poll(() => label('recent-1-copy')).toBeDefined()
  const ids = ['open', 'pause-all', 'stop-pausing', 'send-anyway', 'limit-5000000', 'when-done-quit']
  for (const id of [...ids, 'recent-1-copy', 'recent-1-library', 'settings', 'quit'])
    menu().getMenuItemById(id)?.click()
  expect(done.map((one) => (one as readonly unknown[]).slice(0, 2))).toEqual([
    ['show', expect.anything()],
    ['pauseAll', undefined],
    ['stopPausing', { ids: null }],
    ['sendAnyway', false],
    ['settings', { limitBytesPerSecond: 5_000_000 }],
    ['whenDone', 'quit'],
    ['page', 'web-app'],
    ['command', 'show-settings'],
  ])
  expect([copied.mock.calls, quit.mock.calls.length]).toEqual([[[row.modelId]], 1])
})

test('the menu shows that pausing or resuming all uploads could not be stored', async () => {
  const notSaved = failure('settings-not-saved')
  const { menu, apply, label, showFailure } = await setup({ paused: failed(notSaved) })
  menu().getMenuItemById('pause-all')?.click()
  await expect.poll(() => showFailure.mock.calls).toEqual([[notSaved]])
  apply({ totals: { ...emptyTotals, paused: 1 } })
  await expect.poll(() => label('resume-all')).toBeDefined()
  menu().getMenuItemById('resume-all')?.click()
  await expect.poll(() => showFailure.mock.calls).toEqual([[notSaved], [notSaved]])
})

test('a countdown is notified when it begins, and again when files no longer wait for review', async () => {
  const { showCountdown, changeConditions } = await setup()
  const ending = (atMs: number | null): Conditions => ({
    ...idleConditions,
    whenDone: 'quit',
    ending: { atMs, sent: 1, needsYou: 0, inReview: atMs === null ? 1 : 0 },
  })
  changeConditions({ ...idleConditions, whenDone: 'quit' })
  expect(showCountdown).not.toHaveBeenCalled()
  changeConditions(ending(null))
  changeConditions(ending(null))
  expect(showCountdown.mock.calls).toEqual([[ending(null)]])
  changeConditions(ending(5))
  changeConditions({ ...ending(5), power: { isOnBattery: true, percent: 5 } })
  expect(showCountdown.mock.calls).toEqual([[ending(null)], [ending(5)]])
  changeConditions(idleConditions)
  expect(showCountdown).toHaveBeenCalledTimes(2)
})

test('a pause by the battery is shown in menu and badge at once', async () => {
  onTestFinished(() => void (app.badgeCount = 0))
  const { label, changeConditions } = await setup({ totals: { ...emptyTotals, waiting: 1, needsYou: 3 } })
  changeConditions({ ...idleConditions, hold: { kind: 'battery', percent: 9, belowPercent: 20 } })
  expect(label('sum')).toContain('On battery')
  expect(app.badgeCount).toBe(3)
})

test('the recent models are read again for another user', async () => {
  const history: UploadRow[] = []
  const { display, label } = await setup({ history })
  history.push(recent())
  display.sessionChanged()
  await expect.poll(() => label('last')).toBeDefined()
})

test('a model that was just registered is listed', async () => {
  const { display, label } = await setup()
  const row = recent()
  display.applyPatch({
    sequence: 1,
    changed: [row],
    removed: [],
    totals: emptyTotals,
    allPaused: false,
    hold: null,
    line: 'ok',
    isIncomplete: false,
  })
  await expect.poll(() => label('last')).toContain(row.target.displayName)
})
