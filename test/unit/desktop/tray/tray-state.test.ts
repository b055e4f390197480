import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Totals } from '../../../../electron/contract/uploads.ts'
import {
  taskbarProgress,
  progressSteps,
  trayIconName,
  trayStateOf,
} from '../../../../electron/desktop/tray/tray-state.ts'
import { emptyTotals } from '../../../support/totals.ts'

describe('the icon', () => {
  test.each<[ReturnType<typeof trayStateOf>, Partial<Totals>, boolean]>([
    ['idle', {}, false],
    ['idle', {}, true],
    ['idle', { waiting: 2 }, false],
    ['sending', { running: 1, paused: 3 }, false],
    ['paused', { paused: 1 }, false],
    ['paused', { waiting: 1 }, true],
    ['attention', { running: 2, needsYou: 1 }, false],
  ])('shows %s for %j (everything paused: %s)', (state, totals, allPaused) => {
    expect(trayStateOf({ ...emptyTotals, ...totals }, allPaused)).toBe(state)
  })
})

test('every icon file exists in each density', () => {
  const folder = join(import.meta.dirname, '../../../../build/tray')
  const states = ['idle', 'sending', 'paused', 'attention'] as const
  const missing = states.flatMap((state) =>
    Array.from({ length: progressSteps }, (_, step) => step).flatMap((step) => {
      const dense = (name: string) =>
        ['', '@1.25x', '@1.5x', '@2x'].map((end) => name.replace('.png', `${end}.png`))
      const grounds = [true, false]
      return [
        trayIconName(state, step, 'darwin', true),
        trayIconName(state, step, 'darwin', true).replace('.png', '@2x.png'),
        ...grounds.flatMap((dark) => dense(trayIconName(state, step, 'linux', dark))),
        ...grounds.map((dark) => trayIconName(state, step, 'win32', dark)),
      ].filter((name) => !existsSync(join(folder, name)))
    }),
  )
  expect(missing).toEqual([])
})

const half: Totals = { ...emptyTotals, running: 1, totalBytes: 200, movedBytes: 101 }

describe('the taskbar progress', () => {
  const progress = (totals: Partial<Totals>, { allPaused = false } = {}) =>
    taskbarProgress({ totals: { ...half, ...totals }, allPaused }, false)

  test.each<[string, Partial<Totals>, number, string]>([
    ['is absent when there is nothing to do', { running: 0 }, -1, 'none'],
    ['is absent when files only need attention', { running: 0, needsYou: 2 }, -1, 'none'],
    ['advances in hundredths', {}, 0.5, 'normal'],
    ['is shown for waiting uploads', { running: 0, waiting: 3 }, 0.5, 'normal'],
    ['is shown while as many uploads wait as run', { waiting: 1 }, 0.5, 'normal'],
    ['is never full while uploads run', { movedBytes: 200 }, 0.99, 'normal'],
    ['is zero for empty files', { totalBytes: 0, movedBytes: 0 }, 0, 'normal'],
    ['counts a single byte', { totalBytes: 1, movedBytes: 1 }, 0.99, 'normal'],
    ['is red when a file needs attention', { needsYou: 1 }, 0.5, 'error'],
  ])('%s', (_title, totals, value, mode) => {
    expect(progress(totals)).toEqual({ value, mode })
  })
})
