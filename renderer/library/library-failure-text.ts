import { remedyOf, retryClassOf, type Failure, type FailureCode } from '../../electron/contract/failures.ts'
import type { LibraryChange } from '../../electron/contract/library.ts'
import type { MessageKey, Translate } from '../../electron/messages/messages.ts'
import type { Language } from '../app/language.svelte.ts'

/** The requested operation: change name, type or path; change the status; delete. */
export type LibraryOperation = 'change' | 'status' | 'delete'
/** A running or failed operation on a model. */
export type ModelOperation =
  | { readonly kind: 'changing'; readonly change: LibraryChange }
  /** The native dialog about it may still be open. */
  | { readonly kind: 'deleting' }
  | {
      readonly kind: 'failed'
      readonly failure: Failure
      readonly of: LibraryOperation
      /** Absent for a deletion. */
      readonly change?: LibraryChange
    }

type Keys = Partial<Readonly<Record<FailureCode, MessageKey>>>

/** Codes whose meaning for library models differs from that for uploads. */
const common: Keys = { forbidden: 'library.why-forbidden', 'not-found': 'library.why-gone' }
/** These operations have no input that could be invalid: the operation itself is refused. */
const ofOperation: Keys = {
  ...common,
  'bad-request': 'library.why-not-allowed',
  conflict: 'library.why-not-allowed',
}
const keys: Readonly<Record<LibraryOperation, Keys>> = {
  change: { ...common, 'bad-request': 'library.why-refused', conflict: 'library.why-conflict' },
  status: ofOperation,
  delete: ofOperation,
}

/** Why a library operation failed. */
export function libraryFailureReason(
  failure: Failure,
  of: LibraryOperation,
  { t, failureText }: Language,
): string {
  const key = keys[of][failure.code]
  return key ? t(key) : failureText(failure)
}

/** The failure of an operation on a model as its row and the line above it say it; empty if there is none. */
export function failedText(operation: ModelOperation | undefined, language: Language) {
  if (operation?.kind !== 'failed') return ''
  const { failure, of } = operation
  const { serverMessage } = failure
  const words = language.t('library.failed', { of, why: libraryFailureReason(failure, of, language) })
  return serverMessage ? `${words} ${serverMessage}` : words
}

/** Whether the same operation may succeed later, for example once the user has signed in to the proxy. */
export const canRepeat = (failure: Failure): boolean =>
  retryClassOf(failure) !== 'never' || ['proxy', 'settings'].includes(remedyOf(failure))

/** Codes whose messages are about uploads. */
const aboutUploads = new Set<FailureCode>(['forbidden', 'not-found', 'bad-request', 'not-the-api'])

/** Whether the failure's own message says why the agents can't be listed. */
export const explainsAgents = ({ code }: Failure): boolean => !aboutUploads.has(code)

/** What is shown beside the message: the server's own message if there is one. */
export const detailOf = ({ serverMessage, detail, code }: Failure): string => serverMessage ?? detail ?? code

/** The translated status, or the server's own word if it is unknown. */
export function statusText(status: string, t: Translate): string {
  if (status === 'active') return t('library.active')
  return status === 'disabled' ? t('library.disabled') : status
}
