import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { open, writeFile } from 'node:fs/promises'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createBlockPool } from '../../../electron/transfer/block-pool.ts'
import { createBlockAllocator } from '../../../electron/transfer/block-allocator.ts'
import { createReadAhead, hashingReadAhead, sendingReadAhead } from '../../../electron/transfer/read-ahead.ts'
import { sendBody, untilFlushed, type Put } from '../../../electron/transfer/put-body.ts'
import { createSentCounter, sentBytesOf } from '../../../electron/transfer/sent-counter.ts'
import { type SentHash } from '../../../electron/transfer/sent-hash.ts'
import { createSentMd5Factory } from '../../../electron/transfer/sent-md5.ts'
import { startTestServer } from '../../support/network/test-server.ts'

const mebibyte = 1024 * 1024

interface Options {
  readonly sizeBytes: number
  /** The part of the file that is sent; all of it when left out. */
  readonly part?: { readonly start: number; readonly end: number }
  readonly nowMs?: () => number
  readonly hash?: SentHash | null
}

/** A PUT of a file to a local server. All of it may be sent at once unless `allow` is called before. */
async function setup({ sizeBytes, part, nowMs = () => performance.now(), hash = null }: Options) {
  const received = Promise.withResolvers<Buffer>()
  const { url } = await startTestServer((request, response) => {
    void bodyOf(request).then(received.resolve, () => {})
    request.on('end', () => response.end())
  })
  const bytes = randomBytes(sizeBytes)
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-body-'))
  const path = join(folder, 'a.safetensors')
  await writeFile(path, bytes)
  const handle = await open(path)
  const { start, end } = part ?? { start: 0, end: sizeBytes }
  const request = httpRequest(url, { method: 'PUT', headers: { 'Content-Length': end - start } })
  request.on('error', () => {})
  onTestFinished(async () => {
    request.destroy()
    await handle.close().catch(() => {})
    rmSync(folder, { recursive: true })
  })
  const readAhead = createReadAhead()
  hashingReadAhead(readAhead).ended()
  const put: Put = {
    job: { start, end, sentCounter: createSentCounter() } as Put['job'],
    request,
    readAhead: sendingReadAhead(readAhead),
    md5: createSentMd5Factory(nowMs).start(),
    hash,
    flushedBytes: 0,
    checksum: 0,
    isWaitingLocally: false,
    isReadingDisk: false,
    answer: null,
    onFlushed: () => {},
  }
  let allowed = Infinity
  let wake = () => {}
  const reports: number[] = []
  const context = {
    signal: new AbortController().signal,
    progress: ({ flushedBytes }: { readonly flushedBytes: number }) => void reports.push(flushedBytes),
    allowedUpTo: () => Promise.resolve(),
    allowed: () => allowed,
    onAllowed: (listener: () => void) => void (wake = listener),
  }
  let blocksInUse = 0
  const pool = createBlockPool()
  const allocator = createBlockAllocator({
    acquire: () => ((blocksInUse += 1), pool.acquire()),
    release: (block) => ((blocksInUse -= 1), pool.release(block)),
  })
  return {
    put,
    bytes,
    request,
    reports,
    received: received.promise,
    send: () => sendBody(put, handle, context, { allocator, nowMs }),
    blocksInUse: () => blocksInUse,
    allow(upTo: number) {
      allowed = upTo
      wake()
    },
  }
}

const sha256Of = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

