import { setImmediate } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import { expect, onTestFinished, test } from 'vitest'
import { createHints } from '../../../../electron/discovery/watched-folders/change-hints.ts'
import { standingClock, testPorts } from '../../../support/hand-clock.ts'

function setup() {
  const { log, lines } = testPorts(standingClock())
  const news: string[] = []
  const threads: Worker[] = []
  const keep = (thread: Worker) => void threads.push(thread)
  process.on('worker', keep)
  const hints = createHints({
    worker: new URL('./scripted-watch-worker.ts', import.meta.url),
    log,
    onHint: (id, path) => news.push(`${id}: ${path}`),
    onReady: (id) => news.push(`${id} is ready`),
  })
  onTestFinished(async () => {
    process.off('worker', keep)
    await hints.close()
  })
  return { hints, news, lines, threads }
}

test('news of a watched folder is passed on under its id', async () => {
  const { hints, news, lines } = setup()
  hints.start('one', 'a')
  hints.start('two', 'b')
  await expect.poll(() => news).toEqual(['one is ready', 'one: a', 'two is ready', 'two: b'])
  expect(lines).toEqual([])
})

test('a hint that was under way when its folder was stopped is dropped', async () => {
  const { hints, news } = setup()
  hints.start('one', 'a')
  await expect.poll(() => news).toHaveLength(2)
  hints.stop('one')
  hints.start('two', 'b')
  await expect.poll(() => news).toContain('two: b')
  expect(news).not.toContain('one: late')
})

test('a folder that cannot be watched is logged, and the others go on', async () => {
  const { hints, news, lines } = setup()
  hints.start('one', 'trouble')
  hints.start('two', 'b')
  await expect.poll(() => news).toEqual(['two is ready', 'two: b'])
  expect(lines).toMatchObject([{ level: 'warn', facts: { why: 'no room' } }])
})

test('a thread that dies is logged, and the next folder gets another', async () => {
  const { hints, news, lines } = setup()
  hints.start('one', 'die')
  await expect.poll(() => lines).toMatchObject([{ level: 'error', facts: { error: 'Error: a bug' } }])
  await expect
    .poll(() => {
      hints.start('two', 'b')
      return news
    })
    .toContain('two: b')
})

test('closing ends the thread, and stopping a folder afterwards starts no other', async () => {
  const { hints, news, threads } = setup()
  hints.start('one', 'a')
  await expect.poll(() => news).toHaveLength(2)
  await hints.close()
  hints.stop('one')
  // A new thread is announced in the next turn of the loop.
  await setImmediate()
  // Node gives a thread that has ended this number.
  expect(threads.map(({ threadId }) => threadId)).toEqual([-1])
  expect(news).toHaveLength(2)
})
