import { expect, test } from 'vitest'
import { createPauseControl } from '../../../electron/platform/pause-request.ts'

test('notifies listeners once per request and once per revocation', () => {
  const control = createPauseControl()
  const seen: boolean[] = []
  control.onChange(() => seen.push(control.isRequested))
  control.revoke()
  control.request()
  control.request()
  expect(seen).toEqual([true])
  control.revoke()
  control.revoke()
  control.request()
  expect(seen).toEqual([true, false, true])
})

test('the signal of a revoked pause stays aborted, and the next pause aborts another one', () => {
  const control = createPauseControl()
  const first = control.signal
  control.request()
  control.revoke()
  const second = control.signal
  expect([first.aborted, second.aborted]).toEqual([true, false])
  control.request()
  expect(second.aborted).toBe(true)
})

test('does not notify a listener that has unsubscribed, not even by another listener', () => {
  const control = createPauseControl()
  const seen: string[] = []
  const unsubscribe = control.onChange(() => {
    seen.push('first')
    unsubscribe()
  })
  control.onChange(() => seen.push('second'))
  control.request()
  control.revoke()
  expect(seen).toEqual(['first', 'second', 'second'])
})
