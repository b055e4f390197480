/**
 * The proxies for a URL, the best first (`http://host:port`, `https:`, `socks4:`, `socks4a:`, `socks5:`,
 * `socks5h:`), with `direct` for a direct connection. A proxy may include its login
 * (`http://name:password@host:port`).
 */
export type FindProxies = (url: string) => Promise<readonly string[]>

/** The login of a proxy. */
export interface ProxyLogin {
  readonly name: string
  readonly password: string
}

/** Selects the proxy of each request. The proxy's URL includes its login, which must not be logged. */
export interface ProxyResolver {
  /** The proxy for a URL, or null for a direct connection. */
  resolve(url: string): Promise<string | null>
  /**
   * Reports that a request for `url` through `proxy` failed with a proxy code. Returns whether another attempt
   * would use another proxy or another login. Safe for any request, since one that failed with these codes did
   * not reach its server.
   */
  reportFailure(proxy: string, code: string, url: string): Promise<boolean>
}

export const directConnection: ProxyResolver = {
  resolve: () => Promise.resolve(null),
  reportFailure: () => Promise.resolve(false),
}

/** Sends a request, and again with another proxy or login as long as its failure suggests one. */
export async function withProxyFallback<T>(
  proxies: ProxyResolver,
  url: string,
  attempt: (proxy: string | null) => Promise<{ readonly answer: T; readonly proxyCode: string | null }>,
): Promise<T> {
  // Enough for two proxies, each without and with a login.
  for (let tries = 1; ; tries += 1) {
    const proxy = await proxies.resolve(url)
    const { answer, proxyCode } = await attempt(proxy)
    const again =
      proxy !== null &&
      proxyCode !== null &&
      tries < 4 &&
      (await proxies.reportFailure(proxy, proxyCode, url))
    if (!again) return answer
  }
}

/** A proxy's URL without its login, for display: `http://host:port`. */
export function withoutCredentials(proxy: string): string {
  const url = URL.parse(proxy)
  return url ? `${url.protocol}//${url.host}` : ''
}

/**
 * Codes of requests that failed at a proxy (see proxied-request.ts). `refused` is followed by the proxy's
 * status.
 */
export const proxyCodes = {
  signIn: 'PROXY_SIGN_IN',
  trouble: 'PROXY_TROUBLE',
  unreachable: 'PROXY_UNREACHABLE',
  refused: 'PROXY_REFUSED',
} as const

const proxyCodeSet: ReadonlySet<string> = new Set(Object.values(proxyCodes))

/** The code if it is one of `proxyCodes`, else null. */
export const proxyCodeIn = (code: string): string | null =>
  proxyCodeSet.has(code.split(' ')[0] ?? '') ? code : null
