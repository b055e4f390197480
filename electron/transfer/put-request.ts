import type { ClientRequest } from 'node:http'
import { createRequestOpener } from '../platform/proxied-request.ts'

// Connections are kept between PUTs, so that a file of many parts pays for TLS once. Each thread has its own.
const opener = createRequestOpener({
  keepAlive: true,
  keepAliveMsecs: 30_000,
  maxSockets: Infinity,
  scheduling: 'lifo',
})

/**
 * Opens the PUT of exactly `lengthBytes` bytes. The target is taken from the URL's own text, since the query carries the
 * signature and must not be re-encoded; only the signed headers are added, and nothing that names the person. `announced`
 * asks storage whether it wants the body (see announcing.ts). `proxy` is the one to go by, or null.
 */
export function openPut(
  url: string,
  lengthBytes: number,
  signedHeaders: Readonly<Record<string, string>>,
  announced: boolean,
  proxy: string | null,
): ClientRequest {
  const to = new URL(url)
  const headers: Record<string, string> = { ...signedHeaders }
  if (!Object.keys(headers).some((name) => name.toLowerCase() === 'content-length')) {
    headers['Content-Length'] = String(lengthBytes)
  }
  if (announced) headers['Expect'] = '100-continue'
  const setHost = !Object.keys(headers).some((name) => name.toLowerCase() === 'host')
  return opener.open(to, { method: 'PUT', path: targetOf(url, to.origin), headers, setHost }, proxy)
}

/** Path and query as they were signed. */
function targetOf(url: string, origin: string): string {
  const rest = url.slice(url.indexOf('//') + 2)
  const slash = rest.search(/[/?]/)
  if (slash < 0) return '/'
  const target = rest.slice(slash).replace(/#.*$/, '')
  return origin !== '' && target.startsWith('?') ? `/${target}` : target
}
