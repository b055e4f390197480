import { expect, test } from 'vitest'
import {
  requestErrorCode,
  isProxyAuthRequired,
} from '../../../../electron/platform/network/proxied-request.ts'

const http = 'http://ann:secret@proxy.example:3128'
const socks = 'socks5://proxy.example:1080'
const errorOf = (code: string, more: object = {}) => Object.assign(new Error(code), { code, ...more })
const tunnel = (statusCode?: number) => errorOf('ERR_PROXY_TUNNEL', { statusCode })

test.each(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'])(
  '%s means that the proxy is unreachable if there is one, else the server',
  (code) => {
    expect([
      requestErrorCode(errorOf(code), http),
      requestErrorCode(errorOf(code), socks),
      requestErrorCode(errorOf(code), null),
    ]).toEqual([...['PROXY_UNREACHABLE', 'PROXY_UNREACHABLE', code]])
  },
)

test.each(['ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'CERT_HAS_EXPIRED'])(
  'does not blame the proxy for %s, which the server may cause',
  (code) => {
    expect([requestErrorCode(errorOf(code), http), requestErrorCode(errorOf(code), socks)]).toEqual([
      code,
      code,
    ])
  },
)

test.each([
  [407, 'PROXY_SIGN_IN'],
  [403, 'PROXY_REFUSED 403'],
  [405, 'PROXY_REFUSED 405'],
  [451, 'PROXY_REFUSED 451'],
  [502, 'PROXY_TROUBLE'],
  [504, 'PROXY_TROUBLE'],
  [undefined, 'PROXY_TROUBLE'],
])('maps a tunnel that ends with %s to %s', (status, code) => {
  expect(requestErrorCode(tunnel(status), http)).toBe(code)
})

test.each([
  ['Socks5 Authentication failed', 'PROXY_SIGN_IN'],
  ['Proxy connection timed out', 'PROXY_UNREACHABLE'],
  ['Socks5 proxy rejected connection - Failure', 'PROXY_TROUBLE'],
  ['Socket closed', 'PROXY_TROUBLE'],
  ['something else', 'unknown'],
])('maps “%s” of a SOCKS proxy to %s', (words, code) => {
  expect(requestErrorCode(new Error(words), socks)).toBe(code)
})

test('only a 407 to an http request through an http proxy requires a login', () => {
  const to = (status: number, url: string, proxy: string | null) =>
    isProxyAuthRequired(status, new URL(url), proxy)
  expect(to(407, 'http://s3.example', http)).toBe(true)
  expect([
    to(401, 'http://s3.example', http),
    to(407, 'https://s3.example', http),
    to(407, 'http://s3.example', socks),
    to(407, 'http://s3.example', null),
  ]).toEqual([false, false, false, false])
})
