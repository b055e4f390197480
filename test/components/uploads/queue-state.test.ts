import { expect, test, vi } from 'vitest'
import { success } from '../../../electron/contract/failures.ts'
import { QueueState } from '../../../renderer/uploads/queue-state.svelte.ts'
import { fakeBridge } from '../support/fake-bridge.ts'
import { patchOf, registeredRow, row, sendingRow, snapshotOf } from '../support/rows.ts'

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
  await expect.poll(() => [...queue.rows.keys()]).toEqual(['a', 'b', 'c', 'd'])
})

test('removes rows that a later snapshot lacks', async () => {
  const { queue, answer, emit, questions } = setup()
  await answer([row('a'), row('b')], 1)
  emit('patch', patchOf(5, []))
  await vi.waitFor(() => expect(questions).toHaveLength(1))
  questions.shift()?.(success(snapshotOf([row('b')], 5)))
  await vi.waitFor(() => expect([...queue.rows.keys()]).toEqual(['b']))
})

test('keeps the arrangement when rows only make progress', async () => {
  const { queue, answer, emit } = setup()
  await answer([sendingRow('a'), row('b')], 1)
  const before = queue.groups
  emit('patch', patchOf(2, [sendingRow('a', { sentBytes: 500_000_000 })]))
  expect(queue.groups).toBe(before)
  emit('patch', patchOf(3, [registeredRow('a')]))
  await expect.poll(() => queue.groups).not.toBe(before)
})

test('shows a patch at once, and those that arrive before the page has rendered it together', async () => {
  const { queue, answer, emit } = setup()
  await answer([row('a')], 1)
  for (const [index, id] of ['b', 'c', 'd'].entries()) emit('patch', patchOf(2 + index, [row(id)]))
  expect([...queue.rows.keys()]).toEqual(['a', 'b'])
  await expect.poll(() => [...queue.rows.keys()]).toEqual(['a', 'b', 'c', 'd'])
})
