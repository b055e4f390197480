import { expect, test } from 'vitest'
import { failure } from '../../../electron/contract/failures.ts'
import {
  queueStatus,
  unheldQueue,
  uploadStatusOf,
  type QueueConditions,
  type QueueStatus,
} from '../../../electron/contract/upload-status.ts'
import { type Totals } from '../../../electron/contract/uploads.ts'
import { emptyTotals } from '../../support/totals.ts'

const pausing = { uploadCount: 1, finishingParts: 2, unacknowledgedBytes: 30 }
type State = Parameters<typeof uploadStatusOf>[0]

test.each([
  ['offline', 'connection'],
  ['proxy-unreachable', 'connection'],
  ['not-the-api', 'connection'],
  ['disk-missing', 'disk'],
  ['file-read-trouble', 'disk'],
  ['journal-full', 'disk'],
  ['server-trouble', 'server'],
  ['storage-busy', 'server'],
  ['rate-limited', 'server'],
  ['same-as-other', 'upload'],
] as const)('an upload that is retried after %s waits for: %s', (code, status) => {
  expect(uploadStatusOf({ phase: 'retrying', failure: failure(code) }, unheldQueue)).toBe(status)
})

test.each<[string, State]>([
  ['registered', { phase: 'registered', failure: null }],
  ['already', { phase: 'registered', failure: null, already: { name: 'a', path: null, status: 'active' } }],
  ['differs', { phase: 'registered', failure: failure('record-differs') }],
  ['missing', { phase: 'registered', failure: failure('record-missing') }],
  [
    'deleted',
    {
      phase: 'registered',
      failure: null,
      already: { name: 'a', path: null, status: 'active' },
      verification: { kind: 'not-verified', reason: 'deleted', isFinal: true, atMs: 1 },
    },
  ],
  ['turn', { phase: 'sending', failure: null, waitsForTurn: true }],
  ['failed', { phase: 'failed', failure: null }],
])('shows the status %s for %o', (status, row) => {
  expect(uploadStatusOf(row, unheldQueue)).toBe(status)
})

test.each<[QueueStatus['word'], number, Partial<Totals>, Partial<QueueConditions>]>([
  ['offline', 3, { running: 1, waiting: 2, paused: 4 }, { connectivity: 'offline', hold: 'battery' }],
  ['offline-paused', 3, { waiting: 2, paused: 1 }, { connectivity: 'offline', allPaused: true }],
  ['paused', 3, { waiting: 2, paused: 1, needsYou: 1 }, { allPaused: true, hold: 'quiet-hours' }],
  ['paused', 1, { paused: 1 }, { hold: 'metered' }],
  ['quiet-hours', 2, { waiting: 2 }, { hold: 'quiet-hours' }],
  ['metered', 2, { running: 1, waiting: 2 }, { hold: 'metered' }],
  ['uploading', 1, { running: 1, waiting: 5, needsYou: 1 }, {}],
  ['uploading', 1, { running: 1 }, { hold: 'battery' }],
  ['uploading', 2, { running: 2, pausing: { ...pausing, uploadCount: 1 } }, {}],
  ['pausing', 2, { running: 1, waiting: 1, pausing }, { allPaused: true }],
  ['waiting', 2, { waiting: 2, paused: 1, needsYou: 1 }, {}],
  ['needs-you', 1, { needsYou: 1, registeredToday: 3 }, { connectivity: 'offline', allPaused: true }],
  ['done', 3, { registeredToday: 3 }, { connectivity: 'offline' }],
  ['idle', 0, { inReview: 2 }, { allPaused: true }],
])('the queue is said to be %s, about %d uploads, with %j and %j', (word, count, totals, queue) => {
  expect(queueStatus({ ...emptyTotals, ...totals }, { ...unheldQueue, ...queue })).toEqual({ word, count })
})
