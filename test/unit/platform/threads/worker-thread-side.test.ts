import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { createWorkerThreads } from '../../../../electron/platform/threads/worker-threads.ts'
import { createTestEnvironment, runningClock } from '../../../support/hand-clock.ts'

const threadSide = import.meta.resolve('../../../../electron/platform/threads/worker-thread-side.ts')

/** `wait` waits for the position 10, `watch` answers with each change once it is aborted. */
const program = `
import { runJobs } from ${JSON.stringify(threadSide)}
runJobs(async (job, { signal, progress, allowed, allowedUpTo, onAllowed }) => {
  progress('started')
  if (job === 'wait') {
    await allowedUpTo(10)
    return (signal.aborted ? 'aborted at ' : 'allowed up to ') + allowed()
  }
  const seen = []
  return new Promise((resolve) => {
    onAllowed(() => seen.push('replaced'))
    onAllowed(() => {
      seen.push(signal.aborted ? 'aborted' : allowed())
      if (signal.aborted) resolve(seen.join())
    })
  })
})`

/** Starts jobs in one thread. */
function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-thread-'))
  const file = join(folder, 'thread.mjs')
  writeFileSync(file, program)
  const threads = createWorkerThreads<string, string, string>({
    url: pathToFileURL(file),
    name: 'test',
    count: 1,
    environment: createTestEnvironment(runningClock()),
  })
  onTestFinished(async () => {
    await threads.close()
    rmSync(folder, { recursive: true })
  })
  return (job: string) => {
    const controller = new AbortController()
    const seen: string[] = []
    const running = threads.run(job, {
      signal: controller.signal,
      onProgress: (progress) => seen.push(progress),
    })
    return { ...running, seen, abort: () => controller.abort() }
  }
}

test('a job waits until it may proceed far enough', async () => {
  const job = setup()('wait')
  job.allow(9)
  job.allow(10)
  expect([await job.answer, job.seen]).toEqual(['allowed up to 10', ['started']])
})

test('an aborted job stops waiting', async () => {
  const job = setup()('wait')
  job.allow(4)
  job.abort()
  expect(await job.answer).toBe('aborted at 4')
})

test('a job is notified of each change of its position, and other jobs are not', async () => {
  const run = setup()
  const [watching, waiting] = [run('watch'), run('wait')]
  watching.allow(3)
  waiting.allow(12)
  expect(await waiting.answer).toBe('allowed up to 12')
  // It has ended, so that this changes nothing.
  waiting.allow(13)
  watching.allow(2)
  watching.abort()
  expect(await watching.answer).toBe('3,2,aborted')
})
