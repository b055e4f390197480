import { expect, test } from 'vitest'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import { createPauseControl } from '../../../electron/platform/pause-request.ts'
import type { StorageAddress } from '../../../electron/platform/network/storage-address.ts'
import type { PartsProgress } from '../../../electron/transfer/parts-tracker.ts'
import { createReadAhead } from '../../../electron/transfer/read-ahead.ts'
import { createPartsHistory, sendParts } from '../../../electron/transfer/send-parts.ts'
import { setSentBytes } from '../../../electron/transfer/sent-counter.ts'
import type { PutAnswer, PutJob, SendOptions } from '../../../electron/transfer/upload-worker-pool.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { passDelay } from '../../support/pass-delay.ts'
import { putAnswer } from '../../support/put-answer.ts'

const partBytes = 10
const target: StorageAddress = { url: 'https://storage.example/a', headers: {}, allowsLocalAddress: false }
const stored = putAnswer({ etag: '"e"', checksum: 7, flushedBytes: partBytes })
const busy = putAnswer({ status: 503, flushedBytes: partBytes })
const abortedPut: PutAnswer = { kind: 'aborted', sha256: null, flushedBytes: 0 }
const sentPart = (number: number) => ({ number, etag: '"e"', checksum: 7 })

interface Put extends SendOptions {
  readonly job: PutJob
  readonly number: number
}
type Answer = PutAnswer | Promise<PutAnswer>

/** Sends a file of `sizeBytes` in parts of ten bytes, with so many slots. */
function send({
  answer,
  sizeBytes = partBytes,
  slotCount = 64,
  done = [] as readonly number[],
  history = createPartsHistory(),
  presign = (): Result<StorageAddress> => success(target),
  record = (): Result<void> => success(undefined),
}: {
  readonly answer: (put: Put) => Answer
  readonly sizeBytes?: number
  readonly slotCount?: number
  readonly done?: readonly number[]
  readonly history?: ReturnType<typeof createPartsHistory>
  readonly presign?: (number: number) => Result<StorageAddress>
  readonly record?: () => Result<void>
}) {
  const clock = standingClock()
  const abort = new AbortController()
  const pause = createPauseControl()
  const puts: number[] = []
  const presigned: { readonly number: number; readonly sizeBytes: number }[] = []
  const requested: { readonly sizeBytes: number; readonly isInterrupted: boolean }[] = []
  const recorded: unknown[] = []
  const progress: PartsProgress[] = []
  const slots = { inUse: 0, congestions: 0, flushedBytes: [] as number[], latencies: [] as unknown[] }
  let states = () => ''
  const acquire = async (
    put: { readonly sizeBytes: number; readonly isInterrupted?: boolean },
    signal: AbortSignal,
  ) => {
    requested.push({ isInterrupted: false, ...put })
    while (slots.inUse >= slotCount) {
      await new Promise((resolve) => setImmediate(resolve))
      signal.throwIfAborted()
    }
    slots.inUse += 1
    let isReleased = false
    return {
      recordFlushed: (bytes: number) => void slots.flushedBytes.push(bytes),
      reportCongestion: () => void (slots.congestions += 1),
      recordLatency: (...latency: unknown[]) => void slots.latencies.push(latency),
      release() {
        if (!isReleased) slots.inUse -= 1
        isReleased = true
      },
    }
  }
  const sent = sendParts({
    file: { path: '/models/a.safetensors', identity: { sizeBytes, mtimeNs: 1n, inode: 1n } },
    partSizeBytes: partBytes,
    done: done.map(sentPart),
    async presign(part) {
      presigned.push(part)
      return presign(part.number)
    },
    upload: { rowId: 'row', multipartId: 'multipart' },
    async recordPart(...part) {
      recorded.push(part)
      return record()
    },
    history,
    onPartMap: (map) => void (states = () => map().states),
    onProgress: (report) => void progress.push(report),
    workerPool: {
      async send(job, options) {
        const number = job.start / partBytes + 1
        puts.push(number)
        return answer({ job, number, ...options })
      },
      warm: () => {},
      close: async () => {},
    },
    readAhead: createReadAhead(),
    requestSlots: { acquire },
    environment: createTestEnvironment(clock, 1),
    signal: abort.signal,
    pause,
  })
  return {
    clock,
    sent,
    abort,
    pause,
    puts,
    presigned,
    requested,
    recorded,
    progress,
    slots,
    history,
    states: () => states(),
    pass: (delayMs: number) => passDelay(clock, delayMs),
  }
}

/** Answers a PUT with these, one after the other. */
const inOrder = (...answers: readonly PutAnswer[]) => {
  const left = [...answers]
  return () => left.shift() ?? stored
}
const untilAborted = ({ signal }: Pick<Put, 'signal'>) =>
  new Promise<PutAnswer>((resolve) => {
    signal.addEventListener('abort', () => resolve(abortedPut))
  })

