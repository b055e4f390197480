import { expect, test } from 'vitest'
import { failure, success, type FailureCode } from '../../../electron/contract/failures.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import type { Inspection } from '../../../electron/recognition/found-file.ts'
import { multipartOpenState, uploadRecord } from '../../support/records.ts'
import { setupCommands } from './commands-setup.ts'

const identity = { sizeBytes: 5_000, mtimeNs: 1n, inode: 7n, sample: 's' }
const changed = { ...identity, sample: 'other' }
const unknown = { sizeBytes: 0, mtimeNs: 0n, inode: 0n }

/** Commands that find a file in this state when they inspect it. */
function setup(found: Partial<Inspection> = {}) {
  const { recognition, target } = uploadRecord()
  const inspected: string[] = []
  const context = setupCommands(async ({ path }) => {
    inspected.push(path)
    return { recognition, target, identity, failure: null, ...found }
  })
  return {
    ...context,
    inspected,
    addFailed: (code: FailureCode, given: Partial<UploadRecord> = {}) =>
      context.addFailed(code, { identity, ...given }),
  }
}

test.for<[FailureCode, UploadRecord['state']]>([
  ['forbidden', multipartOpenState(5_000)],
  ['upload-ended', { kind: 'queued', started: false }],
])('a retry after %s continues with what storage has, if it is of use', async ([code, state]) => {
  const { commands, queue, rows, addFailed, inspected } = setup()
  const id = addFailed(code, { state: multipartOpenState(5_000) })
  expect(await commands.retry([id])).toEqual(success(undefined))
  expect(rows.get(id)).toMatchObject({ live: { phase: 'waiting' }, record: { failure: null, state } })
  expect([queue.has(id), inspected]).toEqual([true, []])
})

test('inspects a file again that was unreadable, and keeps sent parts only of the same bytes', async () => {
  const state = multipartOpenState(5_000)
  const retry = async (found: Partial<Inspection>) => {
    const { commands, queue, rows, addFailed, forgotten, cleanups, inspected } = setup(found)
    const id = addFailed('file-unreadable', { state })
    await commands.retry([id])
    expect([queue.has(id), cleanups]).toEqual([true, ['left behind']])
    expect(inspected).toEqual([rows.get(id)?.record.path])
    return { kind: rows.get(id)?.record.state.kind, isForgotten: forgotten.includes(id) }
  }
  expect(await retry({})).toEqual({ kind: 'multipart-open', isForgotten: false })
  expect(await retry({ identity: changed })).toEqual({ kind: 'queued', isForgotten: true })
})

test.for<[string, FailureCode, Partial<Inspection>, boolean, string]>([
  ['has other bytes is reviewed', 'file-unreadable', { identity: changed }, true, 'review'],
  ['was broken and has the same bytes is reviewed', 'file-part-missing', {}, true, 'review'],
  ['was sound and has the same bytes is queued', 'file-unreadable', {}, true, 'waiting'],
  ['needs no review is queued with other bytes', 'file-unreadable', { identity: changed }, false, 'waiting'],
])('a file that %s', async ([, code, found, mustReview, phase]) => {
  const { commands, queue, addFailed, stateOf } = setup(found)
  const id = addFailed(code)
  await commands.retry([id], ({ failure: reason }) => mustReview && reason === null)
  expect([stateOf(id), queue.has(id)]).toEqual([[phase, null], phase === 'waiting'])
})

test('keeps identity and sent parts of a file that cannot be inspected now', async () => {
  const { commands, rows, addFailed, forgotten, stateOf } = setup({
    failure: failure('file-missing'),
    identity: unknown,
  })
  const id = addFailed('file-unreadable', { state: multipartOpenState(5_000) })
  await commands.retry([id])
  expect([stateOf(id), forgotten]).toEqual([['failed', 'file-missing'], []])
  expect(rows.get(id)?.record).toMatchObject({ identity, state: { kind: 'multipart-open' } })
})

test('a file that may run code stays allowed while it has the same bytes', async () => {
  const { commands, add, rows, queue, stateOf } = setup({ failure: failure('file-dangerous') })
  const addAllowed = (given: Partial<UploadRecord>) => {
    const id = add({ identity, allowed: true, ...given })
    rows.applyEvent(id, 'refuse', { failure: failure('file-unreadable') })
    return id
  }
  const [same, other] = [addAllowed({}), addAllowed({ identity: changed })]
  await commands.retry([same, other])
  expect([stateOf(same), stateOf(other)]).toEqual([
    ['waiting', null],
    ['failed', 'file-dangerous'],
  ])
  expect([queue.has(same), queue.has(other)]).toEqual([true, false])
})
