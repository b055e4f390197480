import type { IncomingMessage, ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { directConnection } from '../../../electron/platform/network/proxy-resolver.ts'
import { putOutcome } from '../../../electron/transfer/put-outcome.ts'
import type { Throttle } from '../../../electron/transfer/throttle.ts'
import { runningClock, standingClock, createTestEnvironment } from '../../support/hand-clock.ts'
import { startUploadWorkers } from '../../support/upload-workers.ts'
import { etagOf, startTestServer } from '../../support/network/test-server.ts'

const mebibyte = 1024 * 1024
/** More than the sockets buffer between client and server. */
const longBytes = 24 * mebibyte
const errorBody = (code: string) => `<Error><Code>${code}</Code></Error>`

function store(request: IncomingMessage, response: ServerResponse): void {
  void etagOf(request).then((etag) => response.writeHead(200, { ETag: etag }).end())
}

test('repeats a PUT without Expect after 417, and never sends it to that host again', async () => {
  const workers = startUploadWorkers(createTestEnvironment(standingClock()))
  const expectHeaders: (string | undefined)[] = []
  const { url } = await startTestServer(
    (request, response) => {
      expectHeaders.push(request.headers.expect)
      store(request, response)
    },
    {
      onExpectContinue(request, response) {
        expectHeaders.push(request.headers.expect)
        response.writeHead(417, { Connection: 'close' }).end()
      },
    },
  )
  const file = await workers.createFile(5 * mebibyte)
  const answers = [
    await (await workers.put(file, url)).answer,
    await (await workers.put(await workers.createFile(6 * mebibyte), url)).answer,
  ]
  expect(answers).toMatchObject([{ status: 200 }, { status: 200 }])
  expect(expectHeaders).toEqual(['100-continue', undefined, undefined])
})

test.each([403, 412, 503])('reads %i before the body, and sends no byte of the body', async (status) => {
  const workers = startUploadWorkers(createTestEnvironment(standingClock()))
  let bodyBytes = 0
  const connections = new Set<unknown>()
  const { url } = await startTestServer(
    (request, response) => {
      connections.add(request.socket)
      store(request, response)
    },
    {
      onExpectContinue(request, response) {
        connections.add(request.socket)
        request.on('data', (chunk: Buffer) => (bodyBytes += chunk.length))
        const headers = { 'Retry-After': '7', Date: 'Thu, 01 Jan 2026 00:00:00 GMT' }
        response.writeHead(status, headers).end(errorBody('SlowDown'))
      },
    },
  )
  const refused = await workers.put(await workers.createFile(5 * mebibyte), url)
  expect(await refused.answer).toMatchObject({
    kind: 'answered',
    status,
    retryAfter: '7',
    date: 'Thu, 01 Jan 2026 00:00:00 GMT',
    body: errorBody('SlowDown'),
    flushedBytes: 0,
  })
  // A connection whose announced body was not sent can’t be reused.
  const next = await workers.put(await workers.createFile(mebibyte), url)
  expect(await next.answer).toMatchObject({ kind: 'answered', status: 200 })
  expect([bodyBytes, connections.size]).toEqual([0, 2])
})

test('removes signature and keys of a PUT that storage repeats', async () => {
  const workers = startUploadWorkers(createTestEnvironment(standingClock()))
  const { url } = await startTestServer((request, response) => {
    const repeated = `${request.url} ${request.headers['x-ms-encryption-key']} AbC+1= AbC%2B1%3D`
    void etagOf(request).then(() => response.writeHead(400).end(errorBody(repeated)))
  })
  const options = { headers: { 'x-ms-encryption-key': 'customerkey' } }
  const sent = await workers.put(await workers.createFile(mebibyte), `${url}?sig=AbC%2B1%3D`, options)
  expect(await sent.answer).toMatchObject({
    body: errorBody('/object?sig=[removed] [removed] [removed] [removed]'),
  })
})

test('reads the response of storage that closes the connection during the body', async () => {
  const workers = startUploadWorkers(createTestEnvironment(standingClock()))
  const refuse = (request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(403, { Connection: 'close' }).end(errorBody('AccessDenied'))
    // Unread bytes make the operating system reset the connection.
    response.on('finish', () => request.socket.destroy())
  }
  const { url } = await startTestServer(refuse, { onExpectContinue: refuse })
  const file = await workers.createFile(3 * mebibyte)
  for (let time = 0; time < 8; time += 1) {
    const sent = await workers.put(file, url)
    expect(await sent.answer).toMatchObject({ kind: 'answered', status: 403 })
  }
})

test('keeps the status when the connection fails during the response body', async () => {
  const workers = startUploadWorkers(createTestEnvironment(standingClock()))
  const { url } = await startTestServer((request, response) => {
    void etagOf(request).then(() => {
      response.writeHead(403, { 'Content-Length': '1000' })
      response.write('<Error><Code>AccessDenied</Code>', () => request.socket.destroy())
    })
  })
  const sent = await workers.put(await workers.createFile(mebibyte), url)
  expect(await sent.answer).toMatchObject({ kind: 'answered', status: 403 })
})

test('reports a connection that is closed without a response as broken', async () => {
  const workers = startUploadWorkers(createTestEnvironment(standingClock()))
  const { url } = await startTestServer((request) => {
    request.once('data', () => request.socket.destroy())
  })
  const sent = await workers.put(await workers.createFile(8 * mebibyte), url)
  expect(await sent.answer).toMatchObject({ kind: 'broken' })
})

test('reports a connection that storage switches to another protocol as broken', async () => {
  const workers = startUploadWorkers(createTestEnvironment(standingClock()))
  const { url } = await startTestServer((request) => {
    request.socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n')
  })
  const sent = await workers.put(await workers.createFile(1_000), url)
  expect(await sent.answer).toMatchObject({ kind: 'broken', code: 'ECONNRESET' })
})

test.each([
  ['repeats a PUT at once whose kept connection is closed before a byte is sent', true, 1],
  ['does not repeat a PUT whose new connection is closed', false, 0],
])('%s', async (_, usesKeptConnection, repetitions) => {
  const workers = startUploadWorkers(createTestEnvironment(standingClock()))
  let refusals = 0
  const { url, server } = await startTestServer(store, {
    onExpectContinue(request, response) {
      if (refusals === 0) {
        refusals += 1
        request.socket.destroy()
        return
      }
      response.writeContinue()
      store(request, response)
    },
  })
  let connections = 0
  server.on('connection', () => (connections += 1))
  if (usesKeptConnection) await (await workers.put(await workers.createFile(1_000), url)).answer
  const sent = await workers.put(await workers.createFile(5 * mebibyte), url)
  expect(await sent.answer).toMatchObject(
    usesKeptConnection ? { kind: 'answered', status: 200 } : { kind: 'broken', flushedBytes: 0 },
  )
  expect([refusals, connections]).toEqual([1, 1 + repetitions])
})

test('sends the bytes of the file, with the MD5 that storage computes', async () => {
  const workers = startUploadWorkers(createTestEnvironment(standingClock()))
  const { url } = await startTestServer(store)
  const sent = await workers.put(await workers.createFile(3 * mebibyte + 1), url)
  const answer = await sent.answer
  expect(answer?.kind === 'answered' && [answer.etag, answer.isEncrypted]).toEqual([
    answer?.kind === 'answered' && `"${answer.md5}"`,
    false,
  ])
})

test.each([
  { 'x-amz-server-side-encryption': 'aws:kms' },
  { 'x-amz-server-side-encryption': 'aws:kms:dsse' },
  { 'x-amz-server-side-encryption-customer-algorithm': 'AES256' },
])('recognises an object that storage encrypts with %o', async (headers) => {
  const workers = startUploadWorkers(createTestEnvironment(standingClock()))
  const { url } = await startTestServer((request, response) => {
    void etagOf(request).then(() => response.writeHead(200, headers).end())
  })
  const sent = await workers.put(await workers.createFile(1_000), url)
  expect(await sent.answer).toMatchObject({ status: 200, isEncrypted: true })
})

test('reports how long storage took to answer each Expect: 100-continue', async () => {
  const workers = startUploadWorkers(createTestEnvironment(runningClock()))
  const pausesMs = [150, 0]
  const { url } = await startTestServer(store, {
    onExpectContinue(request, response) {
      setTimeout(() => {
        response.writeContinue()
        store(request, response)
      }, pausesMs.shift())
    },
  })
  const delaysMs: (readonly number[])[] = []
  const putsMs: number[] = []
  for (const sizeBytes of [5 * mebibyte, 5 * mebibyte, mebibyte]) {
    const file = await workers.createFile(sizeBytes)
    const startedAtMs = performance.now()
    const sent = await workers.put(file, url)
    expect(await sent.answer).toMatchObject({ status: 200 })
    putsMs.push(performance.now() - startedAtMs)
    delaysMs.push(sent.continueDelaysMs)
  }
  expect(delaysMs.map(({ length }) => length)).toEqual([1, 1, 0])
  const [[slow = 0] = [], [quick = 0] = []] = delaysMs
  expect(slow).toBeGreaterThanOrEqual(149)
  // The second one is sent on the connection of the first, whose time does not count.
  expect(quick).toBeLessThan(putsMs[1] ?? 0)
})

test('accepts a success that is read before the last bytes are flushed', async () => {
  const workers = startUploadWorkers(createTestEnvironment(runningClock()))
  let received = 0
  const { url } = await startTestServer((request, response) => {
    request.once('data', (chunk: Buffer) => {
      received += chunk.length
      request.pause()
      response.writeHead(200, { ETag: '"0"', 'Content-Length': '0' }).end()
      // The response is read long before the rest of the body, which the client's system has buffered.
      setTimeout(() => {
        request.on('data', (rest: Buffer) => (received += rest.length)).resume()
      }, 100)
    })
  })
  const answer = await (await workers.put(await workers.createFile(longBytes), url)).answer
  const outcome = putOutcome(answer, { sizeBytes: longBytes, host: 'storage', nowMs: 0, sentBytes: 0 })
  expect(outcome).toMatchObject({ kind: 'stored', etag: '"0"' })
  expect(answer).toMatchObject({ flushedBytes: longBytes })
  await expect.poll(() => received).toBe(longBytes)
})

/** Grants the next portion once the last is flushed: a stalled PUT then waits for credit and the network. */
function createPortionThrottle(portionBytes: number): Throttle {
  return {
    limit: portionBytes,
    setLimit: () => {},
    join(put) {
      let grantedBytes = portionBytes
      put.allow(grantedBytes)
      return {
        recordFlushed(flushedBytes) {
          if (flushedBytes === grantedBytes) put.allow((grantedBytes += portionBytes))
        },
        leave: () => {},
      }
    },
    close: () => {},
  }
}

test('notices a stalled connection while a bandwidth limit is set', async () => {
  const workers = startUploadWorkers(createTestEnvironment(runningClock()), {
    stallMs: 1_000,
    throttle: createPortionThrottle(256 * 1024),
  })
  const { url } = await startTestServer((request) => {
    request.once('data', () => request.pause())
  })
  const sent = await workers.put(await workers.createFile(longBytes), url)
  expect(await sent.answer).toMatchObject({ kind: 'broken', code: 'ETIMEDOUT' })
})

test('sends nothing to a name that resolves to this computer unless that is allowed', async () => {
  const workers = startUploadWorkers(createTestEnvironment(standingClock()))
  let requests = 0
  const { url } = await startTestServer(
    (request, response) => {
      requests += 1
      store(request, response)
    },
    { host: 'localhost' },
  )
  const file = await workers.createFile(mebibyte)
  // The connection that this PUT leaves open must not be used either.
  const allowed = await workers.put(file, url)
  expect(await allowed.answer).toMatchObject({ status: 200 })
  const refused = await workers.put(file, url, { allowsLocalAddress: false })
  const answer = await refused.answer
  expect(requests).toBe(1)
  const outcome = putOutcome(answer, { sizeBytes: mebibyte, host: 'localhost', nowMs: 0, sentBytes: 0 })
  // A VPN or a captive portal may resolve names like this for a while.
  const reason = { code: 'name-not-found', detail: expect.stringMatching(/^localhost resolves to (127|::1)/) }
  expect(outcome).toMatchObject({ kind: 'failed', failure: reason })
})

test.each([
  ['headers', { headers: { 'x-amz-meta-a': 'a\r\nTransfer-Encoding: chunked' } }],
  ['a URL', { url: 'http://127.0.0.1:9/k\r\nHost: x' }],
])('line breaks in %s fail that PUT only', async (_what, target) => {
  const workers = startUploadWorkers(createTestEnvironment(standingClock()))
  const held = Promise.withResolvers<void>()
  const { url } = await startTestServer((request, response) => {
    void held.promise.then(() => store(request, response))
  })
  const running = await workers.put(await workers.createFile(longBytes), url)
  await running.untilFlushed(1)
  const broken = await workers.put(await workers.createFile(mebibyte), url, target)
  expect(await broken.answer).toMatchObject({
    kind: 'refused',
    failure: { code: 'upload-header-refused' },
  })
  held.resolve()
  expect(await running.answer).toMatchObject({ kind: 'answered', status: 200 })
})

test('reports a proxy that can’t be used as a broken PUT', async () => {
  const proxies = { ...directConnection, resolve: async () => 'socks9://proxy.example:1080' }
  const environment = createTestEnvironment(standingClock())
  const workers = startUploadWorkers(environment, { proxies })
  const sent = await workers.put(await workers.createFile(1_000), 'http://storage.example/k')
  expect(await sent.answer).toMatchObject({
    kind: 'broken',
    code: 'PROXY_TROUBLE',
    proxyHost: 'proxy.example:1080',
  })
})

test('does not accept a 200 of a web page in place of storage', async () => {
  const workers = startUploadWorkers(createTestEnvironment(standingClock()))
  const { url } = await startTestServer((request, response) => {
    void etagOf(request).then(() =>
      response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end('<html>Sign in</html>'),
    )
  })
  const sent = await workers.put(await workers.createFile(1_000), url, { readAhead: null })
  const answer = await sent.answer
  expect(answer).toMatchObject({ status: 200, etag: null, flushedBytes: 1_000 })
  expect(putOutcome(answer, { sizeBytes: 1_000, host: 'storage', nowMs: 0, sentBytes: 0 })).toMatchObject({
    kind: 'failed',
    failure: { code: 'storage-trouble', params: { status: 200 } },
    unanswered: null,
  })
})

test.each([200, 201])('returns an ETag of up to 200 characters: %i', async (length) => {
  const workers = startUploadWorkers(createTestEnvironment(standingClock()))
  const etag = `"${'a'.repeat(length - 2)}"`
  const { url } = await startTestServer((request, response) => {
    void etagOf(request).then(() => response.writeHead(200, { ETag: etag }).end())
  })
  const sent = await workers.put(await workers.createFile(1_000), url)
  expect(await sent.answer).toMatchObject({ status: 200, etag: length === 200 ? etag : null })
})

test('closes the connection when the body of an acknowledgement stays open', async () => {
  const workers = startUploadWorkers(createTestEnvironment(standingClock()), { stallMs: 1_000 })
  const closed = Promise.withResolvers<void>()
  const { url } = await startTestServer((request, response) => {
    response.on('close', closed.resolve)
    void etagOf(request).then((etag) => response.writeHead(200, { ETag: etag }).write('a'))
  })
  const sent = await workers.put(await workers.createFile(1_000), url)
  expect(await sent.answer).toMatchObject({ kind: 'answered', status: 200 })
  await closed.promise
})

test('keeps the status of a response whose body arrives byte by byte without an end', async () => {
  const workers = startUploadWorkers(createTestEnvironment(standingClock()), { stallMs: 1_000 })
  const closed = Promise.withResolvers<void>()
  const { url } = await startTestServer((request, response) => {
    void etagOf(request).then(() => {
      response.writeHead(403).write(errorBody('AccessDenied'))
      const dripping = setInterval(() => response.write(' '), 20)
      response.on('close', () => {
        clearInterval(dripping)
        closed.resolve()
      })
    })
  })
  const sent = await workers.put(await workers.createFile(1_000), url)
  expect(await sent.answer).toMatchObject({
    kind: 'answered',
    status: 403,
    body: expect.stringContaining('AccessDenied'),
  })
  await closed.promise
})

test.each([200, 403])('closes the connection when the response body of %i does not end', async (status) => {
  const workers = startUploadWorkers(createTestEnvironment(standingClock()))
  const closed = Promise.withResolvers<void>()
  const { url } = await startTestServer((request, response) => {
    void etagOf(request).then((etag) => {
      response.writeHead(status, { ETag: etag })
      const more = () => {
        while (response.write('<Error>'.repeat(1_000)));
        response.once('drain', more)
      }
      more()
      response.on('close', closed.resolve)
    })
  })
  const sent = await workers.put(await workers.createFile(mebibyte), url)
  expect(await sent.answer).toMatchObject({ kind: 'answered', status })
  await closed.promise
})
