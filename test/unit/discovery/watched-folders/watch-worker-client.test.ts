import { EventEmitter } from 'node:events'
import { Worker, type WorkerOptions } from 'node:worker_threads'
import { expect, onTestFinished, test, vi } from 'vitest'
import { WatchWorkerClient } from '../../../../electron/discovery/watched-folders/watch-worker-client.ts'
import { standingClock, createTestEnvironment, type TestEnvironment } from '../../../support/hand-clock.ts'

function setup(start = (url: URL, options: WorkerOptions) => new Worker(url, options)) {
  const conditions = { canStart: true }
  const environment: TestEnvironment = {
    ...createTestEnvironment(standingClock()),
    startThread(url, options) {
      if (!conditions.canStart) throw new Error('no more threads')
      return start(url, options)
    },
  }
  const messages: string[] = []
  const threads: Worker[] = []
  const addThread = (thread: Worker) => void threads.push(thread)
  process.on('worker', addThread)
  const client = new WatchWorkerClient({
    worker: new URL('./scripted-watch-worker.ts', import.meta.url),
    environment,
    onFileChanged: (id, path) => messages.push(`${id}: ${path}`),
    onReady: (id) => messages.push(`${id} is ready`),
    onLost: (id, isRemoved) => messages.push(`${id} ${isRemoved ? 'is removed' : 'failed'}`),
  })
  onTestFinished(async () => {
    process.off('worker', addThread)
    await client.close()
  })
  const { lines, clock } = environment
  return { client, messages, lines, clock }
}

test('logs a crashed thread and starts another for the next folder', async () => {
  const { client, messages, lines } = setup()
  client.start('one', 'crash')
  await expect.poll(() => lines).toMatchObject([{ level: 'error', facts: { error: 'Error: a bug' } }])
  await expect
    .poll(() => {
      client.start('two', 'b')
      return messages
    })
    .toContain('two: b')
})

test('watches all folders again a minute after the thread has ended', async () => {
  const { client, messages, clock } = setup()
  for (const [id, folder] of [
    ['one', 'a'],
    ['two', 'b'],
    ['three', 'c'],
  ] as const)
    client.start(id, folder)
  await expect.poll(() => messages).toContain('three: c')
  client.start('four', 'crash')
  await expect.poll(() => clock.waits()).toEqual([60_000])
  client.stop('three')
  client.stop('four')
  messages.length = 0
  clock.advance(60_000)
  await expect.poll(() => messages).toEqual(['one is ready', 'one: a', 'two is ready', 'two: b'])
})

test('closes after a second while its thread hangs, and lets the process end', async () => {
  const unref = vi.fn()
  const terminate = () => new Promise<number>(() => {})
  const thread = Object.assign(new EventEmitter(), { postMessage() {}, terminate, unref })
  const { client, clock } = setup(() => thread as unknown as Worker)
  client.start('one', 'a')
  unref.mockClear()
  const closed = client.close()
  expect(unref).not.toHaveBeenCalled()
  clock.advance(1_000)
  await closed
  expect(unref).toHaveBeenCalledOnce()
})
