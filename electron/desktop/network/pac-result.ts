/** What a PAC file calls its ways, and the scheme each is reached by; `SOCKS` is version 4 (Chromium, net/docs/proxy.md). */
const schemes: Readonly<Record<string, string>> = {
  PROXY: 'http',
  HTTP: 'http',
  HTTPS: 'https',
  SOCKS: 'socks4',
  SOCKS4: 'socks4',
  // Chromium lets a proxy of version 5 look the names up.
  SOCKS5: 'socks5h',
}

/** Reads an answer such as `PROXY proxy.example:3128; DIRECT` into URLs, the best first. `unknown`: kinds passed over. */
export function parsePacResult(answer: string): {
  readonly proxies: readonly string[]
  readonly unknown: readonly string[]
} {
  const proxies: string[] = []
  const unknown: string[] = []
  for (const [kind = '', host = ''] of answer.split(';').map((way) => way.trim().split(/\s+/))) {
    const scheme = schemes[kind.toUpperCase()]
    if (kind.toUpperCase() === 'DIRECT') proxies.push('direct')
    else if (scheme && URL.canParse(`${scheme}://${host}`)) proxies.push(`${scheme}://${host}`)
    else if (kind !== '') unknown.push(kind)
  }
  return { proxies: proxies.length > 0 ? proxies : ['direct'], unknown }
}
