import type { PageCommand } from '../../contract/calls.ts'

/** The scheme that electron-builder.yml registers. */
export const linkScheme = 'modelferry'

/** All that a link may do, by its one address: show a view. Nothing is added, sent, signed in or changed by a link. */
const views: Readonly<Record<string, PageCommand>> = {
  'modelferry://show/uploads': 'show-uploads',
  'modelferry://show/history': 'show-history',
  'modelferry://show/settings': 'show-settings',
}

/** True for a word that claims to be a link to this app, whatever is in it: it is never taken for a path. */
export const isDeepLink = (word: string) => /^modelferry:/i.test(word)

/**
 * What a link asks for, or null for every one that is not in the list letter by letter: any web page can open such a link,
 * so nothing in it is a parameter. A slash at the end, which some browsers add, is passed over.
 */
export function pageCommandOf(link: string): PageCommand | null {
  const plain = link.replace(/\/$/, '')
  return Object.hasOwn(views, plain) ? (views[plain] ?? null) : null
}
