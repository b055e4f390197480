import type { CallArgs } from '../../contract/calls.ts'
import { isLoopback } from '../../contract/servers.ts'

/** The pairing page is not included: the server supplies its address, see `isPairingAddress`. */
export type Page = Exclude<CallArgs<'openPage'>['page'], 'pairing'>

const appPages: Readonly<Record<Exclude<Page, 'web-app'>, string>> = {
  documentation: 'https://modelferry.app/documentation',
  licences: 'https://modelferry.app/licences',
}

const appHosts: readonly string[] = ['modelferry.app']

/**
 * Web apps that are not at the origin of their server's API, by its host. The managed service confirms
 * pairings at this address (docs.cyberun.cloud/api-reference/devicepair/start-a-desktop-pairing).
 */
const webApps: Readonly<Record<string, string>> = { 'core.cyberun.cloud': 'https://app.cyberun.cloud/' }

/** The address of a page, which the renderer requests by name only. */
export function addressOf(page: Page, server: string): string {
  return page === 'web-app' ? webAppOf(server) : appPages[page]
}

/** The web app of a server: at its origin, except for the managed service. */
function webAppOf(server: string): string {
  const url = URL.parse(server)
  return webApps[url?.host ?? ''] ?? `${url?.origin ?? ''}/`
}

/**
 * True for an https address at the app's or the server's host, or http at a server on this computer, without
 * credentials. `server` is the one in the settings.
 */
export function isAllowedAddress(address: string, server: string): boolean {
  const url = URL.parse(address)
  if (!url || url.username !== '' || url.password !== '') return false
  if (url.protocol === 'http:') return isLoopback(url.hostname) && url.origin === URL.parse(server)?.origin
  if (url.protocol !== 'https:') return false
  return [...appHosts, URL.parse(server)?.host, URL.parse(webAppOf(server))?.host].includes(url.host)
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
