import { tick } from 'svelte'
import { problemOf, type TargetField, type TargetProblem } from '../uploads/row/target.ts'

export type View =
  'uploads' | 'library' | 'history' | 'settings' | 'sign-in' | 'licences' | 'places' | 'workflow' | 'help'

/** A field of a row that is being changed, with what was typed so far. */
export interface Editing {
  readonly id: string
  readonly field: TargetField
  readonly draft: string
}

/** What the person looks at: nothing of it outlives the window. */
export class UiState {
  view = $state<View>('uploads')
  /** The row whose details are open, or null. */
  detailsId = $state<string | null>(null)
  /** Rows that are about to be cancelled, once the person says so. */
  confirming = $state.raw<readonly string[]>([])
  editing = $state.raw<Editing | null>(null)
  readonly problem: TargetProblem | null = $derived(
    this.editing ? problemOf(this.editing.field, this.editing.draft) : null,
  )
  /** What is to take the focus as soon as it is drawn. Asked for once and used up: later ones of its kind take nothing. */
  #wanted = $state<'choice' | 'search' | null>(null)
  /** The field to find uploads by is open, though nothing may stand in it. */
  isFinding = $state(false)
  /** What was typed into fields that were left with a value which can't be taken, by row and field. */
  readonly #left = new Map<string, string>()
  /** Grows when the person asks for a newer version: the card that tells of it comes into view. */
  looksForUpdate = $state(0)

  /** Why the sign-in view is open: for files that a paired computer can't send, and whose password it is. */
  signingIn = $state.raw({ isForLarge: false, email: '' })

  show(view: View): void {
    this.view = view
    this.signingIn = { isForLarge: false, email: '' }
    this.detailsId = null
  }

  /** The person knows that the sign-in lasts until quitting, and goes on. */
  isForSession = $state(false)

  /** Opens the sign-in for somebody who has been here. */
  signInAs(email: string): void {
    this.show('sign-in')
    this.signingIn = { isForLarge: false, email }
  }

  /** Opens the sign-in for files that only a password can send. */
  signInForLarge(email: string): void {
    this.show('sign-in')
    this.signingIn = { isForLarge: true, email }
  }

  /** Opens the details of a row that waits for a choice, on that choice. */
  choose(id: string): void {
    this.detailsId = id
    this.#want('choice')
  }

  find(): void {
    if (this.view !== 'history' && this.view !== 'library') this.show('uploads')
    if (this.view === 'uploads') this.isFinding = true
    this.#want('search')
  }

  /** True once for what was asked for: it takes the focus. */
  takesFocus(what: 'choice' | 'search'): boolean {
    if (this.#wanted !== what) return false
    this.#wanted = null
    return true
  }

  /** Opens a field on what it has, or on what was typed into it before and could not be taken. */
  edit(id: string, field: TargetField, value: string): void {
    if (this.editing && this.problem) this.#left.set(keyOf(this.editing), this.editing.draft)
    const key = keyOf({ id, field })
    this.editing = { id, field, draft: this.#left.get(key) ?? value }
    this.#left.delete(key)
  }

  type(draft: string): void {
    if (this.editing) this.editing = { ...this.editing, draft }
  }

  /** Nothing of the kind may be there to take it: then nothing takes it later either. */
  #want(what: 'choice' | 'search'): void {
    this.#wanted = what
    void tick().then(() => (this.#wanted = null))
  }
}

const keyOf = ({ id, field }: Pick<Editing, 'id' | 'field'>) => `${field} ${id}`
