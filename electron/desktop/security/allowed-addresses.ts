import type { CallArgs } from '../../contract/calls.ts'
import { isLoopback } from '../../contract/servers.ts'

/** A pairing's page has the address that the server gave it: see `isPairingAddress`. */
export type Page = Exclude<CallArgs<'openPage'>['page'], 'pairing'>

const ours: Readonly<Record<Exclude<Page, 'web-app'>, string>> = {
  documentation: 'https://modelferry.app/documentation',
  licences: 'https://modelferry.app/licences',
}

const ourHosts: ReadonlySet<string> = new Set(['modelferry.app'])

/** The app's own addresses. The page names one of them and never sees an address; the web app lives at the server's origin. */
export function addressOf(page: Page, server: string): string {
  return page === 'web-app' ? `${URL.parse(server)?.origin ?? ''}/` : ours[page]
}

/**
 * True for an https address whose parsed host is ours or the server's, with no name or password in it. `server` is the one
 * in the settings, which the person chose.
 */
export function isAllowedAddress(address: string, server: string): boolean {
  const url = URL.parse(address)
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '') return false
  return ourHosts.has(url.host) || url.host === URL.parse(server)?.host
}

/**
 * True for an address at which a pairing may be confirmed: https, at whatever host the server has its pages (the managed
 * service has them at another than its API), or http on this computer for a server on this computer; and no name or password
 * in it. Nothing else is given to the system, which would open files and programs just as well.
 */
export function isPairingAddress(address: string, server: string): boolean {
  const url = URL.parse(address)
  if (!url || url.username !== '' || url.password !== '') return false
  if (url.protocol === 'https:') return true
  return url.protocol === 'http:' && isLoopback(url.hostname) && isLoopback(URL.parse(server)?.hostname ?? '')
}
