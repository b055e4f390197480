/** When an upload with this failure may be retried. */
export type RetryClass = 'now' | 'later' | 'after-sign-in' | 'never'

/**
 * The user's remedy for a failure. The page shows it as the row's only button. `check` repeats a verification, which
 * uploads nothing.
 */
export type Remedy =
  | 'retry'
  | 'check'
  | 'allow'
  | 'sign-in'
  | 'proxy'
  | 'edit'
  | 'remove'
  | 'settings'
  | 'wait'
  | 'choose'
  | 'none'

interface FailureKind {
  readonly retry: RetryClass
  readonly remedy: Remedy
}

/** Every failure code. Its text is the message `failure.<code>`; a test makes sure that each code has one. */
export const failureKinds = {
  // the file on this computer
  'file-missing': { retry: 'never', remedy: 'retry' },
  'path-not-found': { retry: 'never', remedy: 'remove' },
  'file-unreadable': { retry: 'never', remedy: 'retry' },
  'file-read-trouble': { retry: 'later', remedy: 'retry' },
  'file-changed': { retry: 'never', remedy: 'retry' },
  'file-empty': { retry: 'never', remedy: 'retry' },
  'file-hollow': { retry: 'never', remedy: 'retry' },
  'file-cut-short': { retry: 'never', remedy: 'retry' },
  'file-too-long': { retry: 'never', remedy: 'retry' },
  'file-pointer': { retry: 'never', remedy: 'retry' },
  'file-web-page': { retry: 'never', remedy: 'retry' },
  'file-downloading': { retry: 'never', remedy: 'retry' },
  'file-being-written': { retry: 'later', remedy: 'retry' },
  'file-not-inspected': { retry: 'later', remedy: 'retry' },
  'file-damaged-header': { retry: 'never', remedy: 'retry' },
  'file-misnamed': { retry: 'never', remedy: 'remove' },
  'file-placeholder': { retry: 'never', remedy: 'retry' },
  'file-part-missing': { retry: 'never', remedy: 'retry' },
  'file-link': { retry: 'never', remedy: 'retry' },
  'file-outside': { retry: 'never', remedy: 'allow' },
  'file-weights-apart': { retry: 'never', remedy: 'retry' },
  'file-suspicious': { retry: 'never', remedy: 'allow' },
  'file-dangerous': { retry: 'never', remedy: 'allow' },
  'file-not-scanned': { retry: 'never', remedy: 'allow' },
  'file-look-late': { retry: 'never', remedy: 'retry' },
  'file-no-path': { retry: 'never', remedy: 'remove' },
  'hash-interrupted': { retry: 'later', remedy: 'retry' },
  'file-format-not-allowed': { retry: 'never', remedy: 'remove' },
  'file-pickle-not-allowed': { retry: 'never', remedy: 'remove' },
  'disk-missing': { retry: 'later', remedy: 'wait' },
  // the user's input
  'target-path': { retry: 'never', remedy: 'edit' },
  'target-name': { retry: 'never', remedy: 'edit' },
  'target-type': { retry: 'never', remedy: 'edit' },
  'already-begun': { retry: 'never', remedy: 'none' },
  'undo-too-late': { retry: 'never', remedy: 'none' },
  'not-registered-yet': { retry: 'never', remedy: 'none' },
  'path-taken': { retry: 'never', remedy: 'choose' },
  'path-taken-here': { retry: 'never', remedy: 'choose' },
  'same-as-other': { retry: 'later', remedy: 'wait' },
  'path-goes-first': { retry: 'later', remedy: 'wait' },
  'old-model-stays': { retry: 'never', remedy: 'retry' },
  'record-differs': { retry: 'never', remedy: 'check' },
  'record-missing': { retry: 'never', remedy: 'check' },
  'too-large-for-device': { retry: 'after-sign-in', remedy: 'sign-in' },
  'too-large-for-storage': { retry: 'never', remedy: 'remove' },
  'no-team': { retry: 'never', remedy: 'sign-in' },
  // the connection
  offline: { retry: 'later', remedy: 'wait' },
  'name-not-found': { retry: 'later', remedy: 'wait' },
  'server-unreachable': { retry: 'later', remedy: 'wait' },
  'connection-lost': { retry: 'later', remedy: 'wait' },
  'timed-out': { retry: 'later', remedy: 'wait' },
  'certificate-untrusted': { retry: 'never', remedy: 'settings' },
  'certificate-expired': { retry: 'never', remedy: 'retry' },
  'certificate-wrong-name': { retry: 'never', remedy: 'settings' },
  'proxy-sign-in': { retry: 'never', remedy: 'proxy' },
  'proxy-unreachable': { retry: 'later', remedy: 'wait' },
  'proxy-refuses': { retry: 'never', remedy: 'retry' },
  // the Cyberun API
  'login-refused': { retry: 'never', remedy: 'sign-in' },
  'signed-out': { retry: 'after-sign-in', remedy: 'sign-in' },
  'pairing-over': { retry: 'never', remedy: 'sign-in' },
  'key-of-api': { retry: 'never', remedy: 'sign-in' },
  'key-of-agent': { retry: 'never', remedy: 'sign-in' },
  'key-unknown': { retry: 'never', remedy: 'sign-in' },
  'key-refused': { retry: 'never', remedy: 'sign-in' },
  'device-not-revoked': { retry: 'never', remedy: 'none' },
  forbidden: { retry: 'never', remedy: 'retry' },
  'sign-in-declined': { retry: 'never', remedy: 'sign-in' },
  'sign-in-forbidden': { retry: 'never', remedy: 'sign-in' },
  'bad-request': { retry: 'never', remedy: 'edit' },
  'request-refused': { retry: 'never', remedy: 'sign-in' },
  'file-elsewhere': { retry: 'never', remedy: 'none' },
  'not-found': { retry: 'never', remedy: 'retry' },
  conflict: { retry: 'never', remedy: 'choose' },
  'too-large-for-server': { retry: 'never', remedy: 'remove' },
  'rate-limited': { retry: 'later', remedy: 'wait' },
  'server-trouble': { retry: 'later', remedy: 'wait' },
  'parts-do-not-fit': { retry: 'never', remedy: 'retry' },
  'upload-address-refused': { retry: 'never', remedy: 'retry' },
  'upload-header-refused': { retry: 'never', remedy: 'retry' },
  'list-too-long': { retry: 'never', remedy: 'none' },
  'response-too-long': { retry: 'never', remedy: 'retry' },
  'not-the-api': { retry: 'later', remedy: 'settings' },
  'answer-garbled': { retry: 'later', remedy: 'wait' },
  'upload-ended': { retry: 'now', remedy: 'wait' },
  // storage
  'storage-refused': { retry: 'never', remedy: 'retry' },
  'storage-occupied': { retry: 'now', remedy: 'wait' },
  'storage-busy': { retry: 'later', remedy: 'wait' },
  'storage-trouble': { retry: 'later', remedy: 'wait' },
  'storage-differs': { retry: 'never', remedy: 'retry' },
  // A clock may be set right meanwhile.
  'clock-wrong': { retry: 'later', remedy: 'retry' },
  'bytes-differ': { retry: 'never', remedy: 'retry' },
  // this computer
  'keychain-absent': { retry: 'never', remedy: 'none' },
  'keychain-locked': { retry: 'after-sign-in', remedy: 'sign-in' },
  'keychain-slow': { retry: 'after-sign-in', remedy: 'sign-in' },
  'seal-unavailable': { retry: 'never', remedy: 'none' },
  'seal-pending': { retry: 'never', remedy: 'none' },
  'sealed-locked': { retry: 'never', remedy: 'none' },
  'sealed-key-missing': { retry: 'never', remedy: 'none' },
  'sealed-damaged': { retry: 'never', remedy: 'none' },
  'sealed-full': { retry: 'never', remedy: 'none' },
  'journal-full': { retry: 'later', remedy: 'wait' },
  'journal-trouble': { retry: 'later', remedy: 'retry' },
  'folder-no-index': { retry: 'never', remedy: 'none' },
  'folder-unreadable': { retry: 'never', remedy: 'none' },
  'already-watched': { retry: 'never', remedy: 'none' },
  'offer-changed': { retry: 'never', remedy: 'none' },
  'folder-too-large': { retry: 'never', remedy: 'none' },
  'not-saved': { retry: 'never', remedy: 'none' },
  'settings-not-saved': { retry: 'never', remedy: 'none' },
  'journal-damaged': { retry: 'never', remedy: 'none' },
  'server-in-use': { retry: 'never', remedy: 'none' },
  'server-removed': { retry: 'never', remedy: 'settings' },
  'server-fixed': { retry: 'never', remedy: 'none' },
  'too-many-servers': { retry: 'never', remedy: 'none' },
  'update-unreachable': { retry: 'later', remedy: 'wait' },
  'update-missing': { retry: 'later', remedy: 'wait' },
  'update-garbled': { retry: 'later', remedy: 'wait' },
  'update-unsigned': { retry: 'later', remedy: 'wait' },
  'update-outdated': { retry: 'later', remedy: 'wait' },
  'update-damaged': { retry: 'now', remedy: 'retry' },
  'update-cut': { retry: 'now', remedy: 'retry' },
  'update-not-writable': { retry: 'never', remedy: 'none' },
  'update-not-installed': { retry: 'never', remedy: 'none' },
  'bad-server-address': { retry: 'never', remedy: 'settings' },
  'bad-call': { retry: 'never', remedy: 'none' },
  'too-often': { retry: 'never', remedy: 'none' },
  'storage-test-running': { retry: 'never', remedy: 'none' },
  'temporary-folder-not-writable': { retry: 'never', remedy: 'none' },
  unexpected: { retry: 'never', remedy: 'retry' },
} as const satisfies Record<string, FailureKind>

