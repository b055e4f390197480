import { expect, test } from 'vitest'
import { success } from '../../../electron/contract/failures.ts'
import { neverPaused } from '../../../electron/platform/pause-request.ts'
import { createReadAhead } from '../../../electron/transfer/read-ahead.ts'
import { createPartsHistory, sendParts } from '../../../electron/transfer/send-parts.ts'
import type { PutAnswer } from '../../../electron/transfer/upload-worker-pool.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { putAnswer } from '../../support/put-answer.ts'

/** Sends a file of one part, which storage answers with these answers, one after the other. */
function sendOnePart(answers: readonly PutAnswer[]) {
  const clock = standingClock()
  const left = [...answers]
  let congestions = 0
  const slot = {
    recordFlushed: () => {},
    reportCongestion: () => void (congestions += 1),
    recordLatency: () => {},
    release: () => {},
  }
  const sent = sendParts({
    file: { path: '/models/a.safetensors', identity: { sizeBytes: 10, mtimeNs: 1n, inode: 1n } },
    partSizeBytes: 10,
    done: [],
    presign: async () =>
      success({ url: 'https://storage.example/a', headers: {}, allowsLocalAddress: false }),
    upload: null,
    recordPart: async () => success(undefined),
    history: createPartsHistory(),
    onPartMap: () => {},
    onProgress: () => {},
    workerPool: { send: async () => left.shift() ?? null, warm: () => {}, close: async () => {} },
    readAhead: createReadAhead(),
    requestSlots: { acquire: async () => slot },
    environment: createTestEnvironment(clock, 1),
    signal: new AbortController().signal,
    pause: neverPaused,
  })
  return { clock, sent, congestions: () => congestions }
}

const busy = putAnswer({ status: 503, flushedBytes: 10 })

test('tries a part four times, with delays that double, before the upload is retried', async () => {
  const { clock, sent, congestions } = sendOnePart([busy, busy, busy, busy])
  for (const delayMs of [500, 1_000, 2_000]) {
    await expect.poll(() => clock.waits()).toContain(delayMs)
    clock.advance(delayMs)
  }
  expect(await sent).toMatchObject({ ok: false, failure: { code: 'storage-busy' } })
  expect(congestions()).toBe(4)
})

test('sends a part again after a delay and returns it as storage has named it', async () => {
  const { clock, sent } = sendOnePart([busy, { ...busy, status: 200, etag: '"e"' }])
  await expect.poll(() => clock.waits()).toContain(500)
  clock.advance(500)
  expect(await sent).toMatchObject({ ok: true, value: [{ number: 1, etag: '"e"' }] })
})
