import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { withProxyFallback, proxyCodeIn, proxyCodes, type ProxyResolver } from '../platform/proxy-resolver.ts'
import {
  requestErrorCode,
  createRequestOpener,
  proxyHostOf,
  isProxyAuthRequired,
} from '../platform/proxied-request.ts'
import { trustsSystemCertificates, trustSystemCertificatesAfter } from '../platform/system-certificates.ts'

/** One question to a server. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /** JSON, or null for none. */
  readonly body: string | null
  readonly signal: AbortSignal
}

/** What a server said. */
export interface HttpResponse {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** No answer came: `code` is the network's word for why (see `line-failure.ts`). */
export interface NoResponse {
  readonly code: string
  /** Host and port of the proxy that kept the question from its server; null when none did. */
  readonly proxyHost: string | null
}

/** No answer of this API comes near it; a page of 100 models is some 60 kB. */
const longestAnswerBytes = 16 * 1024 * 1024

// Idle connections go before a server that names no time of its own closes them, most after five seconds: what is asked
// in that moment would be lost.
const opener = createRequestOpener({ keepAlive: true, timeout: 4_000, maxSockets: 64 })

/** Asks by whatever proxy there is, follows no redirect, and never throws. */
export function exchange(question: HttpRequest, proxies: ProxyResolver): Promise<HttpResponse | NoResponse> {
  return withProxyFallback(proxies, question.url.href, async (proxy) => {
    const answer = await askTrusting(question, proxy)
    const proxyCode = 'code' in answer ? proxyCodeIn(answer.code) : null
    return { answer, proxyCode }
  })
}

/** Asks once more when the certificate is of an authority that the system knows and Node does not. */
async function askTrusting(question: HttpRequest, proxy: string | null): Promise<HttpResponse | NoResponse> {
  const trusting = trustsSystemCertificates()
  const first = await ask(question, proxy)
  return 'code' in first && !trusting && trustSystemCertificatesAfter(first.code)
    ? ask(question, proxy)
    : first
}

function ask(
  { method, url, headers, body, signal }: HttpRequest,
  proxy: string | null,
): Promise<HttpResponse | NoResponse> {
  const path = `${url.pathname}${url.search}`
  return new Promise((resolve) => {
    const fail = (error: unknown) => {
      const code = requestErrorCode(signal.aborted ? signal.reason : error, proxy)
      resolve({ code, proxyHost: proxyHostOf(code, proxy) })
    }
    const request = openedOr(fail, () => opener.open(url, { method, path, headers, signal }, proxy))
    request?.on('error', fail)
    request?.on('response', (response) => {
      if (isProxyAuthRequired(response.statusCode, url, proxy)) {
        response.resume()
        const code = proxyCodes.signIn
        return resolve({ code, proxyHost: proxyHostOf(code, proxy) })
      }
      const { statusCode: status = 0, headers } = response
      readText(response).then((text) => resolve({ status, headers, text }), fail)
    })
    request?.end(body ?? undefined)
  })
}

/** A header or a proxy that Node won't take throws at once, before there is anything to listen to. */
function openedOr(fail: (error: unknown) => void, open: () => ClientRequest): ClientRequest | null {
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
    if (length > longestAnswerBytes)
      throw Object.assign(new Error('answer too long'), { code: 'HPE_INVALID_CONSTANT' })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
