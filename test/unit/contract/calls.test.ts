import * as v from 'valibot'
import { expect, test } from 'vitest'
import { calls, type CallName } from '../../../electron/contract/calls.ts'

test.each(['pause', 'cancel', 'retry', 'moveToTop'] as const)(
  '%s accepts all rows of a queue of 100,001 uploads',
  (name) => {
    const ids = Array.from({ length: 100_001 }, (_, index) => `upload ${index}`)
    expect(v.is(calls[name].args, { ids })).toBe(true)
  },
)

test('a page of the history has 500 uploads at most', () => {
  const accepts = (limit: number) => v.is(calls.history.args, { beforeMs: null, search: '', limit })
  expect([0, 1, 2.5, 500, 501].map(accepts)).toEqual([false, true, false, true, false])
})

const team = { accountId: 'core.example ann', teamId: 'north' }
const target = { displayName: '', modelType: '', modelPath: '' }

test.each<[name: CallName, member: string, maxLength: number, args: (text: string) => object]>([
  ['uploadLog', 'id', 400, (id) => ({ id })],
  // The longest e-mail address (RFC 5321, 4.5.3.1).
  ['signIn', 'email', 320, (email) => ({ email, password: '' })],
  ['signIn', 'password', 1_000, (password) => ({ email: '', password })],
  ['signInWithKey', 'key', 10_000, (key) => ({ key })],
  ['signInToProxy', 'name', 1_000, (name) => ({ proxy: 'http://proxy:8080', name, password: '' })],
  ['signInToProxy', 'password', 1_000, (password) => ({ proxy: 'http://proxy:8080', name: '', password })],
  ['editTarget', 'displayName', 1_000, (displayName) => ({ id: 'a', change: { displayName } })],
  ['editTarget', 'modelType', 1_000, (modelType) => ({ id: 'a', change: { modelType } })],
  ['editTarget', 'modelPath', 4_000, (modelPath) => ({ id: 'a', change: { modelPath } })],
  [
    'editTargets',
    'modelPath',
    4_000,
    (modelPath) => ({ changes: [{ id: 'a', target: { ...target, modelPath } }] }),
  ],
  [
    'changeModel',
    'displayName',
    1_000,
    (displayName) => ({ choice: team, modelId: 'm', change: { displayName } }),
  ],
  ['decide', 'path', 4_000, (path) => ({ ids: [], choice: 'rename', fate: 'disable', path })],
  ['history', 'search', 4_000, (search) => ({ beforeMs: null, search, limit: 1 })],
  // Longer than any path of Windows.
  ['addFiles', 'path', 32_768, (path) => ({ paths: [path] })],
  // All paths of a queue of ten thousand.
  ['copyText', 'text', 2_000_000, (text) => ({ text })],
])('%s accepts a %s of up to %i characters', (name, _member, maxLength, argsOf) => {
  const accepts = (length: number) => v.is(calls[name].args, argsOf('a'.repeat(length)))
  expect([accepts(maxLength), accepts(maxLength + 1)]).toEqual([true, false])
})

test('the address of a proxy is a URL of up to 2,000 characters', () => {
  const accepts = (proxy: string) => v.is(calls.signInToProxy.args, { proxy, name: 'a', password: 'b' })
  const address = 'http://proxy.example/'
  const padded = (length: number) => address.padEnd(length, 'a')
  expect([address, 'proxy', padded(2_000), padded(2_001)].map(accepts)).toEqual([true, false, true, false])
})

test('a call for an upload needs its id', () => {
  expect(['', 'a'].map((id) => v.is(calls.uploadLog.args, { id }))).toEqual([false, true])
})

test.each<[name: CallName, args: (ids: readonly string[]) => object]>([
  ['addUploadsToTeam', (ids) => ({ ids, team })],
  ['saveReceipts', (ids) => ({ ids })],
  ['copyLocalPaths', (ids) => ({ ids })],
  ['addCompanions', (offers) => ({ id: 'a', offers })],
  ['deleteModels', (modelIds) => ({ choice: team, modelIds })],
  ['addModelsToTeam', (modelIds) => ({ choice: team, modelIds, team })],
])('%s asks the user only about at least one item', (name, argsOf) => {
  expect([[], ['a'], ['a', 'b']].map((ids) => v.is(calls[name].args, argsOf(ids)))).toEqual([
    false,
    true,
    true,
  ])
})

test('a workflow sends up to a thousand models, and a support report has each section once', () => {
  const needs = (length: number) => ({ id: 'w', needs: Array.from({ length }, () => 'need') })
  expect([0, 1_000, 1_001].map((length) => v.is(calls.sendNeeds.args, needs(length)))).toEqual([
    true,
    true,
    false,
  ])
  const all = ['versions', 'settings', 'queue', 'names', 'connection', 'log']
  const sections = [[], all, [...all, 'log'], ['secrets']]
  expect(sections.map((pieces) => v.is(calls.saveSupportBundle.args, { pieces }))).toEqual([
    true,
    true,
    false,
    false,
  ])
})

test('a file on this computer is found by a SHA-256 in lower-case hexadecimal digits only', () => {
  const accepts = (sha256: string) => v.is(calls.hasLocalFile.args, { sha256 })
  expect(
    ['0f'.repeat(32), '0f'.repeat(31), '0f'.repeat(33), '0F'.repeat(32), `${'0f'.repeat(32)}\n`].map(accepts),
  ).toEqual([true, false, false, false, false])
})

test('every call refuses members that it doesn’t know', () => {
  for (const [name, { args }] of Object.entries(calls))
    expect([name, v.is(args, { unknown: 1 })]).toEqual([name, false])
})
