import { expect, test } from 'vitest'
import { createUndoHistory } from '../../../electron/intake/undo-history.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { multipartOpenState, uploadRecord } from '../../support/records.ts'

const replacing = (asidePath: string | null) => ({
  library: {
    replaces: { modelId: 'old', name: 'Old', path: 'models/loras/a.safetensors', fate: 'delete', asidePath },
  } as const,
})

test.for<[what: string, given: Partial<UploadRecord>, isRestored: boolean]>([
  ['that is queued', {}, true],
  ['that would have replaced a model', replacing(null), true],
  ['that has moved the old model to another path', replacing('models/loras/a.old.safetensors'), false],
  ['of which bytes were sent', { state: { kind: 'queued', started: true } }, false],
  ['with parts in storage', { state: multipartOpenState(5) }, false],
])('restores an upload %s: %s', ([_what, given, isRestored]) => {
  const history = createUndoHistory()
  const record = uploadRecord(given)
  history.rememberRemoved([record])
  expect(history.findRemoved([record.id])).toEqual(isRestored ? [record] : [])
})

test('finds removed uploads in the requested order until they are forgotten', () => {
  const history = createUndoHistory()
  const [first, second] = [uploadRecord(), uploadRecord()]
  history.rememberRemoved([first, second])
  expect(history.findRemoved([second.id, 'unknown', first.id])).toEqual([second, first])
  history.forgetRemoved([first.id])
  expect(history.findRemoved([first.id, second.id])).toEqual([second])
})

test('forgets what was removed of accounts that have signed out, and nothing of others', () => {
  const history = createUndoHistory()
  const [left, stays] = [uploadRecord({ accountId: 'left' }), uploadRecord({ accountId: 'stays' })]
  history.rememberRemoved([left, stays])
  history.forgetAccounts((accountId) => accountId === 'left')
  expect(history.findRemoved([left.id, stays.id])).toEqual([stays])
})
