import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type MessagePort, type Worker, type WorkerOptions } from 'node:worker_threads'
import { expect, onTestFinished, test, vi } from 'vitest'
import { startWorker } from '../../../../electron/platform/threads/worker-file.ts'
import { createWorkerThreads } from '../../../../electron/platform/threads/worker-threads.ts'
import { standingClock, createTestEnvironment } from '../../../support/hand-clock.ts'

/**
 * A scripted thread. `hang` blocks it forever, like a read from a disk that is gone, so it receives no more
 * messages. `read` does so in a file call, in which it can't be ended. `wait` is answered once it may proceed; so
 * is `deaf`, but not when it is aborted. `throw` and `exit` end the thread. Each job first reports a progress that
 * names its thread.
 */
const program = `
import { readFileSync } from 'node:fs'
import { parentPort, threadId } from 'node:worker_threads'
const answer = (id, text) => parentPort.postMessage({ kind: 'answer', id, answer: text })
const jobs = new Map()
parentPort.on('message', ({ kind, id, job, upTo }) => {
  if (kind === 'job') jobs.set(id, job)
  if (kind === 'job') parentPort.postMessage({ kind: 'progress', id, progress: String(threadId) })
  if (job === 'throw') throw new Error('broken')
  if (job === 'exit') process.exit(3)
  if (job === 'hang') {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  }
  if (job?.startsWith('read ')) readFileSync(job.slice(5), 'utf8')
  if (kind === 'allow') answer(id, jobs.get(id) + ' up to ' + upTo)
  if (kind === 'abort' && jobs.get(id) !== 'deaf') answer(id, 'aborted')
})`

function setup({ count = 1 } = {}) {
  const clock = standingClock()
  const started: Worker[] = []
  const startThread = (url: URL, options: WorkerOptions) => {
    const worker = startWorker(url, options)
    started.push(worker)
    return worker
  }
  const environment = { ...createTestEnvironment(clock), startThread }
  const url = new URL(`data:text/javascript,${encodeURIComponent(program)}`)
  const threads = createWorkerThreads<string, string, string>({
    url,
    environment,
    name: 'test',
    count,
  })
  onTestFinished(() => threads.close())
  const begin = (job: string, controller = new AbortController(), transfer: readonly MessagePort[] = []) => {
    const { signal } = controller
    const begun = Promise.withResolvers<string>()
    const running = threads.run(job, { signal, onProgress: begun.resolve, transfer })
    return { ...running, signal, begun: begun.promise, abort: () => controller.abort() }
  }
  return { clock, environment, begin, started, close: () => threads.close() }
}

test('an aborted job returns the result of its thread', async () => {
  const { begin, clock } = setup()
  const job = begin('wait')
  job.abort()
  expect(await job.answer).toBe('aborted')
  expect(clock.waits()).toEqual([])
})

test('replaces a thread that hangs after an abort, and runs its other jobs again', async () => {
  const { begin, clock, environment } = setup()
  const hanging = begin('hang')
  await hanging.begun
  const other = begin('wait')
  other.allow(7)
  hanging.abort()
  clock.advance(5_000)
  expect([await hanging.answer, await other.answer]).toEqual([null, 'wait up to 7'])
  expect(environment.lines).toMatchObject([{ message: 'a worker thread hangs and is replaced' }])
})

test('ends an aborted job that never answers although its thread does other work', async () => {
  const { begin, clock, environment } = setup()
  const deaf = begin('deaf')
  await deaf.begun
  deaf.abort()
  const other = begin('wait')
  other.allow(7)
  expect(await other.answer).toBe('wait up to 7')
  clock.advance(5_000)
  expect([await deaf.answer, environment.lines]).toEqual([null, []])
})

test.each([
  ['throw', 'Error: broken'],
  ['exit', 'exit 3'],
])('a thread that ends by %s loses all its jobs, and the next job gets a new one', async (end, reason) => {
  const { begin, environment } = setup()
  const waiting = begin('wait')
  const lost = await waiting.begun
  expect([await begin(end).answer, await waiting.answer]).toEqual([null, null])
  expect(environment.lines).toEqual([
    {
      level: 'error',
      message: 'a worker thread ended with unfinished jobs',
      facts: { name: 'test', reason },
    },
  ])
  const next = begin('wait')
  next.allow(1)
  expect(await next.answer).toBe('wait up to 1')
  expect(await next.begun).not.toBe(lost)
})

test('gives jobs to idle threads, and starts no more threads than configured', async () => {
  const { begin } = setup({ count: 2 })
  const first = begin('wait')
  const second = begin('wait')
  const ids = [await first.begun, await second.begun]
  expect(new Set(ids).size).toBe(2)
  second.allow(1)
  await second.answer
  expect(await begin('wait').begun).toBe(ids[1])
  expect(ids).toContain(await begin('wait').begun)
})

test('closing ends the threads and all jobs, including one that hangs', async () => {
  const { begin, close } = setup({ count: 2 })
  const hanging = begin('hang')
  const waiting = begin('wait')
  await Promise.all([hanging.begun, waiting.begun])
  await close()
  expect([await hanging.answer, await waiting.answer]).toEqual([null, null])
})

test.skipIf(process.platform === 'win32')(
  'closes after a second while a thread hangs in a file call, and lets the process end',
  async () => {
    const { begin, clock, close, started } = setup()
    const folder = mkdtempSync(join(tmpdir(), 'modelferry-threads-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const fifo = join(folder, 'fifo')
    execFileSync('mkfifo', [fifo])
    begin(`read ${fifo}`)
    // With an encoding, opening and reading are one call. Can be opened once the thread has opened it, which then waits for bytes.
    const open = () => openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK)
    let writer = 0
    await expect.poll(() => (writer = open()), { timeout: 10_000 }).toBeGreaterThan(0)
    onTestFinished(() => closeSync(writer))
    const unref = vi.spyOn(started[0] as Worker, 'unref')
    const closed = close()
    clock.advance(1_000)
    await closed
    expect(unref).toHaveBeenCalledOnce()
  },
)

test('a job keeps waiting for a thread that may still hang until five seconds have passed', async () => {
  const { begin, clock, started } = setup()
  const hanging = begin('hang')
  await hanging.begun
  hanging.abort()
  clock.advance(4_999)
  expect([clock.waits(), started.length]).toEqual([[1], 1])
  clock.advance(1)
  expect(await hanging.answer).toBeNull()
})
