import { host } from './state.ts'

// Chromium does not support custom schemes: `app://ui/x` becomes `https://ui.app.invalid/x`. `.invalid` never
// resolves (RFC 2606).

/** Converts an address of a privileged scheme to Chromium's form; other addresses are unchanged. */
export function toWire(url: string): string {
  const found = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/i.exec(url)
  if (!found) return url
  const [, scheme = '', name = '', rest = ''] = found
  return host.schemes.has(scheme) ? `https://${name || 'host'}.${scheme}.invalid${rest}` : url
}

/** The reverse of `toWire`. */
export function fromWire(url: string): string {
  const found = /^https:\/\/(.*?)\.([a-z0-9+-]+)\.invalid(.*)$/i.exec(url)
  if (!found) return url
  const [, name = '', scheme = '', rest = ''] = found
  return host.schemes.has(scheme) ? `${scheme}://${name}${rest}` : url
}

/** An origin in Electron's form: registered standard schemes have one, while Node's URL returns `null`. */
export function originOf(url: string): string {
  if (!URL.canParse(url)) return 'null'
  const { protocol, host: name, origin } = new URL(url)
  return host.schemes.has(protocol.slice(0, -1)) ? `${protocol}//${name}` : origin
}

/** Electron's match patterns for requests: `<all_urls>`, or scheme, host and path with `*`. */
export function matchesPattern(url: string, pattern: string): boolean {
  if (pattern === '<all_urls>') return true
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')
  return new RegExp(`^${escaped}$`, 'i').test(url)
}
