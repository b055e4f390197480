import { on } from 'svelte/events'
import type { Conditions, Hold } from '../../electron/contract/conditions.ts'
import type { Failure, FailureState } from '../../electron/contract/failures.ts'
import { countdownText, queueStatusText } from '../../electron/messages/queue-status-text.ts'
import type { SkippedFile, UploadRow } from '../../electron/contract/uploads.ts'
import type { Recognition } from '../../electron/contract/recognition.ts'
import type { Locale } from '../../electron/contract/app-info.ts'
import { formatBytes, formatRate } from '../../electron/messages/format-size.ts'
import { listingFailureText as formatListingFailure } from '../../electron/messages/listing-failure-text.ts'
import { verificationLines } from '../../electron/messages/verification-text.ts'
import { clockText } from '../../electron/messages/clock-text.ts'
import { timeLeftText } from '../../electron/messages/time-left.ts'
import {
  isMessageKey,
  joinSentences,
  localeFor,
  reasonParams,
  regionalTag,
  failureText as formatFailure,
  translatorFor,
  type MessageKey,
  type Params,
  type Translate,
} from '../../electron/messages/messages.ts'

const startOfDay = () => new Date().setHours(0, 0, 0, 0)

/**
 * Translations and formats of the current language. Components that read it update when the language changes.
 */
export class Language {
  locale = $state<Locale>(localeFor(navigator.languages))
  /** The start of the day (ms since the epoch), so that relative days are formatted again on the next one. */
  #todayMs = $state(startOfDay())
  readonly regionalTag = $derived(regionalTag(this.locale, navigator.languages))
  readonly #clock = $derived(new Intl.DateTimeFormat(this.regionalTag, { timeStyle: 'short' }))
  readonly #day = $derived(new Intl.DateTimeFormat(this.regionalTag, { dateStyle: 'full' }))
  readonly #date = $derived(new Intl.DateTimeFormat(this.regionalTag, { dateStyle: 'medium' }))
  readonly #moment = $derived(
    new Intl.DateTimeFormat(this.regionalTag, { dateStyle: 'medium', timeStyle: 'short' }),
  )
  readonly #compact = $derived(
    new Intl.NumberFormat(this.regionalTag, { notation: 'compact', maximumSignificantDigits: 3 }),
  )
  readonly #count = $derived(new Intl.NumberFormat(this.regionalTag))

  /** Follows the date. Returns a function that stops. */
  watchMidnight(): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined
    const check = () => {
      this.#todayMs = startOfDay()
      clearTimeout(timer)
      timer = setTimeout(check, new Date().setHours(24, 0, 0, 0) - Date.now())
    }
    check()
    // On Linux and macOS, the timer doesn't count the time that the computer sleeps.
    const stops = [on(window, 'focus', check), on(document, 'visibilitychange', check)]
    return () => {
      clearTimeout(timer)
      stops.forEach((stop) => stop())
    }
  }

  readonly t: Translate = (key, params) => translatorFor(this.locale)(key, params)
  /** Never throws: a failure stored by another version may lack a parameter of the message. */
  readonly failureText = (failure: Failure, state: FailureState = 'final'): string =>
    this.#orPlain(() => formatFailure(failure, this.t, state))
  /** Why a team's library can't be listed. */
  readonly listingFailureText = (failure: Failure): string =>
    this.#orPlain(() => formatListingFailure(failure, this.t))
  /** How the library's record of a registered upload compares with its file. */
  readonly verification = (row: UploadRow) => verificationLines(row.verification ?? null, this.t).join('\n')
  readonly size = (bytes: number) => formatBytes(bytes, this.locale)
  readonly exactSize = (bytes: number) => this.t('size.exact', { count: bytes })
  readonly speed = (bytesPerSecond: number) => this.t('row.speed', { speedBytes: bytesPerSecond })
  /** A speed limit in MB/s, the unit in which it is set. */
  readonly speedLimit = formatRate
  /** A time of day, with the weekday unless it is today. */
  readonly shortTime = (ms: number) => {
    void this.#todayMs
    return clockText(ms, Date.now(), this.regionalTag)
  }
  readonly queueText = (queue: Parameters<typeof queueStatusText>[0], hold: Hold | null) =>
    queueStatusText(queue, hold, this.t, this.shortTime)
  /** What happens when all uploads are done, or null. */
  readonly endingText = (conditions: Conditions) => countdownText(conditions, this.t)
  readonly timeLeft = (seconds: number | null) => timeLeftText(seconds, this.t)
  readonly count = (value: number) => this.#count.format(value)
  /** A large number in compact notation: 12 billion. */
  readonly compactNumber = (value: number) => this.#compact.format(value)
  readonly time = (ms: number) => this.#clock.format(ms)
  readonly day = (ms: number) => this.#day.format(ms)
  readonly date = (ms: number) => this.#date.format(ms)
  readonly dateTime = (ms: number) => this.#moment.format(ms)

  /** Translates a key from storage or another process; uses `fallback` if this catalogue lacks it. */
  readonly translateStored = (key: string, fallback: MessageKey, params?: Params): string => {
    try {
      return isMessageKey(key) ? this.t(key, params) : this.t(fallback)
    } catch {
      return this.t(fallback)
    }
  }
  readonly recognitionReason = ({ reason, note }: Recognition) => {
    const sentences = [
      this.translateStored(
        reason.key.startsWith('reason.') ? reason.key : `reason.${reason.key}`,
        'details.reason-unknown',
        reasonParams(reason.params, this.t),
      ),
      note && isMessageKey(note.key)
        ? this.translateStored(note.key, 'details.reason-unknown', note.params)
        : '',
    ]
    return joinSentences(sentences.filter(Boolean), this.t)
  }
  readonly skipReason = ({ reason, kept }: SkippedFile) =>
    kept === undefined
      ? this.translateStored(`skipped.${reason}`, 'report.reason-unknown')
      : this.translateStored(`skipped.${reason}-of`, 'report.reason-unknown', { kept })

  #orPlain(format: () => string): string {
    try {
      return format()
    } catch {
      return this.t('trouble.plain')
    }
  }
}
