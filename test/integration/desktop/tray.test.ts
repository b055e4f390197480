import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import type { Conditions } from '../../../electron/contract/conditions.ts'
import type { Totals } from '../../../electron/contract/uploads.ts'
import { createLanguage } from '../../../electron/desktop/settings/language.ts'
import { createTray } from '../../../electron/desktop/tray/tray.ts'
import type { TrayActions, TrayContent } from '../../../electron/desktop/tray/tray-menu.ts'
import { app } from '../../electron-host/app.ts'
import type { Tray } from '../../electron-host/menus.ts'
import { nativeImage } from '../../electron-host/native-image.ts'
import { nativeTheme } from '../../electron-host/native-theme.ts'
import { host } from '../../electron-host/state.ts'
import { removeAddedListeners } from '../../support/added-listeners.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { memorySettings } from '../../support/memory-settings.ts'
import { pretendPlatform } from '../../support/pretended-app.ts'
import { projectFolder } from '../../support/temp-project.ts'
import { emptyTotals } from '../../support/totals.ts'
import { idleConditions } from '../../support/idle-conditions.ts'

const icons = join(projectFolder, 'build/tray')
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  // The colour scheme is not read from a desktop.
  vi.stubEnv('DBUS_SESSION_BUS_ADDRESS', 'unix:path=/nonexistent')
  vi.stubEnv('XDG_CURRENT_DESKTOP', 'KDE')
  return () => {
    vi.unstubAllEnvs()
    vi.useRealTimers()
  }
})

function setup(given: { readonly platform?: NodeJS.Platform; readonly isDesktopDark?: boolean } = {}) {
  pretendPlatform(given.platform ?? 'win32')
  removeAddedListeners(nativeTheme)
  const { log, lines } = createTestEnvironment(standingClock())
  const state: { -readonly [Key in keyof TrayContent['summary']]: TrayContent['summary'][Key] } & {
    conditions: Conditions
  } = {
    totals: emptyTotals,
    allPaused: false,
    line: 'ok',
    conditions: idleConditions,
  }
  const open = vi.fn()
  const onFiles = vi.fn()
  const before = new Set(host.trays)
  const content = (): TrayContent => ({
    summary: { totals: state.totals, allPaused: state.allPaused, line: state.line },
    conditions: state.conditions,
    limitBytesPerSecond: null,
    recentUploads: [],
  })
  const icon = createTray({
    icons,
    language: createLanguage(memorySettings({ language: 'en' })),
    isDesktopDark: given.isDesktopDark ?? false,
    content,
    actions: { open } as unknown as TrayActions,
    onFiles,
    log,
  })
  const trays = () => [...host.trays].filter((tray) => !before.has(tray)) as Tray[]
  onTestFinished(() => {
    for (const tray of trays()) host.trays.delete(tray)
  })
  return {
    icon,
    state,
    lines,
    open,
    onFiles,
    trays,
    tray: () => trays()[0] as Tray,
    /** The name of the file of the icon that is shown, without its ending. */
    shownIcon() {
      const shown = trays()[0]?.image.toPNG()
      const name = readdirSync(icons).find((file) => shown?.equals(readFileSync(join(icons, file))))
      return name?.replace(/\.\w+$/, '')
    },
    update(change: Partial<typeof state>) {
      Object.assign(state, change)
      vi.advanceTimersByTime(10_000)
      icon.update()
    },
  }
}

const sending: Totals = { ...emptyTotals, running: 1, totalBytes: 100, movedBytes: 50 }

test('shows the state of the uploads as icon, tooltip and menu', () => {
  const { tray, shownIcon, update } = setup()
  const name = app.getName()
  expect([shownIcon(), tray().toolTip]).toEqual(['idle-dark', `${name} · No uploads`])
  expect(tray().menu?.getMenuItemById('open')).not.toBeNull()
  update({ totals: sending })
  expect([shownIcon(), tray().toolTip]).toEqual([
    'sending-4-dark',
    `${name} · Uploading · Estimating… · 50 bytes of 100 bytes`,
  ])
  update({ totals: { ...emptyTotals, waiting: 1 } })
  expect(shownIcon()).toBe('idle-dark')
  update({ line: 'offline' })
  expect(tray().toolTip).toBe(`${name} · Offline · 1 file resumes automatically`)
  update({ allPaused: true })
  expect(shownIcon()).toBe('paused-dark')
  update({ allPaused: false })
  expect(shownIcon()).toBe('idle-dark')
  update({ conditions: { ...idleConditions, hold: { kind: 'battery', percent: 9, belowPercent: 20 } } })
  expect(shownIcon()).toBe('paused-dark')
})

