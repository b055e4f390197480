import { homedir } from 'node:os'
import { listingFailureKey, listingFailureText } from '../../messages/listing-failure-text.ts'
import { failureText, translatorFor, isMessageKey } from '../../messages/messages.ts'
import { retryClassOf, type Failure, type FailureState } from '../../contract/failures.ts'
import { redactText } from '../../platform/redact.ts'
import { exitCodes } from '../exit-codes.ts'
import type {
  ConnectivityState,
  ModelStatus,
  PausingTotals,
  SkippedFile,
  Totals,
  UploadRow,
} from '../../contract/uploads.ts'
import type { HoldReason } from '../../contract/upload-status.ts'
import { isRecordWrong, type Verification } from '../../contract/verification.ts'
import { visibleText } from '../../contract/visible-text.ts'
import type { Interruption } from '../interruption.ts'
import type { PasswordPrompt } from './password-prompt.ts'
import type { TextStream } from './text-stream.ts'

/** Results are written to `out`, messages for the user to `err`. */
export interface OutputStreams {
  readonly out: TextStream
  readonly err: TextStream
  /** The variable TERM. */
  readonly terminalType?: string | undefined
}

export interface Streams extends OutputStreams {
  /** Whether the user sees a question and can answer it. */
  canAsk(): boolean
  /** Reads from standard input until it is closed. */
  openPrompt(): PasswordPrompt
}

/** Reports that a signal has ended a command before it did anything. Returns the exit code. */
export function reportCancelled(context: {
  readonly streams: Streams
  readonly interruption: Interruption
}): number {
  // The terminal shows ^C.
  context.streams.err.line('')
  context.streams.err.line('Cancelled.')
  return context.interruption.exitCode
}

/** The state of all uploads of a command while they run. */
export interface UploadProgress {
  readonly running: readonly UploadRow[]
  readonly totals: Totals
  /** Uploads of this command so far, and how many of them are registered or failed. */
  readonly uploadCount: number
  readonly endedCount: number
}

/** An upload that `resume` can't run: it waits for approval, is for another server, or its account is signed out. */
export interface NotResumedUpload {
  readonly id: string
  readonly file: string
  readonly reason: 'signed-out' | 'other-server' | 'review'
}

/**
 * The result of stopping a command with a signal. The members are those of the JSON event
 * `interrupted`.
 */
export interface StopSummary {
  /** False when the uploads were removed. */
  readonly kept: boolean
  /** How many were paused or removed. */
  readonly uploads: number
  /**
   * In addition to those removed, uploads that were paused instead, since the server has not confirmed yet whether
   * their models are in the library.
   */
  readonly paused?: number
  /** Uploads of which storage still has parts, which the next start deletes. */
  readonly leftBehind: number
}

/** Writes what happens to uploads, as text or as JSON lines. */
export interface UploadReporter {
  /** The account of the token can't be found out yet; it is tried again at `atMs`. */
  signInDelayed(reason: Failure, atMs: number): void
  queued(row: UploadRow): void
  skipped(file: SkippedFile): void
  /** Called once after `skipped`, if any of the files were links to other places. */
  linksSkipped(count: number): void
  notResumed(upload: NotResumedUpload): void
  /** `changed` are the rows with new bytes since the last call. */
  progress(changed: readonly UploadRow[], progress: UploadProgress): void
  waiting(row: UploadRow): void
  connectivity(state: ConnectivityState): void
  /** Why no upload runs, or only `row`; null once it doesn't apply any more. */
  held(reason: HoldReason | null, row: UploadRow | null): void
  registered(row: UploadRow): void
  /** Its record was compared with the file; null if it was removed before. Called after `registered`. */
  verified(row: UploadRow, verification: Verification | null): void
  /** The library has a model with the same bytes; nothing was uploaded. */
  alreadyInLibrary(row: UploadRow): void
  /** Files are uploaded without comparing them with the library. Called at most once. */
  libraryNotListed(reason: Failure): void
  failed(row: UploadRow): void
  /** All uploads of a multi-file model have ended. `row` is one of them. */
  modelEnded(row: UploadRow, status: ModelStatus): void
  /** Uploads are being paused and finish some parts. Progress is reported until they are paused. */
  pausing(pausing: PausingTotals): void
  stopped(summary: StopSummary): void
  /** While the user reads a list or a question on the terminal, nothing else is written there. */
  suspendOutput(): void
  /** Writes what was reported since `suspendOutput`. */
  continueOutput(): void
  /** Ends the progress display. */
  finished(): void
}

export const t = translatorFor('en')

