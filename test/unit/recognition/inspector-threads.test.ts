import { EventEmitter } from 'node:events'
import type { Worker } from 'node:worker_threads'
import { afterEach, expect, test } from 'vitest'
import { failure } from '../../../electron/contract/failures.ts'
import { refusedInspection } from '../../../electron/recognition/inspect-file.ts'
import type { InspectRequest } from '../../../electron/recognition/inspect-worker.ts'
import { Inspector } from '../../../electron/recognition/inspector.ts'
import { standingClock } from '../../support/hand-clock.ts'

/** A thread that answers only when the test says so. */
class FakeThread extends EventEmitter {
  readonly requests: InspectRequest[] = []
  /** How many of the requests have an answer. */
  answered = 0
  /** Whether it keeps the program from exiting. */
  isRef = true
  isTerminated = false

  postMessage(request: InspectRequest): void {
    this.requests.push(request)
  }
  ref(): void {
    this.isRef = true
  }
  unref(): void {
    this.isRef = false
  }
  async terminate(): Promise<number> {
    this.isTerminated = true
    return 0
  }

  get unanswered(): number {
    return this.requests.length - this.answered
  }
  /** Names of the files that it has got, in order. */
  get names(): readonly string[] {
    return this.requests.map(({ file }) => file.path)
  }

  /** Answers the oldest request. */
  answer(): void {
    const request = this.requests[this.answered]
    if (!request) throw new Error('nothing to answer')
    this.answered += 1
    const result = refusedInspection(request.file, failure('file-empty'))
    this.emit('message', { number: request.number, result })
  }
}

let inspector: Inspector
afterEach(() => inspector.close())

const neverIdle = { afterInspectionMs: 600_000, otherwiseMs: 600_000 }

function createInspector({ idle = neverIdle, maxThreads = Infinity } = {}) {
  const threads: FakeThread[] = []
  const clock = standingClock()
  const startThread = () => {
    if (threads.length >= maxThreads) throw new Error('EAGAIN')
    const thread = new FakeThread()
    threads.push(thread)
    return thread as unknown as Worker
  }
  inspector = new Inspector(new URL('file:///none'), { timers: clock.timers, startThread }, idle)
  const inspect = (count: number, name = 'file') =>
    Array.from({ length: count }, (_none, index) =>
      inspector.inspect({ path: `/${name}-${index}`, folder: '' }),
    )
  /** Answers that many requests of a thread. */
  const answer = (count: number, thread = 0) => {
    for (let index = 0; index < count; index += 1) threads[thread]?.answer()
  }
  return { threads, clock, inspect, answer, counts: () => threads.map(({ unanswered }) => unanswered) }
}

test('a thread has at most 16 files at a time, in the order in which they came', () => {
  const { threads, inspect, answer, counts } = createInspector()
  void inspect(18)
  expect(counts()).toEqual([16])
  answer(1)
  expect(counts()).toEqual([16])
  answer(17)
  expect(counts()).toEqual([0])
  expect(threads[0]?.names).toEqual(Array.from({ length: 18 }, (_none, index) => `/file-${index}`))
})

test('starts a second thread, and no third, when 300 files are taken and 100 more wait', () => {
  const { inspect, answer, counts } = createInspector()
  void inspect(400)
  answer(283)
  expect(counts()).toEqual([16])
  answer(1)
  expect(counts()).toEqual([16, 16])
  void inspect(400)
  expect(counts()).toEqual([16, 16])
  answer(1, 1)
  expect(counts()).toEqual([16, 16])
})

test('only a thread with files keeps the program from exiting', () => {
  const { threads, inspect, answer } = createInspector()
  const areRef = () => threads.map(({ isRef }) => isRef)
  inspector.warm()
  expect(areRef()).toEqual([false])
  void inspect(400)
  expect(areRef()).toEqual([true])
  answer(284)
  answer(100, 1)
  expect(areRef()).toEqual([true, false])
  answer(16)
  expect(areRef()).toEqual([false, false])
  void inspect(1)
  expect(areRef()).toEqual([true, false])
})

test('repeats the files of a thread that has ended, each alone', () => {
  const { threads, inspect, answer, counts } = createInspector()
  void inspect(3)
  threads[0]?.emit('exit')
  void inspect(1, 'new')
  expect(counts().slice(1)).toEqual([1, 1])
  answer(1, 1)
  expect(threads[1]?.names).toEqual(['/file-0', '/file-2'])
  // The new file waits until a thread has none of these.
  expect(threads[2]?.names).toEqual(['/file-1'])
  answer(1, 2)
  expect(threads[2]?.names).toEqual(['/file-1', '/new-0'])
  void inspect(16, 'more')
  expect(counts().slice(1)).toEqual([1, 16])
  answer(1, 1)
  expect(counts().slice(1)).toEqual([1, 16])
})

test('refuses files if the system can’t start any thread, and inspects later ones once it can', async () => {
  let canStart = false
  const thread = new FakeThread()
  const startThread = () => {
    if (!canStart) throw new Error('EAGAIN')
    return thread as unknown as Worker
  }
  const { timers } = standingClock()
  inspector = new Inspector(new URL('file:///none'), { timers, startThread }, neverIdle)
  inspector.warm()
  const { failure: reason } = await inspector.inspect({ path: '/early', folder: '' })
  expect(reason).toEqual({ code: 'unexpected', params: {}, detail: 'EAGAIN' })
  canStart = true
  const later = inspector.inspect({ path: '/later', folder: '' })
  expect(thread.names).toEqual(['/later'])
  thread.answer()
  expect((await later).failure?.code).toBe('file-empty')
})

test('refuses a file that has ended two threads, with the error of the second', async () => {
  const { threads, inspect, answer } = createInspector()
  const [first, second] = inspect(2)
  threads[0]?.emit('exit')
  threads[1]?.emit('error', new Error('no memory'))
  threads[1]?.emit('exit')
  expect((await first)?.failure).toEqual({ code: 'unexpected', params: {}, detail: 'no memory' })
  answer(1, 2)
  expect((await second)?.failure?.code).toBe('file-empty')
})

test('a file has two minutes before its thread is ended, and two more alone', async () => {
  const { threads, clock, inspect, answer } = createInspector()
  const [slow, other] = inspect(2)
  clock.advance(119_999)
  expect([threads.length, threads[0]?.isTerminated]).toEqual([1, false])
  clock.advance(1)
  expect([threads.length, threads[0]?.isTerminated]).toEqual([3, true])
  answer(1, 2)
  expect((await other)?.failure?.code).toBe('file-empty')
  clock.advance(119_999)
  expect(threads[1]?.isTerminated).toBe(false)
  clock.advance(1)
  expect(threads[1]?.isTerminated).toBe(true)
  expect((await slow)?.failure?.code).toBe('file-look-late')
  expect(clock.waits()).toEqual([])
})

test('close ends all threads, refuses their files and waits no longer for any', async () => {
  const { threads, clock, inspect, answer } = createInspector()
  const inspections = inspect(440)
  answer(284)
  await inspector.close()
  expect(threads.map(({ isTerminated }) => isTerminated)).toEqual([true, true])
  expect(clock.waits()).toEqual([])
  const codes = (await Promise.all(inspections)).map(({ failure: reason }) => reason?.code)
  expect(codes.filter((code) => code === 'file-not-inspected')).toHaveLength(440 - 284)
  threads[0]?.emit('exit')
  expect(threads).toHaveLength(2)
})
