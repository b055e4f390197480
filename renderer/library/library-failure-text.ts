import type { Failure, FailureCode } from '../../electron/contract/failures.ts'
import type { MessageKey, Translate } from '../../electron/messages/messages.ts'

/** What was asked of the server: another name, type or path; to enable or disable; to delete. */
export type LibraryDeed = 'change' | 'status' | 'delete'
type Keys = Partial<Readonly<Record<FailureCode, MessageKey>>>

/** What the server refuses means something else of a model in the library than of an upload. */
const ofAny: Keys = { forbidden: 'library.why-forbidden', 'not-found': 'library.why-gone' }
/** No value was typed that could be wrong: what is refused is the deed itself. */
const ofDeed: Keys = {
  ...ofAny,
  'bad-request': 'library.why-not-allowed',
  conflict: 'library.why-not-allowed',
}
const words: Readonly<Record<LibraryDeed | 'list', Keys>> = {
  change: { ...ofAny, 'bad-request': 'library.why-refused', conflict: 'library.why-conflict' },
  status: ofDeed,
  delete: ofDeed,
  list: { forbidden: 'library.why-forbidden-list', 'not-found': 'library.why-unlisted' },
}

/** The words for why something could not be done in the library, or it not be listed; null where the failure's own will do. */
export function libraryWhy({ code }: Failure, of: LibraryDeed | 'list'): MessageKey | null {
  return words[of][code] ?? null
}

/** How a model stands: a word of ours, or the server's own where it has others. */
export function statusWord(status: string, t: Translate): string {
  if (status === 'active') return t('library.active')
  return status === 'disabled' ? t('library.disabled') : status
}