test('tries a part four times, with delays that double, before the upload is retried', async () => {
  const { pass, sent, slots } = send({ answer: () => busy })
  for (const delayMs of [500, 1_000, 2_000]) await pass(delayMs)
  expect(await sent).toMatchObject({ ok: false, failure: { code: 'storage-busy' } })
  expect([slots.congestions, slots.inUse]).toEqual([4, 0])
})

test('sends the missing parts in order and returns all, the last one with its own size', async () => {
  const ranges: unknown[] = []
  const { sent, recorded, presigned, requested, progress, slots, states } = send({
    sizeBytes: 45,
    slotCount: 1,
    done: [4, 2],
    answer({ job, onProgress, onContinueDelay }) {
      ranges.push([job.start, job.end, job.part])
      onContinueDelay?.(30)
      onProgress(3)
      return { ...stored, flushedBytes: job.end - job.start, isRecorded: true }
    },
  })
  expect(await sent).toEqual(success([1, 2, 3, 4, 5].map(sentPart)))
  const part = { rowId: 'row', multipartId: 'multipart' }
  expect(ranges).toEqual([
    [0, 10, { ...part, number: 1 }],
    [20, 30, { ...part, number: 3 }],
    [40, 45, { ...part, number: 5 }],
  ])
  expect(recorded).toEqual([1, 3, 5].map((number) => [sentPart(number), true]))
  expect([presigned, requested].map((parts) => parts.map((part) => part.sizeBytes))).toEqual([
    [10, 10, 5],
    [10, 10, 5],
  ])
  expect([progress[0]?.sentBytes, progress.at(-1)?.sentBytes, states()]).toEqual([20, 45, 'sbsbs'])
  expect(slots.flushedBytes).toEqual([3, 10, 10, 3, 10, 10, 3, 5, 5])
  expect(slots.latencies).toEqual(Array(3).fill(['storage.example', 30]))
  expect(slots.inUse).toBe(0)
})

const otherBytes = { ...stored, etag: `"${'a'.repeat(32)}"`, md5: 'b'.repeat(32) }
const forbidden = putAnswer({ status: 403 })
const withoutEtag = { ...stored, etag: null }

test.each([
  ['a refused URL', [forbidden, forbidden], 'storage-refused'],
  ['an ETag of other bytes', [otherBytes, otherBytes], 'storage-differs'],
  ['a refused header', [putAnswer({ status: 412 })], 'storage-refused'],
  ['a lasting refusal', [putAnswer({ status: 400 })], 'storage-refused'],
  ['no ETag', [withoutEtag, withoutEtag], 'storage-refused'],
])('ends without a delay after %s', async (_, answers, code) => {
  const { sent, puts, presigned, slots } = send({ answer: inOrder(...answers) })
  expect(await sent).toMatchObject({ ok: false, failure: { code } })
  // Each PUT had a URL of its own.
  expect([puts.length, presigned.length]).toEqual([answers.length, answers.length])
  expect(slots).toMatchObject({ congestions: 0, inUse: 0 })
})

test('verifies once after five seconds that storage lacks the upload', async () => {
  const gone = putAnswer({ status: 404, body: '<Error><Code>NoSuchUpload</Code></Error>' })
  const { sent, pass, puts } = send({ answer: () => gone })
  await pass(5_000)
  expect(await sent).toMatchObject({ ok: false, failure: { code: 'not-found' } })
  expect(puts).toHaveLength(2)
})

test('a server that fails to presign is not taken for congestion of storage', async () => {
  const answers = [failed(failure('server-trouble')), success(target)]
  const { sent, pass, slots } = send({
    answer: () => stored,
    presign: () => answers.shift() ?? success(target),
  })
  await pass(500)
  expect((await sent).ok).toBe(true)
  expect(slots.congestions).toBe(0)
})

test('finishes the parts that run when another one fails, and starts no more', async () => {
  const second = Promise.withResolvers<PutAnswer>()
  const { sent, puts, slots, recorded } = send({
    sizeBytes: 40,
    slotCount: 2,
    answer: ({ number }) => (number === 1 ? putAnswer({ status: 400 }) : second.promise),
  })
  await expect.poll(() => [puts.length, slots.inUse]).toEqual([2, 1])
  second.resolve(stored)
  expect(await sent).toMatchObject({ ok: false, failure: { code: 'storage-refused' } })
  expect([puts, recorded.length]).toEqual([[1, 2], 1])
})

test('an exception in one part aborts the others and is thrown', async () => {
  const { sent, slots } = send({
    sizeBytes: 20,
    answer(put) {
      if (put.number === 1) throw new Error('a bug')
      return untilAborted(put)
    },
  })
  await expect(sent).rejects.toThrow('a bug')
  expect(slots.inUse).toBe(0)
})

test('a part that can’t be recorded ends the upload', async () => {
  const full = failed(failure('journal-full'))
  const { sent, progress } = send({ answer: () => stored, record: () => full })
  expect(await sent).toEqual(full)
  expect(progress.at(-1)?.sentBytes).toBe(0)
})

