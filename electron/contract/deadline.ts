/** What would let the queue meet its deadline, as one action of the user. */
export type DeadlineSuggestion =
  /** This file is uploaded before the others and is done by `doneAtMs`; the queue as a whole is still late. */
  | { readonly kind: 'move-up'; readonly id: string; readonly name: string; readonly doneAtMs: number }
  /** These files are paused, and the others are done by `doneAtMs`. */
  | {
      readonly kind: 'leave-out'
      readonly ids: readonly string[]
      readonly leftBytes: number
      readonly doneAtMs: number
    }

/** The deadline of the queue and whether it can be met. Times are in ms since the epoch. */
export interface DeadlineView {
  readonly atMs: number
  /**
   * `unknown`: the speed was not measured yet, or it is not known when a pause ends. `never`: the quiet hours leave
   * no time for it.
   */
  readonly state: 'unknown' | 'met' | 'late' | 'never'
  /** When all uploads are done; null while unknown or never. */
  readonly doneAtMs: number | null
  /** At most three; only while it is late. */
  readonly suggestions: readonly DeadlineSuggestion[]
}
