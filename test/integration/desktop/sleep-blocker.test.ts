import { expect, test } from 'vitest'
import { createSleepBlocker } from '../../../electron/desktop/power/sleep-blocker.ts'
import { powerSaveBlocker } from '../../electron-host/power.ts'
import { host } from '../../electron-host/state.ts'

/** A blocker, a clock for it, and what it has started and stopped. */
function setup() {
  let nowMs = 1_000_000
  const eventsBefore = host.events.length
  const blocker = createSleepBlocker(() => nowMs)
  return {
    blocker,
    startMs: nowMs,
    pass: (ms: number) => void (nowMs += ms),
    events: () => host.events.slice(eventsBefore).map(({ kind }) => kind),
    lastId: () => Number(host.events.at(-1)?.['id']),
  }
}

test('keeps the computer awake while bytes move, until 30 seconds after the last progress', () => {
  const { blocker, startMs, pass, events, lastId } = setup()
  blocker.update({ running: 1, lastProgressMs: startMs })
  expect(host.events.at(-1)).toMatchObject({ kind: 'power-save-start', type: 'prevent-app-suspension' })
  const id = lastId()
  pass(29_999)
  blocker.update({ running: 1, lastProgressMs: startMs })
  expect([events(), powerSaveBlocker.isStarted(id)]).toEqual([['power-save-start'], true])
  pass(1)
  blocker.update({ running: 1, lastProgressMs: startMs })
  blocker.update({ running: 1, lastProgressMs: startMs })
  expect([events(), powerSaveBlocker.isStarted(id)]).toEqual([['power-save-start', 'power-save-stop'], false])
})

test('lets the computer sleep as soon as nothing is uploaded, and keeps it awake again later', () => {
  const { blocker, startMs, events, lastId } = setup()
  blocker.update({ running: 2, lastProgressMs: startMs })
  const first = lastId()
  blocker.update({ running: 0, lastProgressMs: startMs })
  expect(powerSaveBlocker.isStarted(first)).toBe(false)
  blocker.update({ running: 1, lastProgressMs: startMs })
  expect(powerSaveBlocker.isStarted(lastId())).toBe(true)
  blocker.update({ running: 0, lastProgressMs: startMs })
  expect(events()).toEqual(['power-save-start', 'power-save-stop', 'power-save-start', 'power-save-stop'])
})

test('does not keep the computer awake without uploads', () => {
  const { blocker, startMs, events } = setup()
  blocker.update({ running: 0, lastProgressMs: startMs })
  expect(events()).toEqual([])
})
