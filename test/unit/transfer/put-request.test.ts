import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { openPut } from '../../../electron/transfer/put-request.ts'
import { startTestServer } from '../../support/network/test-server.ts'

/** Sends a PUT of three bytes to a server at the rest of a URL; returns what the server has received. */
async function put(rest: string, given: Partial<Parameters<typeof openPut>[0]> = {}) {
  const received = Promise.withResolvers<Pick<IncomingMessage, 'method' | 'url' | 'headers'>>()
  const { url } = await startTestServer((request, response) => {
    received.resolve(request)
    request.resume().on('end', () => response.end())
  })
  const request = openPut({
    url: new URL(url).origin + rest,
    lengthBytes: 3,
    signedHeaders: {},
    allowsLocalAddress: true,
    expectsContinue: false,
    proxy: null,
    ...given,
  })
  request.on('error', received.reject).end('abc')
  return received.promise
}

test.each([
  ['/key?X-Amz-Signature=a%2Fb+c&empty=', '/key?X-Amz-Signature=a%2Fb+c&empty='],
  ['/a%20b/%7e.safetensors', '/a%20b/%7e.safetensors'],
  ['/key?a=1#fragment', '/key?a=1'],
  ['?a=1', '/?a=1'],
  ['', '/'],
])('requests %j as it was signed', async (rest, expected) => {
  expect(await put(rest)).toMatchObject({ method: 'PUT', url: expected })
})

test('sends only the signed headers and the length of the body', async () => {
  const { headers } = await put('/', { signedHeaders: { 'x-amz-meta-a': 'b' } })
  expect(Object.keys(headers).toSorted()).toEqual(['connection', 'content-length', 'host', 'x-amz-meta-a'])
  expect(headers).toMatchObject({ 'content-length': '3', 'x-amz-meta-a': 'b' })
})

test('connects to no address of this computer unless that is allowed', async () => {
  const url = (await startTestServer(() => {})).url.replace('127.0.0.1', 'localhost')
  await expect(put('', { url, allowsLocalAddress: false })).rejects.toThrow('localhost resolves to')
})
