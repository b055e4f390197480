/**
 * How an address is reached: proxies as URLs, the best first (`http://host:port`, `https:`, `socks4:`, `socks4a:`, `socks5:`,
 * `socks5h:`), and `direct` for nothing between. One may carry its own login (`http://name:password@host:port`).
 */
export type FindProxies = (url: string) => Promise<readonly string[]>

/** A proxy that is to be signed in to. */
export interface ProxyLogin {
  readonly name: string
  readonly password: string
}

/** Which proxy each request goes by. What it answers carries the proxy's login: a secret that no log may see. */
export interface ProxyResolver {
  /** The proxy to take to an address, or null for the straight way. */
  resolve(url: string): Promise<string | null>
  /**
   * Tells that a request by `proxy` failed with this code of the line. Answers whether another try at once goes another way:
   * by another proxy, or with a login. Safe for any request, since none that failed with these codes had reached its server.
   */
  reportFailure(proxy: string, code: string): Promise<boolean>
}

/** Nothing between. */
export const directConnection: ProxyResolver = {
  resolve: () => Promise.resolve(null),
  reportFailure: () => Promise.resolve(false),
}

/** Runs a request by the way there is, and once more for each better way that its failure opens. */
export async function withProxyFallback<T>(
  proxies: ProxyResolver,
  url: string,
  attempt: (proxy: string | null) => Promise<{ readonly answer: T; readonly proxyCode: string | null }>,
): Promise<T> {
  // A way with a login, one without, and two proxies in turn: more is no network's.
  for (let tries = 1; ; tries += 1) {
    const proxy = await proxies.resolve(url)
    const { answer, proxyCode } = await attempt(proxy)
    const again =
      proxy !== null && proxyCode !== null && tries < 4 && (await proxies.reportFailure(proxy, proxyCode))
    if (!again) return answer
  }
}

/** A proxy without its login, which may be shown: `http://host:port`. */
export function withoutCredentials(proxy: string): string {
  const url = URL.parse(proxy)
  return url ? `${url.protocol}//${url.host}` : ''
}

/** Codes for a request that a proxy kept from its server (see `proxied.ts`). `refused` stands before the proxy's status. */
export const proxyCodes = {
  signIn: 'PROXY_SIGN_IN',
  trouble: 'PROXY_TROUBLE',
  unreachable: 'PROXY_UNREACHABLE',
  refused: 'PROXY_REFUSED',
} as const

const all: ReadonlySet<string> = new Set(Object.values(proxyCodes))

/** The code if it says that a proxy kept the request from its server, else null. */
export const proxyCodeIn = (code: string): string | null =>
  all.has(code.split(' ', 1)[0] ?? '') ? code : null
