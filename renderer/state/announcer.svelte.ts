import type { Totals, UploadRow } from '../../electron/contract/model.ts'
import type { Language } from './language.svelte.ts'
import { groupOf } from './row-facts.ts'

/** What a screen reader is told: start, each quarter of the whole, done, trouble. Nothing else, however much moves. */
export class Announcer {
  /** Said when there is a pause. */
  polite = $state('')
  /** Said at once. */
  urgent = $state('')
  readonly #language: Language
  #quarter = 0
  #isRunning = false

  constructor(language: Language) {
    this.#language = language
  }

  rowChanged(before: UploadRow | undefined, after: UploadRow): void {
    if (after.phase === before?.phase) return
    const name = after.target.displayName
    if (after.phase === 'failed' && after.failure) {
      const sentence = this.#language.sentence(after.failure)
      this.urgent = this.#language.say('live.trouble', { name, sentence })
    } else if (groupOf(after) === 'done' && before) {
      this.polite = this.#language.say('live.done', { name })
    }
  }

  totalsChanged({ running, waiting, totalBytes, movedBytes }: Totals): void {
    const quarter = totalBytes > 0 ? Math.floor((movedBytes / totalBytes) * 4) : 0
    if (running > 0 && !this.#isRunning) {
      this.polite = this.#language.say('live.start', { count: running + waiting })
    } else if (running > 0 && quarter > this.#quarter && quarter < 4) {
      this.polite = this.#language.say('live.quarter', { percent: quarter * 25 })
    }
    this.#isRunning = running > 0
    this.#quarter = quarter
  }
}