/** Why uploads wait, and what to do. */
export function describeHold(reason: HoldReason, fileName: string | null = null): string {
  if (reason !== 'paused')
    return `${t(`phase.${reason}`)}. To upload now, choose “${t('action.upload-anyway')}” in Modelferry.`
  return fileName === null
    ? 'All uploads are paused. To continue, run: modelferry resume --all'
    : visibleText(`${fileName} is paused. To continue, run: modelferry resume "${fileName}"`)
}

/** The sentence for a failure with the server's message, followed by its code and technical detail. */
export function describeFailure(failure: Failure, state: FailureState = 'final'): string {
  return withCode(failureText(failure, t, state), failure.code, failure.detail)
}

const withCode = (sentence: string, ...details: readonly (string | undefined)[]) =>
  visibleText(`${sentence} (${details.filter(Boolean).join(': ')})`)

/** Why a library could not be listed, or not again since `listedAtMs`: its older models were compared then. */
export function describeLibraryFailure(reason: Failure, listedAtMs: number | null): string {
  const problem = listedAtMs === null ? 'can’t be listed' : 'couldn’t be refreshed'
  const { code, detail, serverMessage } = reason
  // The failure's own sentence has the server's message already.
  const message = listingFailureKey(reason) ? serverMessage : undefined
  return `The library ${problem}. ${withCode(listingFailureText(reason, t), code, detail, message)}`
}

/**
 * The sentence for an exception. Node's own output would include more than the message, such as addresses
 * with passwords.
 */
export function describeUnexpectedError(error: unknown): string {
  const detail = redactText(error instanceof Error ? error.message : String(error))
  return visibleText(
    `Modelferry stopped because of an internal error. Uploaded data is kept. Run the command again. (${detail})`,
  )
}

/** The exit code after a failed sign-in. A server that could not be reached has not rejected it. */
export function reportNotSignedIn(err: TextStream): number {
  err.line('Not signed in. Run: modelferry login')
  return exitCodes.notSignedIn
}

export function signInExitCode(failure: Failure): number {
  return retryClassOf(failure) === 'later' ? exitCodes.someFailed : exitCodes.notSignedIn
}

export function skipReasonText({ reason, kept }: SkippedFile): string {
  const key = kept === undefined ? `skipped.${reason}` : `skipped.${reason}-of`
  return isMessageKey(key) ? t(key, kept === undefined ? undefined : { kept }) : reason
}

/** How many further files were skipped for the same reason. */
export const othersText = ({ others }: SkippedFile) =>
  others === undefined ? '' : `, and ${others} more for the same reason`

/** Reports skipped files, and how many of them were not followed because they are links to other places. */
export function reportSkipped(reporter: UploadReporter, files: readonly SkippedFile[]): void {
  files.forEach(reporter.skipped)
  const linkCount = files.filter(({ reason }) => reason === 'link-outside').length
  if (linkCount > 0) reporter.linksSkipped(linkCount)
}

/**
 * The members of a skipped file in JSON output; `kept` is left out unless it is a duplicate, and `others` unless
 * further files are not listed.
 */
export const skippedAsJson = ({ name, reason, kept, others }: SkippedFile) => ({
  file: name,
  reason,
  kept,
  others,
})

/** Whether the library has a file's bytes at another path than the file's own, which was skipped. */
export function isCopyOfOther({ already, target }: UploadRow): boolean {
  const kept = already?.path ?? null
  return kept !== null && kept !== target.modelPath
}

/** The members of a failure in JSON output. */
export function failureAsJson(failure: Failure | null, state: FailureState = 'final'): object {
  if (failure === null) return {}
  const detail = [failure.detail, failure.serverMessage].filter((part) => part !== undefined).join(': ')
  return {
    code: failure.code,
    sentence: failureText(failure, t, state),
    ...(detail ? { detail } : {}),
  }
}

/** The members of a failure to list a library in JSON output. */
export const libraryFailureAsJson = (failure: Failure): object => ({
  ...failureAsJson(failure),
  sentence: listingFailureText(failure, t),
})

/** The first word of a verification's line. */
export function verificationLabel(verification: Verification): string {
  if (isRecordWrong(verification)) return verification.kind === 'differs' ? 'differs' : 'missing'
  return verification.kind === 'verified' ? 'verified' : 'note'
}

/** The members of a verification in JSON output. */
export function verificationAsJson(verification: Verification | null): object {
  if (verification === null) return { result: 'not-verified', reason: 'removed' }
  if (verification.kind === 'pending') return { result: 'not-verified', reason: 'pending' }
  const { kind: result } = verification
  if (result === 'not-verified') return { result, reason: verification.reason }
  return result === 'differs' ? { result, differences: verification.differences } : { result }
}

/** The full path for a displayed one that starts with `~`. */
export const expandHome = (where: string, userHome = homedir()) =>
  where.replace(/^~(?=[\\/]|$)/, () => userHome)

export const isoTime = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString())
