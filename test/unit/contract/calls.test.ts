import * as v from 'valibot'
import { expect, test } from 'vitest'
import { calls } from '../../../electron/contract/calls.ts'

test.each(['pause', 'cancel', 'retry', 'moveToTop'] as const)(
  '%s accepts all rows of a queue of 100,001 uploads',
  (name) => {
    const ids = Array.from({ length: 100_001 }, (_, index) => `upload ${index}`)
    expect(v.is(calls[name].args, { ids })).toBe(true)
  },
)

test('a page of the history has 500 uploads at most', () => {
  const accepts = (limit: number) => v.is(calls.history.args, { beforeMs: null, search: '', limit })
  expect([0, 1, 500, 501].map(accepts)).toEqual([false, true, true, false])
})
