import { expect, test } from 'vitest'
import { createBootIdReader, isEarlierBoot, isUpToDate } from '../../../electron/journal/boot.ts'

const bootedAtMs = 1_790_000_000_000

/** The id of a boot at `bootedAtMs` as it is read after this uptime, without `systemId` on a system that has none. */
const bootIdAfter = (
  uptimeSeconds: number,
  { systemId, clockErrorMs = 0 }: { readonly systemId?: string; readonly clockErrorMs?: number } = {},
) =>
  createBootIdReader({
    readSystemId() {
      if (systemId === undefined) throw new Error('ENOENT')
      return systemId
    },
    now: () => bootedAtMs + uptimeSeconds * 1000 + clockErrorMs,
    uptimeSeconds: () => uptimeSeconds,
  })()

test('the boot id of the system is used', () => {
  expect(bootIdAfter(5, { systemId: 'id 1\n' })).toBe('id 1')
  expect([isEarlierBoot('id 1', 'id 1'), isEarlierBoot('id 1', 'id 2')]).toEqual([false, true])
  expect([isUpToDate('id 1', 'id 1'), isUpToDate('id 1', 'id 2')]).toEqual([true, false])
})

test('without an id, a boot is earlier whose time is earlier by more than a minute', () => {
  const first = bootIdAfter(5)
  expect(first).toBe(`booted at ${bootedAtMs}`)
  expect(bootIdAfter(5, { systemId: '' })).toBe(first)
  const isEarlier = (clockErrorMs: number) => isEarlierBoot(first, bootIdAfter(1_000_000, { clockErrorMs }))
  // The clock was set back, or the computer was rebooted.
  expect([-3_600_000, 60_000, 60_001].map(isEarlier)).toEqual([false, false, true])
})
