import { getEventListeners } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { createSearcher } from '../../../../electron/discovery/places/searcher.ts'
import type { SearchAnswer, SearchOrder } from '../../../../electron/discovery/places/search-task.ts'
import { standingClock } from '../../../support/hand-clock.ts'

const worker = new URL('./scripted-worker.ts', import.meta.url)
const steps = (...files: readonly string[]): SearchOrder => ({ kind: 'workflows', files })

function setup(thread = worker) {
  const clock = standingClock()
  const searcher = createSearcher(thread, { platform: 'linux', home: '/', environment: {} }, clock.timers)
  onTestFinished(() => searcher.close())
  /** Starts a search; `begun` resolves with its first answer. */
  function search(order: SearchOrder, signal?: AbortSignal) {
    const answers: string[] = []
    let begin = () => {}
    const begun = new Promise<void>((resolve) => (begin = resolve))
    const onAnswer = (answer: SearchAnswer) => {
      answers.push(answer.is === 'workflow' ? answer.file : answer.is)
      begin()
    }
    const done = searcher.search(order, { onAnswer, ...(signal ? { signal } : {}) })
    return { answers, begun, done }
  }
  return { clock, searcher, search }
}

test('a search passes on each answer and ends its thread and its time limit', async () => {
  const { clock, search } = setup()
  const { answers, done } = search(steps('one', 'two', 'whole'))
  expect(clock.waits()).toEqual([60_000])
  expect([await done, answers, clock.waits()]).toEqual([true, ['one', 'two'], []])
})

test.each([
  ['had to leave something out', steps('one', 'cut')],
  ['dies of what it reads', steps('one', 'throw', 'whole')],
])('a search that %s is not whole, and what it found counts', async (_what, order) => {
  const { clock, search } = setup()
  const { answers, done } = search(order)
  expect([await done, answers, clock.waits()]).toEqual([false, ['one'], []])
})

test('a search whose thread cannot be started is not whole, and holds no time limit', async () => {
  const { clock, search } = setup(new URL('https://localhost/no-file'))
  expect([await search(steps('one')).done, clock.waits()]).toEqual([false, []])
})

test.each([
  [60_000, steps('hang')],
  [180_000, { kind: 'folders', folders: [] } satisfies SearchOrder],
])('a thread that does not answer is ended after %i ms', async (limitMs, order) => {
  const { clock, search } = setup()
  const { begun, done } = search(order)
  await begun
  expect(clock.waits()).toEqual([limitMs])
  clock.advance(limitMs)
  expect([await done, clock.waits()]).toEqual([false, []])
})

test('an aborted search ends its thread, passes nothing more on and leaves no listener behind', async () => {
  const { clock, searcher } = setup()
  const abort = new AbortController()
  const answers: SearchAnswer[] = []
  const onAnswer = (answer: SearchAnswer) => {
    answers.push(answer)
    abort.abort()
  }
  const done = searcher.search(steps('one', 'two', 'three', 'hang'), { signal: abort.signal, onAnswer })
  expect([await done, answers.length, clock.waits()]).toEqual([false, 1, []])
  expect(getEventListeners(abort.signal, 'abort')).toEqual([])
})

test('a search that ends by itself leaves no listener on its signal', async () => {
  const { search } = setup()
  const { signal } = new AbortController()
  expect(await search(steps('whole'), signal).done).toBe(true)
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('a search that was aborted before it began starts no thread', async () => {
  const { clock, search } = setup()
  const { answers, done } = search(steps('one', 'whole'), AbortSignal.abort())
  expect(clock.waits()).toEqual([])
  expect([await done, answers]).toEqual([false, []])
})

test('closing waits until every thread has ended, busy or not', async () => {
  const { clock, searcher, search } = setup()
  const searches = [search(steps('hang')), search(steps('one'))]
  const ended: boolean[] = []
  for (const { done } of searches) void done.then((isWhole) => ended.push(isWhole))
  await Promise.all(searches.map(({ begun }) => begun))
  await searcher.close()
  expect([ended, clock.waits()]).toEqual([[false, false], []])
})

test('a closed searcher starts no thread', async () => {
  const { clock, searcher, search } = setup()
  await searcher.close()
  const { answers, done } = search(steps('one', 'whole'))
  expect(clock.waits()).toEqual([])
  expect([await done, answers]).toEqual([false, []])
})
