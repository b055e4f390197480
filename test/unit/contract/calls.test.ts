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

test('every call refuses members that it doesn’t know', () => {
  for (const [name, { args }] of Object.entries(calls))
    expect([name, v.is(args, { unknown: 1 })]).toEqual([name, false])
})