/** A hash whose thread answers when the test allows it. */
function createManualHash() {
  const own = createHash('sha256')
  const pending: (() => void)[] = []
  let onSettled = () => {}
  const hash: SentHash = {
    restart: () => {},
    add: (bytes, onHashed) =>
      void pending.push(() => {
        own.update(bytes)
        onHashed()
      }),
    isBehind: () => pending.length > 0,
    settled: () => new Promise((resolve) => void (onSettled = resolve)),
    hex: async () => own.digest('hex'),
    close: () => {},
  }
  const hashNext = () => {
    pending.shift()?.()
    if (pending.length === 0) onSettled()
  }
  return { hash, hashNext, pendingCount: () => pending.length }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

test('sends the bytes of the part in order and counts them', async () => {
  const part = { start: 100, end: 3 * mebibyte + 7 }
  const { put, send, bytes, received, blocksInUse } = await setup({ sizeBytes: 4 * mebibyte, part })
  expect(await send()).toBeNull()
  expect((await received).equals(bytes.subarray(part.start, part.end))).toBe(true)
  await expect.poll(() => put.flushedBytes).toBe(part.end - part.start)
  expect(sentBytesOf(put.job.sentCounter)).toBe(part.end - part.start)
  expect([put.isWaitingLocally, put.isReadingDisk, blocksInUse()]).toEqual([false, false, 0])
})

test('hashes what it sends in another thread, and refills no block before it is hashed', async () => {
  const { hash, hashNext, pendingCount } = createManualHash()
  const { put, send, received, bytes, blocksInUse } = await setup({ sizeBytes: 8 * mebibyte, hash })
  const sending = send()
  await expect.poll(() => put.flushedBytes).toBe(3 * mebibyte)
  expect([pendingCount(), put.hash?.isBehind()]).toEqual([3, true])
  while (put.flushedBytes < bytes.length || pendingCount() > 0) {
    await expect.poll(pendingCount).toBeGreaterThan(0)
    hashNext()
  }
  expect(await sending).toBeNull()
  await expect.poll(blocksInUse).toBe(0)
  expect(await put.hash?.hex()).toBe(sha256Of(await received))
})

test('keeps a block that is being hashed when the connection is closed', async () => {
  const { hash, hashNext, pendingCount } = createManualHash()
  const { put, send, request, blocksInUse } = await setup({ sizeBytes: mebibyte, hash })
  expect(await send()).toBeNull()
  await expect.poll(() => put.flushedBytes).toBe(mebibyte)
  request.destroy()
  await expect.poll(() => request.closed).toBe(true)
  expect([pendingCount(), blocksInUse()]).toEqual([1, 1])
  hashNext()
  await expect.poll(blocksInUse).toBe(0)
})

test('sends nothing beyond its credit, and reports used credit at once', async () => {
  const { put, send, allow, reports, received, bytes } = await setup({ sizeBytes: 300_000 })
  allow(1_000)
  const sending = send()
  await expect.poll(() => reports).toEqual([1_000])
  expect([put.flushedBytes, put.isWaitingLocally]).toEqual([1_000, true])
  allow(300_000)
  expect(await sending).toBeNull()
  expect((await received).equals(bytes)).toBe(true)
  expect(put.isWaitingLocally).toBe(false)
})

test('reports a file that ends before the part as changed', async () => {
  const { send, put } = await setup({ sizeBytes: 1_000, part: { start: 0, end: 2_000 } })
  expect(await send()).toMatchObject({ code: 'file-changed' })
  expect(put.request.writableEnded).toBe(false)
})

test('sends nothing if the PUT has ended before its body starts', async () => {
  const { put, send, request } = await setup({ sizeBytes: 1_000 })
  put.answer = { kind: 'aborted', sha256: null, flushedBytes: 0 }
  expect(await send()).toBeNull()
  expect([put.flushedBytes, put.checksum, request.writableEnded]).toEqual([0, 0, false])
})

test('stops waiting for bytes when the connection is closed', async () => {
  const { put, send, allow, request } = await setup({ sizeBytes: mebibyte })
  allow(0)
  const [sent, flushed] = [send(), untilFlushed(put)]
  const startedAtMs = performance.now()
  request.destroy()
  await Promise.all([sent, flushed])
  // Without a closed connection it waits 5 s.
  expect([put.flushedBytes, performance.now() - startedAtMs < 5_000]).toEqual([0, true])
})
