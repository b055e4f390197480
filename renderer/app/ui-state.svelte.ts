import { tick } from 'svelte'
import { SvelteSet } from 'svelte/reactivity'
import type { TeamChoice } from '../../electron/contract/account.ts'
import type { AddReport, UploadRow } from '../../electron/contract/uploads.ts'
import type { Group } from '../uploads/row-status.ts'
import { targetProblem, type TargetField, type TargetProblem } from '../uploads/row/target.ts'

export type View =
  | 'uploads'
  | 'library'
  | 'history'
  | 'settings'
  | 'sign-in'
  | 'licences'
  | 'places'
  | 'workflow'
  | 'help'

/** The field of a row that is being edited, with its text. */
export interface Editing {
  readonly id: string
  readonly field: TargetField
  readonly draft: string
}

/** Files that are to be uploaded to another team too: those of uploads, or of models of a team's library. */
export type AddingToTeam =
  | { readonly kind: 'uploads'; readonly rows: readonly UploadRow[] }
  | { readonly kind: 'models'; readonly ids: readonly string[]; readonly choice: TeamChoice }

/** What dragged files are over: the team picker with its menu, the rest of the header, or anything else. */
export type DragZone = 'picker' | 'header' | 'elsewhere'

/** Files are being dragged over the window. */
interface Drag {
  /** The team of the picker, or of its item, that they are over; null elsewhere. */
  readonly team: TeamChoice | null
  readonly zone: DragZone
}

type FocusTarget = 'choice' | 'finding' | 'search'

/** View state that is not stored. */
export class UiState {
  view = $state<View>('uploads')
  /** The row whose details are open, or null. */
  detailsId = $state<string | null>(null)
  /** Rows that the list selects and scrolls to once it has them. */
  revealedIds = $state.raw<readonly string[]>([])
  /** Rows on which a cancellation, or the undo of an approval, has to be confirmed. */
  confirmingIds = $state.raw<readonly string[]>([])
  /** Of `confirmingIds`, the approval that is to be undone; null if they are to be cancelled. */
  confirmingApproval = $state.raw<AddReport | null>(null)
  editing = $state.raw<Editing | null>(null)
  /** The question to which other team files are uploaded, or null. */
  addingToTeam = $state.raw<AddingToTeam | null>(null)
  drag = $state.raw<Drag | null>(null)
  /** Groups of the upload list of which only the header is shown. */
  readonly collapsedGroups = new SvelteSet<Group>()
  readonly draftProblem: TargetProblem | null = $derived(
    this.editing ? targetProblem(this.editing.field, this.editing.draft) : null,
  )
  /** The control that takes the focus when it is drawn. A request is consumed by the first control. */
  #focusRequest = $state<FocusTarget | null>(null)
  /** The list of keyboard shortcuts is open. */
  areShortcutsShown = $state(false)
  /** The search field is shown even if it is empty. */
  isSearchOpen = $state(false)
  /** Invalid text of fields that were left, by row and field. */
  readonly #rejectedDrafts = new Map<string, string>()
  /** Set by "Check for updates": the settings scroll to the updates card. */
  mustShowUpdates = $state(false)

  /**
   * Options of the sign-in view: whether it was opened for files too large for a paired device, and the
   * e-mail to fill in.
   */
  signInOptions = $state.raw({ isForLargeFiles: false, email: '' })

  show(view: View): void {
    this.view = view
    this.signInOptions = { isForLargeFiles: false, email: '' }
    this.detailsId = null
    this.revealedIds = []
  }

  /** The account whose sign-out has to be confirmed, or null. */
  signingOutId = $state<string | null>(null)

  /** The user accepted that the sign-in lasts only until the app quits. */
  isSessionOnlyAccepted = $state(false)

  setCollapsed(group: Group, isCollapsed: boolean): void {
    if (isCollapsed) this.collapsedGroups.add(group)
    else this.collapsedGroups.delete(group)
  }

  /** Opens the sign-in with a known e-mail; `isForLargeFiles` if files need a password session. */
  openSignIn(email: string, isForLargeFiles: boolean): void {
    this.show('sign-in')
    this.signInOptions = { isForLargeFiles, email }
  }

  /** Opens the details of a row at its conflict choice. */
  openConflictChoice(id: string): void {
    this.detailsId = id
    this.#requestFocus('choice')
  }

  /** Opens the details of a row at the finding of its scan. */
  openFinding(id: string): void {
    this.detailsId = id
    this.#requestFocus('finding')
  }

  openSearch(): void {
    if (this.view !== 'history' && this.view !== 'library') this.show('uploads')
    if (this.view === 'uploads') this.isSearchOpen = true
    this.#requestFocus('search')
  }

  /** True once per request. */
  consumeFocusRequest(what: FocusTarget): boolean {
    if (this.#focusRequest !== what) return false
    this.#focusRequest = null
    return true
  }

  /** Opens a field with its value, or with the invalid text that was left in it. */
  edit(id: string, field: TargetField, value: string): void {
    this.closeField()
    const key = draftKey({ id, field })
    this.editing = { id, field, draft: this.#rejectedDrafts.get(key) ?? value }
    this.#rejectedDrafts.delete(key)
  }

  /** Opens a field of a row that was clicked. With Ctrl, Cmd or Shift, the click selects rows. */
  editByClick(
    { ctrlKey, metaKey, shiftKey }: MouseEvent,
    { id, target }: UploadRow,
    field: TargetField,
  ): void {
    if (!ctrlKey && !metaKey && !shiftKey) this.edit(id, field, target[field])
  }

  /** Closes the open field. Invalid text is kept for when it is opened again. */
  closeField(): void {
    if (this.editing && this.draftProblem)
      this.#rejectedDrafts.set(draftKey(this.editing), this.editing.draft)
    this.editing = null
  }

  setDraft(draft: string): void {
    if (this.editing) this.editing = { ...this.editing, draft }
  }

  /** The request expires after the next update if no control has consumed it. */
  #requestFocus(what: FocusTarget): void {
    this.#focusRequest = what
    void tick().then(() => (this.#focusRequest = null))
  }
}

const draftKey = ({ id, field }: Pick<Editing, 'id' | 'field'>) => `${field} ${id}`