export type FailureCode = keyof typeof failureKinds

/**
 * Whether the app retries an upload or a pairing automatically after a failure, the user has to act, or the file
 * is in review.
 */
export type FailureState = 'retrying' | 'pairing' | 'final' | 'review'

/**
 * An expected error as a value. It contains no secret and no presigned URL, since it is stored, logged and
 * shown. `params` belong to its message.
 */
export interface Failure {
  readonly code: FailureCode
  readonly params: Readonly<Record<string, string | number>>
  /** The API's `error_message` or storage's message, part of the sentence. Cleaned by `harmlessText`. */
  readonly serverMessage?: string
  /** A technical detail, shown beside the code. */
  readonly detail?: string
  /** The server's Retry-After. */
  readonly retryAfterMs?: number
}

export interface FailureExtras {
  readonly serverMessage?: string | undefined
  readonly detail?: string | undefined
  readonly retryAfterMs?: number | undefined
}

/** In characters: enough for a sentence, too short for a page. */
const maxDetailLength = 300
/** Line breaks, control characters and marks that reorder text. */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu
const maxServerMessageLength = 200

/**
 * A server's text as one line that can be quoted in a sentence: without control characters, without
 * characters that are invisible or change the direction of writing, without the closing quotation marks of
 * our own messages and without a full stop at its end.
 */
