import type { Failure, FailureCode } from '../../electron/contract/errors.ts'
import type { MessageKey } from '../../electron/contract/words.ts'

/** What the server refuses means something else of a model in the library than of an upload. */
const ofChange: Partial<Readonly<Record<FailureCode, MessageKey>>> = {
  forbidden: 'library.why-forbidden',
  'not-found': 'library.why-gone',
  conflict: 'library.why-conflict',
  'bad-request': 'library.why-refused',
}
const ofList: Partial<Readonly<Record<FailureCode, MessageKey>>> = {
  forbidden: 'library.why-forbidden-list',
  'not-found': 'library.why-unlisted',
}

/** The words for why a model could not be changed, or the library not be listed; null where the failure's own will do. */
export function libraryWhy({ code }: Failure, about: 'change' | 'list'): MessageKey | null {
  return (about === 'change' ? ofChange : ofList)[code] ?? null
}
