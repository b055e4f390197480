import { problemOf, type TargetField, type TargetProblem } from './target.ts'

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
  /** Grows when the person is to choose what becomes of the row whose details are open: the choice takes the focus. */
  chooses = $state(0)
  /** Grows when the person asks to find something: the field of the view takes the focus. */
  finds = $state(0)
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
    this.chooses += 1
  }

  find(): void {
    if (this.view !== 'history' && this.view !== 'library') this.show('uploads')
    this.finds += 1
  }

  edit(id: string, field: TargetField, draft: string): void {
    this.editing = { id, field, draft }
  }

  type(draft: string): void {
    if (this.editing) this.editing = { ...this.editing, draft }
  }
}
