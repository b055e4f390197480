export const isLoopback = (host: string) =>
  host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host)

/**
 * A server's address in the one form that is stored: no slash at its end. `null` when it is not https, or http to this very
 * computer, or when it carries a name, a password, a query or a fragment.
 */
export function serverAddressOf(text: string): string | null {
  const url = URL.parse(text.trim())
  if (!url || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return null
  const allowed = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))
  return allowed ? `${url.origin}${url.pathname.replace(/\/+$/, '')}` : null
}

/** What a person typed, with the `https://` that nobody types. */
export function asTyped(text: string): string {
  const trimmed = text.trim()
  return trimmed === '' || trimmed.includes('://') ? trimmed : `https://${trimmed}`
}
