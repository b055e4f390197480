import { expect, test } from 'vitest'
import type { Totals } from '../../../../electron/contract/uploads.ts'
import { taskbarProgress } from '../../../../electron/desktop/tray/taskbar-progress.ts'

const half: Totals = {
  ...{ running: 1, waiting: 0, needsYou: 0, paused: 0, registeredToday: 0 },
  ...{ totalBytes: 200, movedBytes: 101, bytesPerSecond: null, secondsLeft: null },
}

test.each<[string, Partial<Totals>, boolean, boolean, number, string]>([
  ['with nothing to do there is no bar', { running: 0 }, false, false, -1, 'none'],
  [
    'what only needs the person is no reason for a bar',
    { running: 0, needsYou: 2 },
    false,
    false,
    -1,
    'none',
  ],
  ['it fills in steps of a hundredth', {}, false, false, 0.5, 'normal'],
  ['what waits has a bar as well', { running: 0, waiting: 3 }, false, false, 0.5, 'normal'],
  ['it is never full while something runs', { movedBytes: 200 }, false, false, 0.99, 'normal'],
  ['a file without bytes fills nothing', { totalBytes: 0, movedBytes: 0 }, false, false, 0, 'normal'],
  ['paused by the person it stands', {}, true, false, 0.5, 'paused'],
  ['held by battery, line or hour it stands', { needsYou: 1 }, false, true, 0.5, 'paused'],
  ['it is red when something needs the person', { needsYou: 1 }, false, false, 0.5, 'error'],
])('%s', (_name, totals, allPaused, isHeld, value, mode) => {
  expect(taskbarProgress({ totals: { ...half, ...totals }, allPaused }, isHeld)).toEqual({ value, mode })
})
