import { failureText, translatorFor, isMessageKey } from '../../messages/messages.ts'
import { retryClassOf, type Failure } from '../../contract/failures.ts'
import { redactText } from '../../platform/redact.ts'
import { exitCodes } from '../exit-codes.ts'
import type { ConnectivityState, Totals, UploadRow } from '../../contract/uploads.ts'
import type { Screen } from './live-lines.ts'
import { oneLine } from './terminal-text.ts'

/** Where the command line speaks to: results go to `out`, news for a person to `err`. */
export interface Streams {
  readonly out: { write(text: string): unknown }
  readonly err: Screen
}

/** How things stand while uploads run. */
export interface Standing {
  /** What is under way now. */
  readonly running: readonly UploadRow[]
  readonly totals: Totals
  /** Uploads of this command so far, and how many of them have ended, well or not. */
  readonly count: number
  readonly endedCount: number
}

/** What was left to others, and why. */
export interface LeftOut {
  readonly id: string
  readonly file: string
  readonly reason: 'running' | 'signed-out'
}

/** How a command was stopped by the person. */
export interface Stop {
  /** False when the uploads were removed. */
  readonly kept: boolean
  readonly uploads: number
  /** Uploads of which storage still holds something that the next start removes. */
  readonly leftBehind: number
}

/** Tells what happens to uploads, as lines for a person or as JSON for a script. */
export interface Teller {
  queued(row: UploadRow): void
  skipped(name: string, reason: string): void
  leftOut(upload: LeftOut): void
  /** `changed` are the rows that moved since the last time. */
  moving(changed: readonly UploadRow[], standing: Standing): void
  waiting(row: UploadRow): void
  /** The line is gone, or back. */
  line(state: ConnectivityState): void
  registered(row: UploadRow): void
  /** The library has its bytes already: nothing of it was sent. */
  already(row: UploadRow): void
  /** What the library has can't be learned, said once; files are sent without comparing. */
  unlisted(why: Failure): void
  failed(row: UploadRow): void
  stopped(stop: Stop): void
  /** Nothing moves any more. */
  finished(): void
}

export const t = translatorFor('en')

/** The sentence for a failure, with the server's own words after it. */
export function explain(failure: Failure): string {
  const sentence = failureText(failure, t)
  const code = failure.detail ? `${failure.code}: ${failure.detail}` : failure.code
  return oneLine(`${sentence} (${code})`)
}

/** The sentence for a throw. What Node would print of it is more than its message: an address with its password, say. */
export function mishap(error: unknown): string {
  const detail = redactText(error instanceof Error ? error.message : String(error))
  return oneLine(`Modelferry ended by a mistake of its own; what was sent is kept. Run it again. (${detail})`)
}

/** The exit code when somebody could not be signed in: a server that was not reached has not refused anybody. */
export function refusalCode(failure: Failure): number {
  return retryClassOf(failure) === 'later' ? exitCodes.someFailed : exitCodes.notSignedIn
}

/** Why a file was skipped, in words. */
export function whySkipped(reason: string): string {
  const key = `skipped.${reason}`
  return isMessageKey(key) ? t(key) : reason
}

/** A failure as scripts read it. */
export function told(failure: Failure | null): object {
  if (failure === null) return {}
  return {
    code: failure.code,
    sentence: failureText(failure, t),
    ...(failure.detail ? { detail: failure.detail } : {}),
  }
}

export const isoTime = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString())
