import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { createTestEnvironment, runningClock } from '../../support/hand-clock.ts'
import { startTestServer } from '../../support/network/test-server.ts'
import { startUploadWorkers } from '../../support/upload-workers.ts'

const mebibyte = 1024 * 1024
const sha256Of = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

async function receivedHash(request: IncomingMessage): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of request) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

test.each([
  ['an empty file', 0],
  ['a file that the upload worker hashes itself', 3 * mebibyte + 7],
  ['a file that is hashed in another thread', 40 * mebibyte + 7],
])('reports the SHA-256 of what storage received for %s', async (_, sizeBytes) => {
  const workers = startUploadWorkers(createTestEnvironment(runningClock()))
  const received: string[] = []
  const { url } = await startTestServer(
    (request, response) => void receivedHash(request).then((hash) => (received.push(hash), response.end())),
  )
  const file = await workers.createFile(sizeBytes)
  const { answer } = await workers.put(file, url, { readAhead: null })
  const sha256 = sha256Of(file.bytes)
  expect(await answer).toMatchObject({ kind: 'answered', status: 200, sha256, flushedBytes: sizeBytes })
  expect(received).toEqual([sha256])
})

test.each([6, 40])('hashes the bytes once when a PUT of %i MiB starts again', async (mebibytes) => {
  const workers = startUploadWorkers(createTestEnvironment(runningClock()))
  let requests = 0
  const { url } = await startTestServer(
    (request, response) => void receivedHash(request).then(() => response.end()),
    {
      onExpectContinue(request, response) {
        requests += 1
        response.writeHead(417, { Connection: 'close' }).end()
        request.resume()
      },
    },
  )
  const file = await workers.createFile(mebibytes * mebibyte)
  const { answer } = await workers.put(file, url, { readAhead: null })
  expect(await answer).toMatchObject({ status: 200, sha256: sha256Of(file.bytes) })
  expect(requests).toBe(1)
})

test('has no hash of a PUT that was not sent completely', async () => {
  const workers = startUploadWorkers(createTestEnvironment(runningClock()))
  const { url } = await startTestServer((request) => void request.once('data', () => request.destroy()))
  const { answer } = await workers.put(await workers.createFile(40 * mebibyte), url, { readAhead: null })
  expect(await answer).toMatchObject({ kind: 'broken', sha256: null })
})

test('completes a PUT whose hash thread ends, without a hash', async () => {
  const workers = startUploadWorkers(createTestEnvironment(runningClock()))
  const resume = Promise.withResolvers<void>()
  const received: string[] = []
  const { url } = await startTestServer((request, response) => {
    void resume.promise
      .then(() => receivedHash(request))
      .then((hash) => (received.push(hash), response.end()))
  })
  const file = await workers.createFile(40 * mebibyte)
  const sent = await workers.put(file, url, { readAhead: null })
  await sent.untilFlushed(1)
  await workers.endHashThread()
  resume.resolve()
  const flushedBytes = file.bytes.length
  expect(await sent.answer).toMatchObject({ kind: 'answered', status: 200, sha256: null, flushedBytes })
  expect(received).toEqual([sha256Of(file.bytes)])
})
