import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Totals } from '../../../../electron/contract/uploads.ts'
import { translatorFor } from '../../../../electron/messages/messages.ts'
import {
  isPanelDark,
  summaryText,
  taskbarProgress,
  timeLeftText,
  progressStep,
  progressSteps,
  trayIconName,
  trayStateOf,
} from '../../../../electron/desktop/tray/tray-state.ts'
import { emptyTotals } from '../../../support/totals.ts'

const english = translatorFor('en')

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

  test('is a template image on macOS and matches the panel elsewhere', () => {
    expect(trayIconName('idle', 0, 'darwin', true)).toBe('idleTemplate.png')
    expect(trayIconName('paused', 0, 'linux', true)).toBe('paused-light.png')
    expect(trayIconName('paused', 0, 'win32', false)).toBe('paused-dark.ico')
  })
})

test.each([
  [0, 0, 0],
  [0, 80, 0],
  [9, 80, 0],
  [10, 80, 1],
  [79, 80, 7],
  [80, 80, 7],
])('shows %i of %i bytes as %i of eight steps, never full while running', (movedBytes, totalBytes, step) => {
  expect(progressStep({ ...emptyTotals, movedBytes, totalBytes })).toBe(step)
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

test.each<[string, boolean, Partial<Parameters<typeof isPanelDark>[0]>]>([
  ['GNOME’s bar in a light theme', true, { desktop: 'ubuntu:GNOME' }],
  ['KDE’s panel in a light theme', false, { desktop: 'KDE' }],
  ['KDE’s panel in a dark theme', true, { desktop: 'KDE', isDesktopDark: true }],
  ['Windows’ dark taskbar under light apps', true, { platform: 'win32', isSystemDark: true }],
  ['Windows’ light taskbar under dark apps', false, { platform: 'win32', isDesktopDark: true }],
])('%s is dark: %s', (_panel, dark, known) => {
  const panel = { platform: 'linux', desktop: '', isDesktopDark: false, isSystemDark: false } as const
  expect(isPanelDark({ ...panel, ...known })).toBe(dark)
})

describe('the summary', () => {
  test('contains count, progress, speed and time left', () => {
    const totals = {
      ...emptyTotals,
      running: 2,
      waiting: 5,
      totalBytes: 1000,
      movedBytes: 415,
      bytesPerSecond: 12_440_000,
      secondsLeft: 700,
    }
    expect(summaryText(totals, false, english)).toBe(
      'Uploading 2 files, 41% · 5 waiting · 12.4 MB/s · about 15 min left',
    )
  })

  test('never shows 100 % while uploads run', () => {
    const totals = { ...emptyTotals, running: 1, totalBytes: 10, movedBytes: 10 }
    expect(summaryText(totals, false, english)).toBe('Uploading 1 file, 99%')
  })

  test.each<[string, Partial<Totals>]>([
    ['Uploading 1 file, 0%', {}],
    ['Uploading 1 file, 98%', { totalBytes: 1000, movedBytes: 985 }],
    ['Uploading 1 file, 99%', { totalBytes: 1, movedBytes: 1 }],
    ['Uploading 1 file, 0% · 1 waiting', { waiting: 1 }],
    ['Uploading 1 file, 0% · 1 file needs attention', { needsYou: 1 }],
  ])('is “%s” while one upload runs with %j', (text, totals) => {
    expect(summaryText({ ...emptyTotals, running: 1, ...totals }, false, english)).toBe(text)
  })

  test.each<[string, Partial<Totals>, { readonly allPaused: boolean }]>([
    ['No uploads', {}, { allPaused: false }],
    ['No uploads', {}, { allPaused: true }],
    ['1 file paused', { paused: 1 }, { allPaused: false }],
    ['3 files paused', { paused: 1, waiting: 2 }, { allPaused: true }],
    ['1 file paused', { waiting: 1 }, { allPaused: true }],
    ['1 waiting', { waiting: 1 }, { allPaused: false }],
    ['2 waiting · 1 file paused', { waiting: 2, paused: 1 }, { allPaused: false }],
    ['2 files need attention', { needsYou: 2, paused: 1 }, { allPaused: false }],
  ])('is “%s” while nothing runs with %j and %j', (text, totals, { allPaused }) => {
    expect(summaryText({ ...emptyTotals, ...totals }, allPaused, english)).toBe(text)
  })
})

test.each([
  [5, 'less than a minute left'],
  [60, 'less than a minute left'],
  [61, 'about 2 min left'],
  [541, 'about 10 min left'],
  [601, 'about 15 min left'],
  [3_300, 'about 55 min left'],
  [3_540, 'about 60 min left'],
  [200, 'about 4 min left'],
  [540, 'about 9 min left'],
  [1_300, 'about 25 min left'],
  [3_600, 'about 1 h left'],
  [5_400, 'about 1.5 h left'],
  [36_000, 'about 10 h left'],
])('%i seconds are %s', (seconds, sentence) => {
  expect(timeLeftText(seconds, english)).toBe(sentence)
})

const half: Totals = { ...emptyTotals, running: 1, totalBytes: 200, movedBytes: 101 }

describe('the taskbar progress', () => {
  const progress = (totals: Partial<Totals>, { allPaused = false, isHeld = false } = {}) =>
    taskbarProgress({ totals: { ...half, ...totals }, allPaused }, isHeld)

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

  test('is shown as paused when the user paused everything', () => {
    expect(progress({}, { allPaused: true })).toEqual({ value: 0.5, mode: 'paused' })
  })

  test('is shown as paused rather than red while the queue is held', () => {
    expect(progress({ needsYou: 1 }, { isHeld: true })).toEqual({ value: 0.5, mode: 'paused' })
  })
})
