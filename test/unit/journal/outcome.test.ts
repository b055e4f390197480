import { expect, test } from 'vitest'
import { failure } from '../../../electron/contract/failures.ts'
import { outcomeOf } from '../../../electron/journal/outcome.ts'
import { mustRestart, reset, resetAfter } from '../../../electron/journal/reset.ts'
import {
  multipartOpenState,
  registeredState,
  replacingState,
  storedState,
  uploadRecord,
} from '../../support/records.ts'

const environment = { now: () => 1_000, random: () => 0.5 }

test('a run ends with a retry, a hold of all uploads or a failure, by what it met', () => {
  const busy = failure('storage-busy')
  const limited = failure('rate-limited', {}, { retryAfterMs: 8_000 })
  const refused = failure('storage-refused')
  const trouble = failure('server-trouble')
  expect(outcomeOf(busy, 2, environment)).toEqual({ kind: 'retry', failure: busy, atMs: 2_000 })
  expect(outcomeOf(limited, 1, environment)).toEqual({ kind: 'hold', failure: limited, untilMs: 11_000 })
  expect(outcomeOf(refused, 1, environment)).toEqual({ kind: 'failed', failure: refused })
  expect(outcomeOf(trouble, 10, environment)).toEqual({ kind: 'failed', failure: trouble })
  expect(outcomeOf(failure('upload-ended'), 1, environment)).toMatchObject({ kind: 'retry', atMs: 1_000 })
})

const queued = { kind: 'queued', started: false }

test.each([
  ['that has sent bytes', { kind: 'queued', started: true } as const, queued],
  ['in parts', multipartOpenState(10), queued],
  ['that is stored', storedState(), queued],
  ['that still replaces a model', replacingState('m'), replacingState('m')],
  ['that is registered', registeredState('m', 1), queued],
])('an upload %s is reset', (_what, state, expected) => {
  expect(reset(uploadRecord({ state }))).toEqual({ state: expected })
})

test.each(['not-found', 'upload-ended', 'file-changed', 'bytes-differ', 'parts-do-not-fit'] as const)(
  'after %s an upload restarts from byte 0',
  (code) => {
    const record = uploadRecord({ state: multipartOpenState(10) })
    expect([mustRestart(failure(code)), resetAfter(record, failure(code))]).toEqual([true, { state: queued }])
  },
)

test('after any other failure or none, an upload continues', () => {
  const record = uploadRecord({ state: multipartOpenState(10) })
  expect([resetAfter(record, failure('offline')), resetAfter(record, null)]).toEqual([{}, {}])
})
