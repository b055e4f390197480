import type { PageCommand } from '../../contract/events.ts'

/**
 * Links may only show a view; they cannot add, upload or change anything. electron-builder.yml registers the
 * scheme.
 */
const views: Readonly<Record<string, PageCommand>> = {
  'modelferry://show/uploads': 'show-uploads',
  'modelferry://show/history': 'show-history',
  'modelferry://show/settings': 'show-settings',
}

/**
 * True for an argument with the app's scheme, whether or not the link is valid; it is never treated as a
 * path.
 */
export const isDeepLink = (argument: string) => /^modelferry:/i.test(argument)

/**
 * The command for a link, or null for links that are not listed exactly: any web page can open such a link,
 * so links have no parameters. A trailing slash, which some browsers add, is ignored.
 */
export function pageCommandOf(link: string): PageCommand | null {
  const address = link.replace(/\/$/, '')
  return Object.hasOwn(views, address) ? (views[address] ?? null) : null
}
