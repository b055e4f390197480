import type { Conditions, Hold } from '../../electron/contract/conditions.ts'
import type { Failure } from '../../electron/contract/failures.ts'
import { endingText, holdText } from '../../electron/messages/hold-text.ts'
import type { SkippedFile } from '../../electron/contract/uploads.ts'
import type { Recognition } from '../../electron/contract/recognition.ts'
import type { Locale } from '../../electron/contract/app-info.ts'
import { formatBytes, formatRate } from '../../electron/messages/format-size.ts'
import { clockText } from '../../electron/messages/clock-text.ts'
import {
  isMessageKey,
  localeFor,
  failureText,
  translatorFor,
  type MessageKey,
  type Translate,
} from '../../electron/messages/messages.ts'
import { regionalTag, timeLeft } from '../ui/format.ts'

/** Everything that is said or counted, in the language in force. Read in a component, it follows a change of language. */
export class Language {
  locale = $state<Locale>(localeFor(navigator.languages))
  /** Grows at midnight: what was "today" is said anew. */
  #days = $state(0)
  readonly #tag = $derived(regionalTag(this.locale, navigator.languages))
  readonly #clock = $derived(new Intl.DateTimeFormat(this.#tag, { timeStyle: 'short' }))
  readonly #day = $derived(new Intl.DateTimeFormat(this.#tag, { dateStyle: 'full' }))
  readonly #date = $derived(new Intl.DateTimeFormat(this.#tag, { dateStyle: 'medium' }))
  readonly #moment = $derived(new Intl.DateTimeFormat(this.#tag, { dateStyle: 'medium', timeStyle: 'short' }))
  readonly #short = $derived(
    new Intl.NumberFormat(this.#tag, { notation: 'compact', maximumSignificantDigits: 3 }),
  )
  readonly #count = $derived(new Intl.NumberFormat(this.#tag))

  /** Watches for midnight. The answer ends it. */
  begin(): () => void {
    let timer: ReturnType<typeof setTimeout>
    const wait = () => {
      timer = setTimeout(
        () => {
          this.#days += 1
          wait()
        },
        new Date().setHours(24, 0, 0, 0) - Date.now(),
      )
    }
    wait()
    return () => clearTimeout(timer)
  }

  readonly t: Translate = (key, params) => translatorFor(this.locale)(key, params)
  /** Never throws: a failure stored by another version may lack what this one's sentence wants to name. */
  readonly sentence = (failure: Failure): string => {
    try {
      return failureText(failure, this.t)
    } catch {
      return this.t('trouble.plain')
    }
  }
  readonly size = (bytes: number) => formatBytes(bytes, this.locale)
  readonly exactSize = (bytes: number) => this.t('size.exact', { count: bytes })
  readonly speed = (bytesPerSecond: number) => this.t('row.speed', { speedBytes: bytesPerSecond })
  /** A speed limit, in the unit in which it is set. */
  readonly rate = formatRate
  /** A time of day, with its weekday unless it is today. */
  readonly when = (ms: number) => {
    void this.#days
    return clockText(ms, Date.now(), this.#tag)
  }
  readonly hold = (hold: Hold) => holdText(hold, this.t, this.#tag, Date.now())
  /** What is about to be done now that nothing is on its way, or null. */
  readonly ending = (conditions: Conditions) => endingText(conditions, this.t)
  readonly timeLeft = (seconds: number) => timeLeft(seconds, this.t)
  readonly count = (value: number) => this.#count.format(value)
  /** A large number in a few characters: 12 billion. */
  readonly short = (value: number) => this.#short.format(value)
  readonly clock = (ms: number) => this.#clock.format(ms)
  readonly day = (ms: number) => this.#day.format(ms)
  readonly date = (ms: number) => this.#date.format(ms)
  readonly moment = (ms: number) => this.#moment.format(ms)

  /** Translate for a key that came from storage or another room; `otherwise` when this catalogue can't say it. */
  readonly sayStored = (
    key: string,
    otherwise: MessageKey,
    params?: Readonly<Record<string, string>>,
  ): string => {
    try {
      return isMessageKey(key) ? this.t(key, params) : this.t(otherwise)
    } catch {
      return this.t(otherwise)
    }
  }
  readonly reason = ({ reason, note }: Recognition) =>
    [
      this.sayStored(
        reason.key.startsWith('reason.') ? reason.key : `reason.${reason.key}`,
        'details.reason-unknown',
        reason.params,
      ),
      note && isMessageKey(note.key) ? this.sayStored(note.key, 'details.reason-unknown', note.params) : '',
    ]
      .filter(Boolean)
      .join(' ')
  readonly skipped = ({ reason }: SkippedFile) => this.sayStored(`skipped.${reason}`, 'report.reason-unknown')
}
