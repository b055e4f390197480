import { expect, onTestFinished, test } from 'vitest'
import { createThreads } from '../../../electron/transfer/threads.ts'
import { standingClock, testPorts } from '../../support/hand-clock.ts'

/**
 * A thread that answers what it is told. `hang` blocks it for good, as a read does whose disk is gone: it hears nothing any more.
 * `wait` is answered once it may go on.
 */
const program = `
import { parentPort } from 'node:worker_threads'
const answer = (id, text) => parentPort.postMessage({ kind: 'answer', id, answer: text })
const jobs = new Map()
parentPort.on('message', ({ kind, id, job, upTo }) => {
  if (kind === 'job') jobs.set(id, job)
  if (kind === 'job' && job === 'hang') {
    parentPort.postMessage({ kind: 'progress', id, progress: 'hangs' })
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  }
  if (kind === 'allow') answer(id, jobs.get(id) + ' up to ' + upTo)
  if (kind === 'abort') answer(id, 'aborted')
})`

function setup() {
  const clock = standingClock()
  const ports = testPorts(clock)
  const url = new URL(`data:text/javascript,${encodeURIComponent(program)}`)
  const threads = createThreads<string, string, string>({ ...{ url, ports }, name: 'test', count: 1 })
  onTestFinished(() => threads.close())
  const begin = (job: string) => {
    const controller = new AbortController()
    const begun = Promise.withResolvers<void>()
    const running = threads.run(job, { signal: controller.signal, onProgress: () => begun.resolve() })
    return { ...running, begun: begun.promise, abort: () => controller.abort() }
  }
  return { clock, ports, begin }
}

test('an aborted job answers through its thread', async () => {
  const { begin, clock } = setup()
  const job = begin('wait')
  job.abort()
  expect(await job.answer).toBe('aborted')
  expect(clock.waits()).toEqual([])
})

test('a thread that hangs after an abort is replaced: what was aborted is over, what it held up goes on', async () => {
  const { begin, clock, ports } = setup()
  const hanging = begin('hang')
  await hanging.begun
  const other = begin('wait')
  other.allow(7)
  hanging.abort()
  clock.advance(5_000)
  expect([await hanging.answer, await other.answer]).toEqual([null, 'wait up to 7'])
  expect(ports.lines).toMatchObject([{ message: 'a worker thread hangs and is replaced' }])
})
