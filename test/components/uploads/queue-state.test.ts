import { flushSync } from 'svelte'
import { toStore } from 'svelte/store'
import { expect, onTestFinished, test, vi } from 'vitest'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import type { Patch } from '../../../electron/contract/uploads.ts'
import { otherConflicts } from '../../../renderer/uploads/details/path-conflict.ts'
import { QueueState } from '../../../renderer/uploads/queue-state.svelte.ts'
import { fakeBridge } from '../support/fake-bridge.ts'
import { pathConflictRow, patchOf, registeredRow, row, sendingRow, snapshotOf } from '../support/rows.ts'

/** A queue whose snapshots are supplied by the test. */
function setup() {
  const questions: ((answer: ReturnType<typeof success<ReturnType<typeof snapshotOf>>>) => void)[] = []
  const fake = fakeBridge({ answers: { snapshot: () => new Promise((resolve) => questions.push(resolve)) } })
  const queue = new QueueState(fake.bridge)
  queue.start()
  const answer = async (...rows: Parameters<typeof snapshotOf>) => {
    await vi.waitFor(() => expect(questions).not.toHaveLength(0))
    questions.shift()?.(success(snapshotOf(...rows)))
    await vi.waitFor(() => expect(queue.isKnown).toBe(true))
  }
  return { ...fake, queue, answer, questions }
}

test('applies the snapshot and then each patch', async () => {
  const { queue, answer, emit } = setup()
  await answer([row('a'), row('b')], 7)
  emit('patch', patchOf(8, [sendingRow('b')], ['a']))
  expect([...queue.rows.values()]).toEqual([sendingRow('b')])
})

test('applies patches that arrived before the snapshot and are newer than it', async () => {
  const { queue, answer, emit } = setup()
  emit('patch', patchOf(7, [row('a', { position: 99 })]))
  emit('patch', patchOf(8, [row('c')]))
  await answer([row('a'), row('b')], 7)
  expect([...queue.rows.keys()]).toEqual(['a', 'b', 'c'])
  expect(queue.rows.get('a')?.position).toBe(0)
})

test('reloads the snapshot after a missing patch and loses none meanwhile', async () => {
  const { queue, answer, emit, questions } = setup()
  await answer([row('a')], 1)
  emit('patch', patchOf(3, [row('c')]))
  emit('patch', patchOf(4, [row('d')]))
  await vi.waitFor(() => expect(questions).toHaveLength(1))
  expect([...queue.rows.keys()]).toEqual(['a'])
  questions.shift()?.(success(snapshotOf([row('a'), row('b'), row('c')], 3)))
  await vi.waitFor(() => expect([...queue.rows.keys()]).toEqual(['a', 'b', 'c', 'd']))
})

test('removes rows that a later snapshot lacks', async () => {
  const { queue, answer, emit, questions } = setup()
  await answer([row('a'), row('b')], 1)
  emit('patch', patchOf(5, []))
  await vi.waitFor(() => expect(questions).toHaveLength(1))
  questions.shift()?.(success(snapshotOf([row('b')], 5)))
  await vi.waitFor(() => expect([...queue.rows.keys()]).toEqual(['b']))
})

test('groups rows by status: queue order, latest first among finished ones', async () => {
  const { queue, answer } = setup()
  await answer([
    registeredRow('done early', { finishedAtMs: 1_000 }),
    row('second', { position: 2 }),
    registeredRow('done late', { finishedAtMs: 2_000 }),
    row('first', { position: -1 }),
    sendingRow('sent', { position: 5 }),
  ])
  expect(queue.groups.map(({ group, ids }) => ({ group, ids }))).toEqual([
    { group: 'running', ids: ['sent'] },
    { group: 'waiting', ids: ['first', 'second'] },
    { group: 'done', ids: ['done late', 'done early'] },
  ])
})

test('path conflicts are listed again only when there are others', async () => {
  const { queue, answer, emit } = setup()
  await answer([row('a'), sendingRow('b'), pathConflictRow('c')], 1)
  const lists: string[][] = []
  const others = toStore(() => otherConflicts(queue.conflictIds, row('a')))
  onTestFinished(others.subscribe((ids) => lists.push(ids)))
  for (const patch of [
    patchOf(2, [sendingRow('b', { sentBytes: 500_000_000 })]),
    patchOf(3, [pathConflictRow('b')]),
    patchOf(4, [], ['c']),
    patchOf(5, [row('b')]),
  ]) {
    emit('patch', patch)
    flushSync()
  }
  expect(lists).toEqual([['c'], ['c', 'b'], ['b'], []])
})

test('keeps the arrangement when rows only make progress', async () => {
  const { queue, answer, emit } = setup()
  await answer([sendingRow('a'), row('b')], 1)
  const before = queue.groups
  emit('patch', patchOf(2, [sendingRow('a', { sentBytes: 500_000_000 })]))
  expect(queue.groups).toBe(before)
  emit('patch', patchOf(3, [registeredRow('a')]))
  expect(queue.groups).not.toBe(before)
})

test('finds rows by any of their words', async () => {
  const { queue, answer } = setup()
  await answer([row('film grain'), row('depth', { target: { modelType: 'controlnet' } })])
  queue.search = 'GRAIN lora'
  expect(queue.ids).toEqual(['film grain'])
})

test('reports why the snapshot failed to load, and loads it on retry', async () => {
  const answers = [failed(failure('journal-trouble')), success(snapshotOf([row('a')]))]
  const { bridge } = fakeBridge({
    answers: { snapshot: () => answers.shift() ?? failed(failure('unexpected')) },
  })
  const queue = new QueueState(bridge)
  queue.start()
  await vi.waitFor(() => expect(queue.loadFailure).toEqual(failure('journal-trouble')))
  await queue.load()
  expect([queue.loadFailure, [...queue.rows.keys()]]).toEqual([null, ['a']])
})

test('keeps no patches while the snapshot can’t be loaded', async () => {
  const answers = [failed(failure('journal-trouble')), success(snapshotOf([row('a')], 7))]
  const { bridge } = fakeBridge({
    answers: { snapshot: () => answers.shift() ?? failed(failure('unexpected')) },
  })
  let receive: (patch: Patch) => void = () => {}
  const on = ((name: string, listener: (value: never) => void) => {
    if (name === 'patch') receive = listener as typeof receive
    return () => {}
  }) as typeof bridge.on
  let readCount = 0
  const patch: Patch = {
    ...patchOf(1, []),
    get sequence() {
      readCount += 1
      return 1
    },
  }
  const queue = new QueueState({ ...bridge, on })
  queue.start()
  receive(patch)
  await vi.waitFor(() => expect(queue.loadFailure).not.toBeNull())
  receive(patch)
  await queue.load()
  expect([queue.isKnown, readCount]).toEqual([true, 0])
})
