import type { Failure, FailureCode } from '../../electron/contract/failures.ts'
import type { MessageKey, Translate } from '../../electron/messages/messages.ts'

/** What was asked of the server: another name, type or path; to enable or disable; to delete. */
export type LibraryOperation = 'change' | 'status' | 'delete'
type Keys = Partial<Readonly<Record<FailureCode, MessageKey>>>

/** What the server refuses means something else of a model in the library than of an upload. */
const common: Keys = { forbidden: 'library.why-forbidden', 'not-found': 'library.why-gone' }
/** No value was typed that could be wrong: what is refused is the deed itself. */
const ofOperation: Keys = {
  ...common,
  'bad-request': 'library.why-not-allowed',
  conflict: 'library.why-not-allowed',
}
const words: Readonly<Record<LibraryOperation | 'list', Keys>> = {
  change: { ...common, 'bad-request': 'library.why-refused', conflict: 'library.why-conflict' },
  status: ofOperation,
  delete: ofOperation,
  list: { forbidden: 'library.why-forbidden-list', 'not-found': 'library.why-unlisted' },
}

/** The words for why something could not be done in the library, or it not be listed; null where the failure's own will do. */
export function libraryFailureKey({ code }: Failure, of: LibraryOperation | 'list'): MessageKey | null {
  return words[of][code] ?? null
}

/** How a model stands: a word of ours, or the server's own where it has others. */
export function statusText(status: string, t: Translate): string {
  if (status === 'active') return t('library.active')
  return status === 'disabled' ? t('library.disabled') : status
}
