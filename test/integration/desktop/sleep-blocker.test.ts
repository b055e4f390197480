import { expect, test } from 'vitest'
import type { Totals, UploadRow } from '../../../electron/contract/uploads.ts'
import { createSleepBlocker } from '../../../electron/desktop/power/sleep-blocker.ts'
import { host } from '../../electron-host/state.ts'

/** Applies patches about one upload; tells whether the computer is kept awake after each. */
function setup() {
  let nowMs = 1_000_000
  const eventsBefore = host.events.length
  const blocker = createSleepBlocker(() => nowMs)
  return (change: Partial<UploadRow>, { running = 1, passMs = 0 } = {}) => {
    nowMs += passMs
    const row = { id: 'one', phase: 'sending', sentBytes: 0, inFlightBytes: 0, hashedBytes: 0, ...change }
    blocker.applyPatch({ changed: [row as UploadRow], removed: [], totals: { running } as Totals })
    return host.events.slice(eventsBefore).at(-1)?.kind === 'power-save-start'
  }
}

test('keeps the computer awake until 30 seconds after bytes were last sent or hashed', () => {
  const isAwakeAfter = setup()
  expect(isAwakeAfter({})).toBe(false)
  expect(isAwakeAfter({ inFlightBytes: 1 })).toBe(true)
  expect(host.events.at(-1)).toMatchObject({ type: 'prevent-app-suspension' })
  expect(isAwakeAfter({ inFlightBytes: 1, bytesPerSecond: 3 }, { passMs: 29_999 })).toBe(true)
  expect(isAwakeAfter({ inFlightBytes: 1 }, { passMs: 1 })).toBe(false)
  expect(isAwakeAfter({ inFlightBytes: 1, hashedBytes: 9 })).toBe(true)
  expect(isAwakeAfter({ sentBytes: 2, hashedBytes: 9 }, { passMs: 29_999 })).toBe(true)
  expect(isAwakeAfter({ sentBytes: 2, hashedBytes: 9 }, { passMs: 29_999 })).toBe(true)
})

test('lets the computer sleep as soon as nothing is uploaded', () => {
  const isAwakeAfter = setup()
  isAwakeAfter({})
  expect(isAwakeAfter({ sentBytes: 1 })).toBe(true)
  expect(isAwakeAfter({ sentBytes: 2 }, { running: 0 })).toBe(false)
})

test('keeps the computer awake for an upload that is first shown with bytes in flight', () => {
  expect(setup()({ sentBytes: 5, inFlightBytes: 1 })).toBe(true)
})

test('an upload that starts, waits, is paused or loses what was in flight makes no progress', () => {
  const isAwakeAfter = setup()
  expect(isAwakeAfter({ phase: 'waiting', sentBytes: 6 })).toBe(false)
  expect(isAwakeAfter({ phase: 'retrying', sentBytes: 5 })).toBe(false)
  expect(isAwakeAfter({ phase: 'sending', sentBytes: 5 })).toBe(false)
  expect(isAwakeAfter({ phase: 'paused', sentBytes: 5 })).toBe(false)
})
