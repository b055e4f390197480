import { tick } from 'svelte'
import { targetProblem, type TargetField, type TargetProblem } from '../uploads/row/target.ts'

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
  confirmingIds = $state.raw<readonly string[]>([])
  editing = $state.raw<Editing | null>(null)
  readonly draftProblem: TargetProblem | null = $derived(
    this.editing ? targetProblem(this.editing.field, this.editing.draft) : null,
  )
  /** What is to take the focus as soon as it is drawn. Asked for once and used up: later ones of its kind take nothing. */
  #focusRequest = $state<'choice' | 'search' | null>(null)
  /** The field to find uploads by is open, though nothing may stand in it. */
  isSearchOpen = $state(false)
  /** What was typed into fields that were left with a value which can't be taken, by row and field. */
  readonly #rejectedDrafts = new Map<string, string>()
  /** Grows when the person asks for a newer version: the card that tells of it comes into view. */
  updateCheckRequests = $state(0)

  /** Why the sign-in view is open: for files that a paired computer can't send, and whose password it is. */
  signInOptions = $state.raw({ isForLargeFiles: false, email: '' })

  show(view: View): void {
    this.view = view
    this.signInOptions = { isForLargeFiles: false, email: '' }
    this.detailsId = null
  }

  /** The person knows that the sign-in lasts until quitting, and goes on. */
  isSessionOnlyAccepted = $state(false)

  /** Opens the sign-in for somebody who has been here. */
  openSignIn(email: string): void {
    this.show('sign-in')
    this.signInOptions = { isForLargeFiles: false, email }
  }

  /** Opens the sign-in for files that only a password can send. */
  openSignInForLargeFiles(email: string): void {
    this.show('sign-in')
    this.signInOptions = { isForLargeFiles: true, email }
  }

  /** Opens the details of a row that waits for a choice, on that choice. */
  openConflictChoice(id: string): void {
    this.detailsId = id
    this.#requestFocus('choice')
  }

  openSearch(): void {
    if (this.view !== 'history' && this.view !== 'library') this.show('uploads')
    if (this.view === 'uploads') this.isSearchOpen = true
    this.#requestFocus('search')
  }

  /** True once for what was asked for: it takes the focus. */
  consumeFocusRequest(what: 'choice' | 'search'): boolean {
    if (this.#focusRequest !== what) return false
    this.#focusRequest = null
    return true
  }

  /** Opens a field on what it has, or on what was typed into it before and could not be taken. */
  edit(id: string, field: TargetField, value: string): void {
    if (this.editing && this.draftProblem)
      this.#rejectedDrafts.set(draftKey(this.editing), this.editing.draft)
    const key = draftKey({ id, field })
    this.editing = { id, field, draft: this.#rejectedDrafts.get(key) ?? value }
    this.#rejectedDrafts.delete(key)
  }

  setDraft(draft: string): void {
    if (this.editing) this.editing = { ...this.editing, draft }
  }

  /** Nothing of the kind may be there to take it: then nothing takes it later either. */
  #requestFocus(what: 'choice' | 'search'): void {
    this.#focusRequest = what
    void tick().then(() => (this.#focusRequest = null))
  }
}

const draftKey = ({ id, field }: Pick<Editing, 'id' | 'field'>) => `${field} ${id}`