export function harmlessText(text: string): string {
  const line = text
    .toWellFormed()
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .replace(/\p{Cf}/gu, '')
    .replace(/[“”「」]/gu, '"')
    .trim()
    // The lookbehind lets each run of full stops be read only once.
    .replace(/(?<![.。])[.。]+$/u, '')
  const characters = [...line]
  return characters.length <= maxServerMessageLength
    ? line
    : `${characters.slice(0, maxServerMessageLength - 1).join('')}…`
}

/** Creates a failure; empty extras are left out, so that equal failures are deeply equal. */
export function failure(
  code: FailureCode,
  params: Failure['params'] = {},
  extras: FailureExtras = {},
): Failure {
  const detail = extras.detail?.replace(unprintable, ' ').trim().slice(0, maxDetailLength)
  const serverMessage = harmlessText(extras.serverMessage ?? '')
  return {
    code,
    params,
    ...(serverMessage ? { serverMessage } : {}),
    ...(detail ? { detail } : {}),
    ...(extras.retryAfterMs === undefined ? {} : { retryAfterMs: extras.retryAfterMs }),
  }
}

export function retryClassOf({ code }: Failure): RetryClass {
  return failureKinds[code].retry
}

export function remedyOf({ code }: Failure): Remedy {
  return failureKinds[code].remedy
}

/** Failures of a file that is no model, or not a whole one: only another file in its place helps. */
const brokenFileCodes: ReadonlySet<FailureCode> = new Set([
  'file-empty',
  'file-hollow',
  'file-cut-short',
  'file-too-long',
  'file-pointer',
  'file-web-page',
  'file-damaged-header',
  'file-misnamed',
  'file-part-missing',
  'file-weights-apart',
])

/** Failures of a sound file that the user has to make available. */
const unavailableFileCodes: ReadonlySet<FailureCode> = new Set([
  'file-missing',
  'file-unreadable',
  'file-downloading',
  'file-link',
])

/** Whether the file is no model, or not a whole one. */
export function isBrokenFile({ code }: Failure): boolean {
  return brokenFileCodes.has(code)
}

/** Whether a change of the file, or of files beside it, may fix it. Such files are rechecked automatically. */
export function isFixedByChangedFile({ code }: Failure): boolean {
  return brokenFileCodes.has(code) || unavailableFileCodes.has(code)
}

/** A change alone may not be enough, or not be noticed: the user may have to retry or to add another file. */
const notOnlyRechecked: ReadonlySet<FailureCode> = new Set(['file-unreadable', 'file-link', 'file-misnamed'])

/** Whether the app continues without the user once the file, or what it lacks, is in place. */
export function isRechecked(failure: Failure): boolean {
  return isFixedByChangedFile(failure) && !notOnlyRechecked.has(failure.code)
}

/** Whether another name, type or path fixes it. */
export function isTargetFailure(failure: Failure): boolean {
  return remedyOf(failure) === 'edit' || remedyOf(failure) === 'choose'
}

/** Whether the server must not be asked again at once. */
export const mustWait = ({ code, retryAfterMs = 0 }: Failure): boolean =>
  code === 'rate-limited' || retryAfterMs > 0

/** IPC calls return this instead of throwing: Electron transfers only the message of a thrown error. */
export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: Failure }

export const success = <T>(value: T): Result<T> => ({ ok: true, value })
export const failed = (reason: Failure): { readonly ok: false; readonly failure: Failure } => ({
  ok: false,
  failure: reason,
})

/** Failures that may mean that this computer is offline, unlike an error response of a server. */
const connectivityFailures: ReadonlySet<FailureCode> = new Set([
  'offline',
  'name-not-found',
  'server-unreachable',
  'connection-lost',
  'timed-out',
  'proxy-unreachable',
])

export function isConnectivityFailure({ code }: Failure): boolean {
  return connectivityFailures.has(code)
}
