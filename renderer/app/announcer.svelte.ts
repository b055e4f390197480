import { batchDone } from '../../electron/messages/queue-status-text.ts'
import { allPausing, failureStateOf, type Totals, type UploadRow } from '../../electron/contract/uploads.ts'
import type { Language } from './language.svelte.ts'
import { groupOf } from '../uploads/row-status.ts'

/** A new object for each, so that a text that is announced again is noticed. */
interface Announcement {
  readonly text: string
}

/** Screen reader announcements: start, each quarter of the total, pauses, completion and failures. */
export class Announcer {
  /** Announced when the screen reader is idle. */
  polite = $state.raw<Announcement>({ text: '' })
  /** Announced immediately. */
  urgent = $state.raw<Announcement>({ text: '' })
  readonly #language: Language
  readonly #ondone: (rows: readonly UploadRow[]) => void
  /** Registered since nothing ran or waited. */
  #done: UploadRow[] = []
  #failed: UploadRow[] = []
  #quarter = 0
  #isRunning = false
  #isPausing = false

  /** `ondone` is called at the end of a batch with what it has registered. */
  constructor(language: Language, ondone: (rows: readonly UploadRow[]) => void) {
    this.#language = language
    this.#ondone = ondone
  }

  rowChanged(before: UploadRow | undefined, after: UploadRow): void {
    const group = groupOf(after)
    if (before && group === groupOf(before)) return
    // The review has said why a file can't be uploaded.
    if (group === 'needs-you' && before?.phase !== 'review') this.#failed.push(after)
    // One that differed and is verified now was announced before.
    else if (group === 'done' && before && before.phase !== after.phase && !after.already)
      this.#done.push(after)
  }

  /** Called once per patch, after its rows, so that the changes of one patch are announced together. */
  totalsChanged(totals: Totals, isNews: boolean): void {
    this.#sayProgress(totals, isNews)
    if (totals.running + totals.waiting === 0) this.#sayDone()
    this.#sayFailed()
  }

  readingStarted(): void {
    this.polite = { text: this.#language.t('reading.finding', { count: 0 }) }
  }

  #sayDone(): void {
    const done = this.#done
    if (done.length === 0) return
    this.#done = []
    const { key, params } = batchDone(done)
    this.polite = { text: this.#language.t(key, params) }
    this.#ondone(done)
  }

  #sayFailed(): void {
    const { t, failureText } = this.#language
    const failed = this.#failed
    this.#failed = []
    const [first] = failed
    if (!first) return
    const text =
      failed.length === 1 && first.failure
        ? t('live.trouble', {
            name: first.target.displayName,
            sentence: failureText(first.failure, failureStateOf(first)),
          })
        : t('queue.needs-you', { count: failed.length })
    this.urgent = { text }
  }

  #sayProgress(totals: Totals, isNews: boolean): void {
    const { running, waiting, totalBytes, movedBytes } = totals
    const pausing = allPausing(totals)
    const wasPausing = this.#isPausing
    this.#isPausing = pausing !== null
    const quarter = totalBytes > 0 ? Math.floor((movedBytes / totalBytes) * 4) : 0
    if (!isNews) {
      // The initial state is not announced.
    } else if (pausing) {
      const parts = pausing.finishingParts
      if (!wasPausing) this.polite = { text: this.#language.t('phase.pausing', { parts }) }
    } else if (wasPausing && running === 0 && waiting + totals.paused > 0) {
      this.polite = { text: this.#language.t('phase.paused') }
    } else if (running > 0 && !this.#isRunning) {
      this.polite = { text: this.#language.t('live.start', { count: running + waiting }) }
    } else if (running > 0 && quarter > this.#quarter && quarter < 4) {
      this.polite = { text: this.#language.t('live.quarter', { percent: quarter * 25 }) }
    }
    this.#isRunning = running > 0
    // Files that are added or removed change the share, so each quarter is announced once per run.
    this.#quarter = running > 0 ? Math.max(this.#quarter, quarter) : 0
  }
}
