import type { Failure } from '../../electron/contract/errors.ts'
import type { AddReport } from '../../electron/contract/model.ts'
import type { MessageKey } from '../../electron/contract/words.ts'

export type Notice = { readonly id: number } & (
  | { readonly kind: 'report'; readonly report: AddReport }
  | { readonly kind: 'failure'; readonly failure: Failure }
  | { readonly kind: 'words'; readonly key: MessageKey }
  | { readonly kind: 'undo'; readonly key: MessageKey; readonly count: number; readonly onundo: () => void }
)

/** Long enough to read a short line twice (about 4 words a second), in ms. */
const shortReadMs = 4_000

/** Quiet lines at the foot of the window. What needs no answer goes by itself; what tells of trouble stays. */
export class Notices {
  all = $state.raw<readonly Notice[]>([])
  #next = 1

  report(report: AddReport): void {
    if (report.added + report.refused + report.skipped.length === 0) return
    const id = this.#add({ kind: 'report', report })
    if (report.skipped.length === 0) this.#letGo(id)
  }

  failure(failure: Failure): void {
    this.#add({ kind: 'failure', failure })
  }

  say(key: MessageKey): void {
    this.#letGo(this.#add({ kind: 'words', key }))
  }

  /** Stays until it is closed or something newer can be taken back. */
  offerUndo(key: MessageKey, count: number, onundo: () => void): void {
    this.#add({ kind: 'undo', key, count, onundo })
  }

  dismiss(id: number): void {
    this.all = this.all.filter((notice) => notice.id !== id)
  }

  /** A newer one of the same kind takes the older one's place: they never pile up. */
  #add(notice: NoticeWithoutId): number {
    const id = this.#next
    this.#next += 1
    this.all = [...this.all.filter(({ kind }) => kind !== notice.kind), { ...notice, id }]
    return id
  }

  #letGo(id: number): void {
    setTimeout(() => this.dismiss(id), shortReadMs)
  }
}

type NoticeWithoutId = Notice extends infer One ? (One extends Notice ? Omit<One, 'id'> : never) : never
