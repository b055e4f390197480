import type { ClientRequest } from 'node:http'
import { createRequestOpener } from '../platform/network/proxied-request.ts'
import { lookupRemote } from '../platform/network/storage-address.ts'

// Connections are kept between PUTs, so that a file of many parts pays for TLS once. Each thread has its own.
const connections = {
  keepAlive: true,
  keepAliveMsecs: 30_000,
  maxSockets: Infinity,
  // For idle connections: each one is an open file of the process.
  timeout: 60_000,
  scheduling: 'lifo',
} as const
const opener = createRequestOpener(connections)
// Of its own, so that it never reuses a connection to this computer.
const remoteOpener = createRequestOpener({ ...connections, lookup: lookupRemote })

/**
 * Opens a PUT of exactly `lengthBytes` bytes. The target is taken from the URL's own text, since the query
 * carries the signature and must not be re-encoded. Only the signed headers are added, and nothing that
 * identifies the user.
 */
export function openPut(options: {
  readonly url: string
  readonly lengthBytes: number
  readonly signedHeaders: Readonly<Record<string, string>>
  readonly allowsLocalAddress: boolean
  /** Sends `Expect: 100-continue` (see expect-continue.ts). */
  readonly expectsContinue: boolean
  /** The proxy's URL with its login, or null. */
  readonly proxy: string | null
}): ClientRequest {
  const { url, lengthBytes, signedHeaders, allowsLocalAddress, expectsContinue, proxy } = options
  const target = new URL(url)
  const headers: Record<string, string> = { ...signedHeaders }
  const hasLength = Object.keys(headers).some((name) => name.toLowerCase() === 'content-length')
  if (!hasLength) headers['Content-Length'] = String(lengthBytes)
  if (expectsContinue) headers['Expect'] = '100-continue'
  const path = signedTarget(url, target.origin)
  return (allowsLocalAddress ? opener : remoteOpener).open(target, { method: 'PUT', path, headers }, proxy)
}

/** Path and query as they were signed. */
function signedTarget(url: string, origin: string): string {
  const rest = url.slice(url.indexOf('//') + 2)
  const slash = rest.search(/[/?]/)
  if (slash < 0) return '/'
  const target = rest.slice(slash).replace(/#.*$/, '')
  return origin !== '' && target.startsWith('?') ? `/${target}` : target
}
