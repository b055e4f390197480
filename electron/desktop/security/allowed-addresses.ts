import type { CallArgs } from '../../contract/calls.ts'
import { isLoopback } from '../../contract/servers.ts'

/** The pairing page is not included: the server supplies its address, see `isPairingAddress`. */
export type Page = Exclude<CallArgs<'openPage'>['page'], 'pairing'>

const appPages: Readonly<Record<Exclude<Page, 'web-app'>, string>> = {
  documentation: 'https://modelferry.app/documentation',
  licences: 'https://modelferry.app/licences',
}

const appHosts: ReadonlySet<string> = new Set(['modelferry.app'])

/** The address of a page, which the renderer requests by name only. The web app is at the server's origin. */
export function addressOf(page: Page, server: string): string {
  return page === 'web-app' ? `${URL.parse(server)?.origin ?? ''}/` : appPages[page]
}

/**
 * True for an https address at the app's or the server's host, without credentials. `server` is the one in
 * the settings.
 */
export function isAllowedAddress(address: string, server: string): boolean {
  const url = URL.parse(address)
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '') return false
  return appHosts.has(url.host) || url.host === URL.parse(server)?.host
}

/**
 * True for an address at which a pairing may be confirmed: https at any host, since the managed service has
 * its pages and its API at different hosts, or http on this computer for a local server, without credentials.
 * Other schemes could make the system open files or programs.
 */
export function isPairingAddress(address: string, server: string): boolean {
  const url = URL.parse(address)
  if (!url || url.username !== '' || url.password !== '') return false
  if (url.protocol === 'https:') return true
  return url.protocol === 'http:' && isLoopback(url.hostname) && isLoopback(URL.parse(server)?.hostname ?? '')
}
