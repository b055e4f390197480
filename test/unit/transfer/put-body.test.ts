import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { open, writeFile } from 'node:fs/promises'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createBlocks } from '../../../electron/transfer/blocks.ts'
import { createBlockSupply } from '../../../electron/transfer/held-blocks.ts'
import { createReadRate, hashingEnd, sendingEnd } from '../../../electron/transfer/read-rate.ts'
import { sendBody, type Put } from '../../../electron/transfer/put-body.ts'
import { createSentMd5s } from '../../../electron/transfer/sent-md5.ts'
import { openReceiver } from '../../support/receiver.ts'

const mebibyte = 1024 * 1024

interface Options {
  readonly sizeBytes: number
  /** The part of the file that is sent; all of it when left out. */
  readonly part?: { readonly start: number; readonly end: number }
  readonly nowMs?: () => number
}

/** A PUT of a file to a server on loopback. All of it may be sent at once unless `allow` is called before. */
async function setup({ sizeBytes, part, nowMs = () => performance.now() }: Options) {
  const arrived = Promise.withResolvers<Buffer>()
  const { url } = await openReceiver((request, response) => {
    void bodyOf(request).then(arrived.resolve, () => {})
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
  const pace = createReadRate()
  hashingEnd(pace).over()
  const put: Put = {
    job: { start, end } as Put['job'],
    ...{ request, pace: sendingEnd(pace), md5: createSentMd5s(nowMs).begin() },
    ...{ flushedBytes: 0, checksum: 0, held: false, reads: false, over: null },
  }
  let allowed = Infinity
  let wake = () => {}
  const told: number[] = []
  const context = {
    signal: new AbortController().signal,
    progress: ({ flushedBytes }: { readonly flushedBytes: number }) => void told.push(flushedBytes),
    allowedUpTo: () => Promise.resolve(),
    allowed: () => allowed,
    onAllowed: (changed: () => void) => void (wake = changed),
  }
  let blocksInUse = 0
  const blocks = createBlocks()
  const supply = createBlockSupply({
    take: () => ((blocksInUse += 1), blocks.take()),
    give: (block) => ((blocksInUse -= 1), blocks.give(block)),
  })
  return {
    ...{ put, handle, bytes, request, told, arrived: arrived.promise },
    send: () => sendBody(put, handle, context, supply),
    blocksInUse: () => blocksInUse,
    allow(upTo: number) {
      allowed = upTo
      wake()
    },
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

test('the bytes of the part arrive in their order and are counted', async () => {
  const part = { start: 100, end: 3 * mebibyte + 7 }
  const { put, send, bytes, arrived, blocksInUse } = await setup({ sizeBytes: 4 * mebibyte, part })
  expect(await send()).toBeNull()
  expect((await arrived).equals(bytes.subarray(part.start, part.end))).toBe(true)
  await expect.poll(() => put.flushedBytes).toBe(part.end - part.start)
  expect([put.held, put.reads, blocksInUse()]).toEqual([false, false, 0])
})

test('the bytes that the system takes count for the speed that leaves out the MD5', async () => {
  // On a clock that stands still every line is fast, but only once 8 MiB have been taken.
  const large = await setup({ sizeBytes: 20 * mebibyte, nowMs: () => 0 })
  const small = await setup({ sizeBytes: 7 * mebibyte, nowMs: () => 0 })
  expect([await large.send(), await small.send()]).toEqual([null, null])
  await Promise.all([large.arrived, small.arrived])
  expect(large.put.md5.hex()).toBeNull()
  expect(small.put.md5.hex()).toMatch(/^[0-9a-f]{32}$/)
})

test('nothing is sent above what is allowed, and using it up is told at once', async () => {
  const { put, send, allow, told, arrived, bytes } = await setup({ sizeBytes: 300_000 })
  allow(1_000)
  const sending = send()
  await expect.poll(() => told).toEqual([1_000])
  expect([put.flushedBytes, put.held]).toEqual([1_000, true])
  allow(300_000)
  expect(await sending).toBeNull()
  expect((await arrived).equals(bytes)).toBe(true)
  expect(put.held).toBe(false)
})

test('a PUT that may send nothing yet says so', async () => {
  const { put, send, allow, told, arrived } = await setup({ sizeBytes: 1_000 })
  allow(0)
  const sending = send()
  await expect.poll(() => told).toEqual([0])
  expect(put.held).toBe(true)
  allow(1_000)
  expect(await sending).toBeNull()
  expect(await arrived).toHaveLength(1_000)
})

test('a file that ends before the part does has changed', async () => {
  const { send, put } = await setup({ sizeBytes: 1_000, part: { start: 0, end: 2_000 } })
  expect(await send()).toMatchObject({ code: 'file-changed' })
  expect(put.request.writableEnded).toBe(false)
})

test('a file that can’t be read is refused with the disk’s error', async () => {
  const { send, handle, request, blocksInUse } = await setup({ sizeBytes: 1_000 })
  await handle.close()
  expect(await send()).toMatchObject({ code: 'file-unreadable', detail: 'EBADF' })
  request.destroy()
  await expect.poll(blocksInUse).toBe(0)
})

test('a connection that closes ends the sending without a failure of the file', async () => {
  const { send, allow, told, request, blocksInUse } = await setup({ sizeBytes: 300_000 })
  allow(1_000)
  const sending = send()
  await expect.poll(() => told).toEqual([1_000])
  expect(blocksInUse()).toBe(1)
  request.destroy()
  expect(await sending).toBeNull()
  await expect.poll(blocksInUse).toBe(0)
})

test('a PUT that is over before its body begins sends nothing', async () => {
  const { put, send, request } = await setup({ sizeBytes: 1_000 })
  put.over = { kind: 'aborted', checksum: 0, flushedBytes: 0 }
  expect(await send()).toBeNull()
  expect([put.flushedBytes, put.checksum, request.writableEnded]).toEqual([0, 0, false])
})
