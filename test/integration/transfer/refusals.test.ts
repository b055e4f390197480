import type { IncomingMessage, ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { openLanes } from '../../support/upload-workers.ts'
import { standingClock, testPorts } from '../../support/hand-clock.ts'
import { etagOf, openReceiver } from '../../support/receiver.ts'

const mebibyte = 1024 * 1024
const workerPool = () => openLanes(testPorts(standingClock()))
const errorOf = (code: string) => `<Error><Code>${code}</Code></Error>`

function store(request: IncomingMessage, response: ServerResponse): void {
  void etagOf(request).then((etag) => response.writeHead(200, { ETag: etag }).end())
}

test('417 is answered by the same PUT without Expect, and that host is never asked again', async () => {
  const world = workerPool()
  const expected: (string | undefined)[] = []
  const { url } = await openReceiver(
    (request, response) => {
      expected.push(request.headers.expect)
      store(request, response)
    },
    {
      announced(request, response) {
        expected.push(request.headers.expect)
        response.writeHead(417, { Connection: 'close' }).end()
      },
    },
  )
  const file = await world.file(5 * mebibyte)
  const answers = [
    await (await world.put(file, url)).answer,
    await (await world.put(await world.file(6 * mebibyte), url)).answer,
  ]
  expect(answers).toMatchObject([{ status: 200 }, { status: 200 }])
  expect(expected).toEqual(['100-continue', undefined, undefined])
})

test.each([403, 412, 503])('%i before the body is heard, no byte of the body is sent', async (status) => {
  const world = workerPool()
  let bodyBytes = 0
  const connections = new Set<unknown>()
  const { url } = await openReceiver(
    (request, response) => {
      connections.add(request.socket)
      store(request, response)
    },
    {
      announced(request, response) {
        connections.add(request.socket)
        request.on('data', (chunk: Buffer) => (bodyBytes += chunk.length))
        response.writeHead(status, { 'Retry-After': '7' }).end(errorOf('SlowDown'))
      },
    },
  )
  const refused = await world.put(await world.file(5 * mebibyte), url)
  expect(await refused.answer).toMatchObject({
    ...{ kind: 'answered', status, retryAfter: '7', body: errorOf('SlowDown'), flushedBytes: 0 },
  })
  // A connection on which a body was promised and not sent can't carry another request.
  const next = await world.put(await world.file(mebibyte), url)
  expect(await next.answer).toMatchObject({ kind: 'answered', status: 200 })
  expect([bodyBytes, connections.size]).toEqual([0, 2])
})

test('storage that refuses a small PUT and hangs up on its body is heard', async () => {
  const world = workerPool()
  const refuse = (request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(403, { Connection: 'close' }).end(errorOf('AccessDenied'))
    // What is unread makes the system answer the rest with a reset.
    response.on('finish', () => request.socket.destroy())
  }
  const { url } = await openReceiver(refuse, { announced: refuse })
  const file = await world.file(3 * mebibyte)
  for (let time = 0; time < 8; time += 1) {
    const sent = await world.put(file, url)
    expect(await sent.answer).toMatchObject({ kind: 'answered', status: 403 })
  }
})

test('a status stands although the line is cut inside the body that explains it', async () => {
  const world = workerPool()
  const { url } = await openReceiver((request, response) => {
    void etagOf(request).then(() => {
      response.writeHead(403, { 'Content-Length': '1000' })
      response.write('<Error><Code>AccessDenied</Code>', () => request.socket.destroy())
    })
  })
  const sent = await world.put(await world.file(mebibyte), url)
  expect(await sent.answer).toMatchObject({ kind: 'answered', status: 403 })
})

test('a line that is cut without an answer is a broken line', async () => {
  const world = workerPool()
  const { url } = await openReceiver((request) => {
    request.once('data', () => request.socket.destroy())
  })
  const sent = await world.put(await world.file(8 * mebibyte), url)
  expect(await sent.answer).toMatchObject({ kind: 'broken' })
})

test('what arrives is the file, and the MD5 of it is what storage calls it by', async () => {
  const world = workerPool()
  const { url } = await openReceiver(store)
  const sent = await world.put(await world.file(3 * mebibyte + 1), url)
  const answer = await sent.answer
  expect(answer?.kind === 'answered' && [answer.etag, answer.sealed]).toEqual([
    answer?.kind === 'answered' && `"${answer.md5}"`,
    false,
  ])
})

test.each([
  { 'x-amz-server-side-encryption': 'aws:kms' },
  { 'x-amz-server-side-encryption': 'aws:kms:dsse' },
  { 'x-amz-server-side-encryption-customer-algorithm': 'AES256' },
])('an object that storage seals by %o is known as one', async (headers) => {
  const world = workerPool()
  const { url } = await openReceiver((request, response) => {
    void etagOf(request).then(() => response.writeHead(200, headers).end())
  })
  const sent = await world.put(await world.file(1_000), url)
  expect(await sent.answer).toMatchObject({ status: 200, sealed: true })
})
