import { once } from 'node:events'
import process from 'node:process'
import { expect, onTestFinished, test } from 'vitest'
import { createEventHub } from '../../../electron/platform/event-hub.ts'

test('a hundred listeners are no leak, and more are reported as one', async () => {
  const hub = createEventHub()
  const warnings: string[] = []
  const add = ({ name }: Error) => void warnings.push(name)
  process.on('warning', add)
  onTestFinished(() => void process.off('warning', add))
  /** Warnings are emitted in order: an earlier one arrives before this one. */
  const warningsSoFar = async () => {
    const last = once(process, 'warning')
    process.emitWarning('the last one')
    await last
    return warnings.filter((name) => name === 'MaxListenersExceededWarning').length
  }
  for (let count = 1; count <= 100; count += 1) hub.on('queueIdle', () => undefined)
  expect(await warningsSoFar()).toBe(0)
  hub.on('queueIdle', () => undefined)
  await once(process, 'warning')
  expect(await warningsSoFar()).toBe(1)
})
