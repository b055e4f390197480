import { expect, test } from 'vitest'
import type { Phase, UploadRow } from '../../../../electron/contract/uploads.ts'
import { failure, type Failure, type FailureCode } from '../../../../electron/contract/failures.ts'
import type { Locale } from '../../../../electron/contract/app-info.ts'
import {
  createNotificationRules,
  type BatchNotification,
} from '../../../../electron/desktop/tray/notification-rules.ts'
import { notificationText } from '../../../../electron/desktop/tray/notification-text.ts'
import { nativeTranslatorFor } from '../../../../electron/messages/messages.ts'
import { patchOf } from '../../../support/totals.ts'

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

const idsOf = (notification: BatchNotification | null) =>
  notification && [notification.registered.map(({ id }) => id), notification.failed.map(({ id }) => id)]

test('a batch is notified once, after its last file, without files that the library had', () => {
  const { applyPatch: watch } = createNotificationRules(0)
  expect(watch(patchOf({ running: 2, waiting: 1 }, row('a', 'sending')))).toBeNull()
  expect(watch(patchOf({ running: 1, waiting: 1 }, row('a', 'registered')))).toBeNull()
  const copy = { ...row('copy', 'registered'), already: { name: 'Theirs', path: null, status: 'active' } }
  expect(watch(patchOf({ running: 1 }, row('b', 'registered'), copy))).toBeNull()
  expect(idsOf(watch(patchOf({}, row('c', 'registered'))))).toEqual([['a', 'b', 'c'], []])
  expect(watch(patchOf({}))).toBeNull()
})

test('names no upload of an account that was signed out during the batch', () => {
  const { applyPatch, forgetAccounts } = createNotificationRules(0)
  const other = (id: string, phase: Phase) => ({ ...row(id, phase), accountId: 'other' })
  applyPatch(patchOf({ running: 2 }, row('a', 'registered'), row('bad', 'failed'), other('b', 'sending')))
  forgetAccounts((accountId) => accountId === 'account')
  expect(idsOf(applyPatch(patchOf({}, other('b', 'registered'))))).toEqual([['b'], []])
})

test('a failure of an earlier batch is notified again only after it was fixed', () => {
  const { applyPatch: watch } = createNotificationRules(0)
  expect(idsOf(watch(patchOf({}, row('bad', 'failed'))))).toEqual([[], ['bad']])
  watch(patchOf({ running: 1 }, row('a', 'sending')))
  watch(patchOf({ running: 1 }, row('bad', 'failed')))
  expect(idsOf(watch(patchOf({}, row('a', 'registered'))))).toEqual([['a'], []])
  watch(patchOf({}, row('bad', 'paused')))
  expect(idsOf(watch(patchOf({}, row('bad', 'failed'))))).toEqual([[], ['bad']])
})

test('failures are notified with the batch, unless they are fixed before', () => {
  const { applyPatch: watch } = createNotificationRules(0)
  expect(watch(patchOf({ running: 1 }, row('a', 'failed'), row('b', 'failed')))).toBeNull()
  expect(watch(patchOf({ running: 1 }, row('b', 'sending')))).toBeNull()
  expect(idsOf(watch(patchOf({}, row('b', 'registered'))))).toEqual([['b'], ['a']])
})

test('broken files are notified although nothing ran, each once, and later ones with them', () => {
  const { applyPatch: watch } = createNotificationRules(0)
  expect(idsOf(watch(patchOf({}, row('a', 'failed'))))).toEqual([[], ['a']])
  expect(watch(patchOf({}, row('a', 'failed')))).toBeNull()
  expect(idsOf(watch(patchOf({}, row('b', 'failed'))))).toEqual([[], ['a', 'b']])
})

test('what an earlier process has left is not notified until it changes', () => {
  const { applyPatch: watch } = createNotificationRules(5_000)
  const left = (id: string, phase: Phase) => ({ ...row(id, phase), addedAtMs: 4_999 })
  const verification = { kind: 'pending' } as const
  const registered = { ...left('done', 'registered'), verification }
  expect(watch(patchOf({}, left('bad', 'failed'), left('later', 'failed'), registered))).toBeNull()
  expect(watch(patchOf({}, left('bad', 'failed')))).toBeNull()
  // Retried, and failed again beside a new upload.
  watch(patchOf({ running: 2 }, left('later', 'sending'), { ...row('new', 'sending'), addedAtMs: 5_000 }))
  watch(patchOf({ running: 1 }, left('later', 'failed')))
  expect(idsOf(watch(patchOf({}, { ...row('new', 'registered'), addedAtMs: 5_000 })))).toEqual([
    ['new'],
    ['later'],
  ])
})

const failedRow = (id: string, code: FailureCode, params: Failure['params'] = {}): UploadRow => ({
  ...row(id, 'failed'),
  failure: failure(code, params),
})
const textOf = (registered: readonly UploadRow[], failed: readonly UploadRow[], locale: Locale = 'en') =>
  notificationText({ registered, failed }, nativeTranslatorFor(locale), locale)

test('names the model and the team, or the first models', () => {
  expect(textOf([row('grain', 'registered')], [])).toEqual({
    title: '“grain” is in Team',
    body: 'models/loras/grain.safetensors',
  })
  const many = ['a', 'b', 'c', 'd'].map((id) => row(id, 'registered'))
  expect(textOf(many, [])).toEqual({
    title: '4 models are in Team',
    body: '“a”, “b”, and 2 more',
  })
  expect(textOf(many.slice(0, 3), []).body).toBe('“a”, “b”, and 1 more')
  expect(textOf(many.slice(0, 2), [])).toEqual({
    title: '2 models are in Team',
    body: '“a”, “b”',
  })
  const inTeam = (name: string) => ({ ...row(name, 'registered'), team: { id: name, name } })
  expect(textOf([inTeam('Other'), ...many], []).title).toBe('4 models are in Team, 1 in Other')
  const three = [inTeam('Other'), ...many, inTeam('Third')]
  expect(textOf(three, []).title).toBe('6 models were uploaded to 3 teams')
})

test('names can’t disguise the text, add tags or push it out of sight', () => {
  const name = `\u202egpj\u0007\n<b>${'x'.repeat(300)}`
  const { title, body } = textOf([], [{ ...failedRow('a', 'file-empty'), fileName: name }])
  expect(title).not.toMatch(/[\u202e\p{Cc}]/u)
  expect([...title].length).toBeLessThan(100)
  const rows = ['a', 'b'].map((id) => ({
    ...row(id, 'registered'),
    target: { displayName: name, modelType: 'loras', modelPath: name },
  }))
  expect(textOf(rows, []).body).not.toMatch(/[\u202e\p{Cc}<]/u)
  expect(textOf(rows.slice(0, 1), []).body).not.toMatch(/[\u202e\p{Cc}<]/u)
  const arabic = {
    ...row('a', 'registered'),
    target: { ...row('a', 'registered').target, displayName: 'نموذج' },
  }
  expect(textOf([arabic], []).title).toBe('“\u2068نموذج\u2069” is in Team')
  expect(body).not.toContain('<')
})
