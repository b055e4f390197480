import { expect, test } from 'vitest'
import { currentBoot, isEarlierBoot, readBoot } from '../../../electron/journal/boot.ts'

const startedMs = 1_790_000_000_000

function refuse(): string {
  throw new Error('ENOENT')
}

/** A computer without a boot id that started at `startedMs`, after this uptime. */
const bootAfter = (uptimeSeconds: number, { readBootId = refuse, clockErrorMs = 0 } = {}) =>
  readBoot({
    readBootId,
    now: () => startedMs + uptimeSeconds * 1000 + clockErrorMs,
    uptimeSeconds: () => uptimeSeconds,
  })

test('the boot id of the system names a start of the computer', () => {
  expect(bootAfter(5, { readBootId: () => 'id 1\n' })).toBe('id 1')
  expect([isEarlierBoot('id 1', 'id 1'), isEarlierBoot('id 1', 'id 2')]).toEqual([false, true])
})

test('without an id, a start is earlier whose time is earlier by more than a minute', () => {
  const first = bootAfter(5)
  expect(bootAfter(5, { readBootId: () => '' })).toBe(first)
  const isEarlier = (clockErrorMs: number) => isEarlierBoot(first, bootAfter(1_000_000, { clockErrorMs }))
  // The clock was set back, or the computer was restarted.
  expect([-3_600_000, 60_000, 60_001].map(isEarlier)).toEqual([false, false, true])
})

test('a name of another kind says nothing about a restart', () => {
  expect([isEarlierBoot('id 1', bootAfter(5)), isEarlierBoot(bootAfter(5), 'id 1')]).toEqual([false, false])
})

test('the present start is not earlier than itself', () => {
  expect(isEarlierBoot(currentBoot())).toBe(false)
})
