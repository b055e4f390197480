import { expect, test } from 'vitest'
import type { Patch, Phase, Totals, UploadRow } from '../../../../electron/contract/uploads.ts'
import { createNotificationRules } from '../../../../electron/desktop/tray/notification-rules.ts'
import { emptyTotals } from '../../../support/totals.ts'

let sequence = 0

function row(id: string, phase: Phase): UploadRow {
  return {
    id,
    position: 1,
    fileName: `${id}.safetensors`,
    folder: '',
    sizeBytes: 1,
    accountId: 'account',
    team: { id: 'team', name: 'Team' },
    target: { displayName: id, modelType: 'loras', modelPath: `models/loras/${id}.safetensors` },
    recognition: {
      format: 'safetensors',
      modelType: null,
      base: null,
      reason: { key: 'reason.unknown', params: {} },
      tensorCount: null,
      dtype: null,
    },
    phase,
    started: true,
    sentBytes: 0,
    inFlightBytes: 0,
    hashedBytes: 0,
    bytesPerSecond: null,
    secondsLeft: null,
    failure: null,
    retryAtMs: null,
    addedAtMs: 0,
    finishedAtMs: null,
    sha256: null,
    storageKey: null,
    modelId: null,
  }
}

function patch(totals: Partial<Totals>, ...changed: UploadRow[]): Patch {
  sequence += 1
  return {
    sequence,
    changed,
    removed: [],
    totals: { ...emptyTotals, ...totals },
    allPaused: false,
    line: 'ok',
  }
}

test('a batch is notified once, after its last file', () => {
  const watch = createNotificationRules()
  expect(watch(patch({ running: 2, waiting: 1 }, row('a', 'sending')))).toEqual([])
  expect(watch(patch({ running: 1, waiting: 1 }, row('a', 'registered')))).toEqual([])
  expect(watch(patch({ running: 1 }, row('b', 'registered')))).toEqual([])
  expect(watch(patch({}, row('c', 'registered')))).toEqual([{ kind: 'batch-done', registered: 3, failed: 0 }])
  expect(watch(patch({}))).toEqual([])
})

test('a model that is verified during the batch is counted once, and one of an earlier batch not at all', () => {
  const watch = createNotificationRules()
  const verification = { kind: 'verified', atMs: 0 } as const
  watch(patch({ running: 2 }, row('a', 'sending'), row('b', 'sending')))
  watch(patch({ running: 1 }, { ...row('a', 'registered'), verification: { kind: 'pending' } }))
  watch(patch({ running: 1 }, { ...row('a', 'registered'), verification }))
  watch(patch({ running: 1 }, { ...row('earlier', 'registered'), verification }))
  expect(watch(patch({}, row('b', 'registered')))).toEqual([{ kind: 'batch-done', registered: 2, failed: 0 }])
})

test('the next batch starts counting at zero', () => {
  const watch = createNotificationRules()
  watch(patch({ running: 1 }))
  watch(patch({}, row('a', 'registered')))
  watch(patch({ running: 1 }))
  expect(watch(patch({}, row('b', 'registered')))).toEqual([{ kind: 'batch-done', registered: 1, failed: 0 }])
})

test('a failure is notified immediately and once', () => {
  const watch = createNotificationRules()
  const bad = row('a', 'failed')
  expect(watch(patch({ running: 1, needsYou: 1 }, bad))).toEqual([{ kind: 'needs-you', rows: [bad] }])
  expect(watch(patch({ running: 1, needsYou: 1 }, bad))).toEqual([])
  expect(watch(patch({ needsYou: 1 }, row('b', 'registered')))).toEqual([
    { kind: 'batch-done', registered: 1, failed: 1 },
  ])
  watch(patch({ running: 1 }, row('a', 'sending')))
  expect(watch(patch({ needsYou: 1 }, bad))).toEqual([{ kind: 'needs-you', rows: [bad] }])
})

test('temporary waiting and cancelled batches are not notified', () => {
  const watch = createNotificationRules()
  expect(watch(patch({ running: 1 }, row('a', 'retrying')))).toEqual([])
  expect(watch({ ...patch({}), removed: ['a'] })).toEqual([])
})
