import type { Bridge } from '../../electron/contract/calls.ts'
import type { Failure } from '../../electron/contract/errors.ts'
import type { UploadRow } from '../../electron/contract/model.ts'

/** Rows asked for at a time. */
const pageLength = 100

/** What was registered before, newest first, page by page. */
export class HistoryState {
  rows = $state.raw<readonly UploadRow[]>([])
  search = $state('')
  isAsking = $state(false)
  isKnown = $state(false)
  trouble = $state.raw<Failure | null>(null)
  #next = $state.raw<number | null>(null)
  readonly hasMore = $derived(this.#next !== null)
  /** Counts the questions: an answer to an older one is dropped. */
  #question = 0
  readonly #bridge: Bridge

  constructor(bridge: Bridge) {
    this.#bridge = bridge
  }

  /** Begins anew, with the search as it stands. */
  async open(): Promise<void> {
    await this.#ask(null, [])
  }

  async more(): Promise<void> {
    if (this.isAsking || this.#next === null) return
    await this.#ask(this.#next, this.rows)
  }

  async forget(ids: readonly string[]): Promise<Failure | null> {
    const answer = await this.#bridge.forget({ ids: [...ids] })
    if (!answer.ok) return answer.failure
    const gone = new Set(ids)
    this.rows = this.rows.filter(({ id }) => !gone.has(id))
    return null
  }

  async #ask(beforeMs: number | null, before: readonly UploadRow[]): Promise<void> {
    this.#question += 1
    const question = this.#question
    this.isAsking = true
    const answer = await this.#bridge.history({ beforeMs, search: this.search.trim(), limit: pageLength })
    if (question !== this.#question) return
    this.isAsking = false
    this.isKnown = true
    this.trouble = answer.ok ? null : answer.failure
    if (!answer.ok) return
    this.rows = [...before, ...answer.value.rows]
    this.#next = answer.value.nextBeforeMs
  }
}
