import { once } from 'node:events'
import process from 'node:process'
import { networkInterfaces } from 'node:os'
import { expect, onTestFinished, test } from 'vitest'
import { createEnvironment, realTimers } from '../../../electron/platform/system-environment.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'

test('lists the addresses of the computer without those by which it reaches itself', () => {
  const { log } = createTestEnvironment(standingClock())
  const { networkAddresses } = createEnvironment(log, async () => ['direct'])
  const external = Object.values(networkInterfaces())
    .flatMap((entries = []) => entries)
    .flatMap(({ internal, address }) => (internal ? [] : [address]))
  const listed = networkAddresses?.().split(' ').filter(Boolean)
  expect(listed).toEqual(external.sort())
})

test('a timer that was cancelled does not fire', async () => {
  const fired: string[] = []
  const cancel = realTimers.after(1, () => fired.push('cancelled'))
  cancel()
  // The cancelled timer would fire before this later one.
  await new Promise<void>((resolve) => {
    realTimers.after(2, resolve)
  })
  expect(fired).toEqual([])
})

test('a timer whose time has passed fires without a warning', async () => {
  const warnings: Error[] = []
  const add = (warning: Error) => void warnings.push(warning)
  process.on('warning', add)
  onTestFinished(() => void process.off('warning', add))
  await new Promise<void>((resolve) => void realTimers.after(-52, resolve))
  // Warnings are emitted in order: an earlier one would arrive before this one.
  const last = once(process, 'warning')
  process.emitWarning('the last one')
  await last
  expect(warnings.map(({ message }) => message)).toEqual(['the last one'])
})