test('an abort during a PUT or a delay ends sending as aborted', async () => {
  const duringPut = send({ answer: untilAborted })
  await expect.poll(duringPut.states).toBe('f')
  duringPut.abort.abort()
  expect(await duringPut.sent).toMatchObject({ kind: 'aborted' })
  const duringDelay = send({ answer: () => busy })
  await expect.poll(() => duringDelay.clock.waits()).toEqual([500])
  duringDelay.abort.abort()
  expect(await duringDelay.sent).toMatchObject({ kind: 'aborted' })
  expect([duringDelay.clock.waits(), duringDelay.slots.inUse]).toEqual([[], 0])
})

test.each([
  ['keeps its slot during a delay of a second', 0, 1_000, 1],
  ['gives its slot to other files during a longer delay', 1, 2_000, 0],
])('a part %s', async (_, retryAfter, delayMs, inUse) => {
  const limited = putAnswer({ status: 503, retryAfter: String(retryAfter) })
  const { sent, pass, clock, slots, requested, puts } = send({
    sizeBytes: 20,
    slotCount: 1,
    answer: inOrder(busy, limited),
  })
  await pass(500)
  await expect.poll(() => clock.waits()).toEqual([delayMs])
  // No other part of the file is sent meanwhile.
  await new Promise((resolve) => setImmediate(resolve))
  expect([slots.inUse, puts]).toEqual([inUse, [1, 1]])
  clock.advance(delayMs)
  expect((await sent).ok).toBe(true)
  expect(puts).toEqual([1, 1, 1, 2])
  const repeated = requested.filter(({ isInterrupted }) => isInterrupted)
  expect(repeated).toEqual(inUse === 0 ? [{ sizeBytes: 10, isInterrupted: true }] : [])
  expect(slots.inUse).toBe(0)
})

test('waits for up to a minute that storage asks for, and leaves more to the upload', async () => {
  const limited = (seconds: number) => putAnswer({ status: 503, retryAfter: String(seconds) })
  const minute = send({ answer: inOrder(limited(60)) })
  await minute.pass(60_500)
  expect(await minute.sent).toMatchObject({ ok: true })
  const longer = send({ answer: inOrder(limited(61)) })
  expect(await longer.sent).toMatchObject({ failure: { code: 'storage-busy', retryAfterMs: 61_000 } })
  expect(longer.puts).toEqual([1])
})

test('a pause ends once the parts that run are sent', async () => {
  const first = Promise.withResolvers<PutAnswer>()
  const { sent, pause, puts, recorded } = send({
    sizeBytes: 20,
    slotCount: 1,
    answer({ job, onProgress }) {
      setSentBytes(job.sentCounter, 5)
      onProgress(5)
      return first.promise
    },
  })
  await expect.poll(() => puts).toEqual([1])
  pause.request()
  first.resolve(stored)
  expect(await sent).toMatchObject({ kind: 'aborted' })
  expect([puts, recorded.length]).toEqual([[1], 1])
})

test('a pause stops a part that would take long, which is sent first once it is revoked', async () => {
  const second = Promise.withResolvers<PutAnswer>()
  const { sent, pause, puts, states, progress, history } = send({
    sizeBytes: 40,
    slotCount: 2,
    answer(put) {
      if (put.number === 2) setSentBytes(put.job.sentCounter, 9)
      if (puts.length > 2) return stored
      put.onProgress(4)
      return put.number === 1
        ? untilAborted(put).then((answer) => (put.onProgress(6), answer))
        : second.promise
    },
  })
  await expect.poll(() => puts).toEqual([1, 2])
  pause.request()
  // What the stopped PUT reports later does not count.
  await expect.poll(states).toBe('Wfww')
  expect(progress.at(-1)).toMatchObject({ inFlightBytes: 4, inFlightParts: 1 })
  pause.revoke()
  second.resolve(stored)
  expect((await sent).ok).toBe(true)
  expect(puts).toEqual([1, 2, 1, 3, 4])
  expect([...history.repeated]).toEqual([1])
})

test('a part whose URL arrives after a pause is not sent', async () => {
  const { sent, pause, puts, states } = send({
    sizeBytes: 20,
    answer: () => stored,
    presign() {
      pause.request()
      return success(target)
    },
  })
  expect(await sent).toMatchObject({ kind: 'aborted' })
  expect([puts, states()]).toEqual([[], 'ww'])
})

test('requests the next URL when a part is about to end', async () => {
  const requestedDuring: number[][] = []
  const { sent, clock, presigned } = send({
    sizeBytes: 30,
    slotCount: 1,
    async answer({ onProgress }) {
      const numbers = () => presigned.map(({ number }) => number)
      // The response to the last request is not part of it.
      await new Promise((resolve) => setImmediate(resolve))
      clock.advance(60_000)
      requestedDuring.push(numbers())
      onProgress(10)
      requestedDuring.push(numbers())
      return stored
    },
  })
  expect((await sent).ok).toBe(true)
  // How long a part takes is unknown during the first one.
  expect(requestedDuring).toEqual([
    [1, 2],
    [1, 2],
    [1, 2],
    [1, 2, 3],
    [1, 2, 3],
    [1, 2, 3],
  ])
})