test('is drawn at once, and then at most once a second', () => {
  const { icon, tray, state } = setup()
  icon.update()
  state.totals = sending
  icon.update()
  vi.advanceTimersByTime(999)
  expect(tray().toolTip).toContain('No uploads')
  vi.advanceTimersByTime(1)
  expect(tray().toolTip).toContain('50 bytes')
})

test('the menu says how much would be uploaded again by stopping now', () => {
  const { tray, update } = setup()
  const pausing = { uploadCount: 1, finishingParts: 2, unacknowledgedBytes: 5_000_000 }
  update({ totals: { ...sending, pausing }, allPaused: true })
  expect(tray().menu?.getMenuItemById('stop-pausing')?.label).toContain('5.0 MB')
  update({ totals: { ...sending, pausing: { ...pausing, unacknowledgedBytes: 6_000_000 } } })
  expect(tray().menu?.getMenuItemById('stop-pausing')?.label).toContain('6.0 MB')
  update({ totals: sending, allPaused: false })
  expect(tray().menu?.getMenuItemById('stop-pausing')).toBeNull()
})

test('a click opens the window, except on macOS, where it opens the menu and files may be dropped', () => {
  const windows = setup({ platform: 'win32' })
  windows.tray().emit('click')
  windows.tray().emit('drop-files', {}, ['/a.gguf'])
  expect([windows.open.mock.calls.length, windows.onFiles.mock.calls]).toEqual([1, []])
  const mac = setup({ platform: 'darwin' })
  mac.tray().emit('click')
  mac.tray().emit('drop-files', {}, ['/a.gguf'])
  expect([mac.open.mock.calls.length, mac.onFiles.mock.calls]).toEqual([0, [[['/a.gguf']]]])
  expect(mac.shownIcon()).toBe('idleTemplate')
})

test('a panel that restarts gets a new icon with the same content', () => {
  const { icon, tray, trays, update, shownIcon } = setup()
  update({ totals: sending })
  const first = tray()
  const { toolTip } = first
  icon.recreate()
  expect([first.isDestroyed(), trays().length]).toEqual([true, 1])
  expect([shownIcon(), tray().toolTip]).toEqual(['sending-4-dark', toolTip])
  expect(tray().menu?.getMenuItemById('open')).not.toBeNull()
})

test('the app works without an icon that could not be created, and may create it later', () => {
  const read = vi.spyOn(nativeImage, 'createFromPath').mockImplementation(() => {
    throw new Error('no such file')
  })
  onTestFinished(() => read.mockRestore())
  const { icon, lines, trays } = setup()
  icon.update()
  expect(trays()).toEqual([])
  expect(lines).toMatchObject([{ level: 'warn', message: 'the tray icon could not be created' }])
  read.mockRestore()
  icon.recreate()
  expect(trays()).toHaveLength(1)
})

test.each([
  [false, 'idle-dark'],
  [true, 'idle-light'],
])(
  'while the app has a theme of its own, the icon fits a desktop that is dark: %s',
  (isDesktopDark, name) => {
    onTestFinished(() => void (nativeTheme.themeSource = 'system'))
    nativeTheme.themeSource = isDesktopDark ? 'light' : 'dark'
    const { shownIcon } = setup({ platform: 'linux', isDesktopDark })
    expect(shownIcon()).toBe(name)
  },
)

test('the icon follows the theme of the system', async () => {
  onTestFinished(() => void (nativeTheme.shouldUseDarkColorsForSystemIntegratedUI = false))
  const { shownIcon } = setup({ platform: 'win32', isDesktopDark: true })
  expect(shownIcon()).toBe('idle-dark')
  nativeTheme.shouldUseDarkColorsForSystemIntegratedUI = true
  vi.advanceTimersByTime(1_000)
  nativeTheme.emit('updated', {})
  expect(shownIcon()).toBe('idle-light')
  const { shownIcon: onLinux } = setup({ platform: 'linux', isDesktopDark: true })
  expect(onLinux()).toBe('idle-dark')
})
