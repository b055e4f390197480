import { expect, test } from 'vitest'
import { failure, success, type FailureCode } from '../../../electron/contract/failures.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import type { Inspection } from '../../../electron/recognition/found-file.ts'
import { multipartOpenState, uploadRecord } from '../../support/records.ts'
import { later } from '../queue/hand-queue.ts'
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

test('retries at once an upload that waits for its retry, and leaves a running one alone', async () => {
  const { commands, queue, rows, run, started, clock, add, stateOf, inspected } = setup()
  const [id, running] = [add(), add()]
  queue.add([id, running])
  for (const one of [id, running]) rows.applyEvent(one, 'begin')
  await run(id).end(later(clock.now() + 60_000))
  rows.applyEvent(id, 'trouble', { failure: failure('file-being-written') }, clock.now() + 60_000)
  expect(await commands.retry([id, running, 'unknown'])).toEqual(success(undefined))
  expect(started()).toEqual([id, running, id])
  expect([stateOf(id), stateOf(running), inspected]).toEqual([['waiting', null], ['checking', null], []])
})

test('an upload that the server has asked to wait keeps its reason', async () => {
  const { commands, queue, rows, run, started, clock, add, stateOf } = setup()
  const id = add()
  queue.add([id])
  rows.applyEvent(id, 'begin')
  const untilMs = clock.now() + 60_000
  await run(id).end({ kind: 'hold', failure: failure('rate-limited'), untilMs })
  rows.applyEvent(id, 'trouble', { failure: failure('rate-limited') }, untilMs)
  expect(await commands.retry([id])).toEqual(success(undefined))
  expect([started(), stateOf(id)]).toEqual([[id], ['retrying', 'rate-limited']])
})

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

test('retries thousands of uploads with a few flushes of the disk', async () => {
  const { commands, rows, queue, addFailed, stateOf, commitCounter } = setup()
  const records = Array.from({ length: 3_000 }, () =>
    uploadRecord({ phase: 'failed', failure: failure('forbidden') }),
  )
  rows.add(records)
  const unreadable = addFailed('file-unreadable')
  const ids = [unreadable, ...records.map(({ id }) => id)]
  const commitCount = commitCounter()
  expect(await commands.retry(ids)).toEqual(success(undefined))
  expect(commitCount()).toBeLessThan(10)
  expect(ids.every((id) => stateOf(id)?.[0] === 'waiting' && queue.has(id))).toBe(true)
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

test('a file that is still rejected is reported, with what was found this time', async () => {
  const { commands, queue, rows, addFailed, rejected, stateOf } = setup({
    failure: failure('file-empty'),
    identity: changed,
  })
  const id = addFailed('file-cut-short')
  expect(await commands.retry([id])).toEqual(success(undefined))
  expect([stateOf(id), rejected, queue.has(id)]).toEqual([['failed', 'file-empty'], [id], false])
  expect(rows.get(id)?.record.identity).toEqual(changed)
})

test('continues no upload whose file is still rejected or that was removed meanwhile', async () => {
  const { commands, rows, addFailed, stateOf } = setup({ failure: failure('file-cut-short') })
  const [broken, gone] = [addFailed('file-cut-short'), addFailed('file-cut-short')]
  const continued = [broken, gone].map((id) => commands.continueUpload(id))
  rows.remove([gone])
  expect(await Promise.all(continued)).toEqual([success(false), success(false)])
  expect(stateOf(broken)).toEqual(['failed', 'file-cut-short'])
})

test('a file that grows while it is inspected is being written, unless it has not changed', async () => {
  const reasonWith = async (sample: string) => {
    const context = setup()
    const mtimeNs = BigInt(context.clock.now()) * 1_000_000n
    const { commands, addFailed, stateOf } = setup({
      failure: failure('file-cut-short'),
      identity: { ...identity, mtimeNs, sample },
    })
    const id = addFailed('file-empty', { identity: { ...identity, mtimeNs } })
    await commands.retry([id])
    return stateOf(id)?.[1]
  }
  expect([await reasonWith('other'), await reasonWith('s')]).toEqual(['file-being-written', 'file-cut-short'])
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

test('does nothing for an upload that is removed or continued while its file is inspected', async () => {
  const { commands, addFailed, rows, queue } = setup()
  const [gone, resumed] = [addFailed('file-empty'), addFailed('file-empty')]
  const retried = [commands.retry([gone]), commands.retry([resumed])]
  rows.remove([gone])
  rows.applyEvent(resumed, 'resume', { failure: null })
  expect(await Promise.all(retried)).toEqual([success(undefined), success(undefined)])
  expect([queue.has(gone), queue.has(resumed)]).toEqual([false, false])
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

test('an inspection that the end of the app stopped changes nothing', async () => {
  const found = { identity: unknown, failure: failure('unexpected') }
  const { commands, queue, rows, addFailed, stopping, rejected } = setup(found)
  const id = addFailed('file-cut-short')
  stopping.abort()
  expect(await commands.retry([id])).toEqual(success(undefined))
  expect(rows.get(id)?.record).toMatchObject({ failure: failure('file-cut-short'), identity })
  expect([queue.has(id), rejected]).toEqual([false, []])
})

test('does not continue an upload whose request was aborted during its inspection', async () => {
  const { commands, queue, addFailed } = setup()
  const id = addFailed('file-cut-short')
  const aborting = new AbortController()
  const continued = commands.continueUpload(id, aborting.signal)
  aborting.abort()
  await continued
  expect(queue.has(id)).toBe(false)
  await commands.continueUpload(id)
  expect(queue.has(id)).toBe(true)
})

test('inspects a file again whose inspection failed unexpectedly, unless some of it was sent', async () => {
  const { commands, rows, addFailed, inspected } = setup({ failure: failure('file-dangerous') })
  const [unsent, sent] = [
    addFailed('unexpected'),
    addFailed('unexpected', { state: multipartOpenState(5_000) }),
  ]
  await commands.retry([unsent, sent])
  expect([rows.get(unsent)?.record.failure?.code, inspected.length]).toEqual(['file-dangerous', 1])
})
