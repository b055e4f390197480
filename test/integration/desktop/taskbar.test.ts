import type { BrowserWindow } from 'electron'
import { join } from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import type { Totals } from '../../../electron/contract/uploads.ts'
import { createTaskbar } from '../../../electron/desktop/tray/taskbar.ts'
import { app } from '../../electron-host/app.ts'
import { NativeImage } from '../../electron-host/native-image.ts'
import { projectFolder } from '../../support/temp-project.ts'
import { emptyTotals } from '../../support/totals.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  app.badgeCount = 0
  return () => {
    app.badgeCount = 0
    vi.useRealTimers()
  }
})

/** A taskbar for a window that can be opened again, and what the window shows. */
function setup({ isHeld = false, hasOverlay = true } = {}) {
  const shown: unknown[][] = []
  const windowOf = (id: number) => ({
    id,
    setProgressBar: (value: number, { mode }: { mode: string }) => void shown.push([id, value, mode]),
    setOverlayIcon: (image: NativeImage | null, text: string) =>
      void shown.push([id, image instanceof NativeImage && !image.isEmpty(), text]),
  })
  let window: ReturnType<typeof windowOf> | null = windowOf(1)
  const taskbar = createTaskbar({
    window: () => window as unknown as BrowserWindow | null,
    isHeld: () => isHeld,
    overlayImage: hasOverlay ? join(projectFolder, 'build/icons/16x16.png') : null,
    overlayDescription: (needsYou) => `${needsYou} need attention`,
  })
  return {
    open: (id: number | null) => void (window = id === null ? null : windowOf(id)),
    /** What the window shows after the next update. */
    update(totals: Partial<Totals>, allPaused = false) {
      vi.advanceTimersByTime(1_000)
      shown.length = 0
      taskbar.update({ totals: { ...emptyTotals, ...totals }, allPaused })
      return [...shown]
    },
    taskbar,
    shown,
  }
}

const half = { running: 1, totalBytes: 10, movedBytes: 5 }

test('shows the progress, and removes it at the end', () => {
  const { update } = setup({ hasOverlay: false })
  expect(update(half)).toEqual([[1, 0.5, 'normal']])
  expect(update(half, true)).toEqual([[1, 0.5, 'paused']])
  expect(update({})).toEqual([[1, -1, 'none']])
})

test('shows that the queue is held', () => {
  expect(setup({ isHeld: true, hasOverlay: false }).update(half)).toEqual([[1, 0.5, 'paused']])
})

test('lays an image over the icon in place of a badge, and repeats what a hidden window forgets', () => {
  const { open, update } = setup()
  const shown = (id: number) => [
    [id, 0.5, 'error'],
    [id, true, '1 need attention'],
  ]
  expect(update({ ...half, needsYou: 1 })).toEqual(shown(1))
  expect(update({ ...half, needsYou: 1 })).toEqual(shown(1))
  open(2)
  expect(update({ ...half, needsYou: 1 })).toEqual(shown(2))
  expect(app.badgeCount).toBe(0)
  expect(update(half)).toEqual([
    [2, 0.5, 'normal'],
    [2, false, ''],
  ])
})

test('the badge counts the files that need attention, also without a window', () => {
  const { open, update } = setup({ hasOverlay: false })
  open(null)
  expect(update({ needsYou: 1 })).toEqual([])
  expect(app.badgeCount).toBe(1)
  update({})
  expect(app.badgeCount).toBe(0)
})

test('updates at once, and then at most once a second with the last numbers', () => {
  const { taskbar, shown } = setup({ hasOverlay: false })
  for (const movedBytes of [1, 2, 3])
    taskbar.update({ totals: { ...emptyTotals, ...half, movedBytes }, allPaused: false })
  expect(shown).toEqual([[1, 0.1, 'normal']])
  vi.advanceTimersByTime(999)
  expect(shown).toHaveLength(1)
  vi.advanceTimersByTime(1)
  expect(shown).toEqual([
    [1, 0.1, 'normal'],
    [1, 0.3, 'normal'],
  ])
})
