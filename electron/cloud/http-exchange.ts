import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http'
import {
  withProxyFallback,
  proxyCodeIn,
  proxyCodes,
  type ProxyResolver,
} from '../platform/network/proxy-resolver.ts'
import {
  requestErrorCode,
  createRequestOpener,
  proxyHostOf,
  isProxyAuthRequired,
} from '../platform/network/proxied-request.ts'
import {
  trustsSystemCertificates,
  trustSystemCertificatesAfter,
} from '../platform/network/system-certificates.ts'

/** One request to a server. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /** JSON, or null for none. */
  readonly body: string | null
  readonly signal: AbortSignal
  /** Called with the first byte of the response. */
  readonly onResponse?: () => void
}

/** The response of a server. */
export interface HttpResponse {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** No response: `code` is the error code of the network stack (see network-failures.ts). */
export interface NoResponse {
  readonly code: string
  /** Host and port of the proxy that failed; null when the proxy was not the cause. */
  readonly proxyHost: string | null
}

/** Far more than any response of this API: a page of 100 models has some 60 kB. The main thread parses it. */
const maxResponseBytes = 1024 * 1024

// Idle connections are closed before the server closes them, usually after five seconds, since a request sent
// at that moment would be lost.
const opener = createRequestOpener({ keepAlive: true, timeout: 4_000, maxSockets: 64 })

/** Sends a request, directly or through a proxy. Follows no redirect, and never throws. */
export function exchange(request: HttpRequest, proxies: ProxyResolver): Promise<HttpResponse | NoResponse> {
  return withProxyFallback(proxies, request.url.href, async (proxy) => {
    const answer = await sendTrusting(request, proxy)
    const proxyCode = 'code' in answer ? proxyCodeIn(answer.code) : null
    return { answer, proxyCode }
  })
}

/** Repeats the request once if only the operating system trusts the server's certificate authority. */
async function sendTrusting(request: HttpRequest, proxy: string | null): Promise<HttpResponse | NoResponse> {
  const trustedSystem = trustsSystemCertificates()
  const first = await sendOnce(request, proxy)
  const isRetried = 'code' in first && !trustedSystem && trustSystemCertificatesAfter(first.code)
  return isRetried ? sendOnce(request, proxy) : first
}

function sendOnce(
  { method, url, headers, body, signal, onResponse }: HttpRequest,
  proxy: string | null,
): Promise<HttpResponse | NoResponse> {
  const path = `${url.pathname}${url.search}`
  return new Promise((resolve) => {
    const fail = (error: unknown) => {
      const code = requestErrorCode(signal.aborted ? signal.reason : error, proxy)
      resolve({ code, proxyHost: proxyHostOf(code, proxy) })
    }
    const request = openOrFail(fail, () => opener.open(url, { method, path, headers, signal }, proxy))
    request?.on('error', fail)
    // Without a listener Node closes the connection, and reports neither a response nor an error.
    request?.on('upgrade', ({ statusCode: status = 0, headers }, socket) => {
      socket.destroy()
      resolve({ status, headers, text: '' })
    })
    request?.on('response', (response) => {
      onResponse?.()
      if (isProxyAuthRequired(response.statusCode, url, proxy)) {
        response.destroy()
        const code = proxyCodes.signIn
        return resolve({ code, proxyHost: proxyHostOf(code, proxy) })
      }
      const { statusCode: status = 0, headers } = response
      readText(response).then((text) => resolve({ status, headers, text }), fail)
    })
    request?.end(body ?? undefined)
  })
}

/** Node throws at once for an invalid header or proxy. */
function openOrFail(fail: (error: unknown) => void, open: () => ClientRequest): ClientRequest | null {
  try {
    return open()
  } catch (error) {
    fail(error)
    return null
  }
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    length += chunk.byteLength
    if (length > maxResponseBytes)
      throw Object.assign(new Error('response too long'), { code: 'RESPONSE_TOO_LONG' })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
