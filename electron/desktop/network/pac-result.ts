/** The URL scheme for each proxy kind of a PAC file; `SOCKS` is version 4 (Chromium, net/docs/proxy.md). */
const schemes: Readonly<Record<string, string>> = {
  PROXY: 'http',
  HTTP: 'http',
  HTTPS: 'https',
  SOCKS: 'socks4',
  SOCKS4: 'socks4',
  // With version 5, Chromium lets the proxy resolve names.
  SOCKS5: 'socks5h',
}

/**
 * Parses a result such as `PROXY proxy.example:3128; DIRECT` into URLs in order of preference. `unknown`:
 * skipped kinds.
 */
export function parsePacResult(result: string): {
  readonly proxies: readonly string[]
  readonly unknown: readonly string[]
} {
  const proxies: string[] = []
  const unknown: string[] = []
  for (const [kind = '', host = ''] of result.split(';').map((entry) => entry.trim().split(/\s+/))) {
    const scheme = schemes[kind.toUpperCase()]
    if (kind.toUpperCase() === 'DIRECT') proxies.push('direct')
    else if (scheme && URL.canParse(`${scheme}://${host}`)) proxies.push(`${scheme}://${host}`)
    else if (kind !== '') unknown.push(kind)
  }
  return { proxies: proxies.length > 0 ? proxies : ['direct'], unknown }
}
