import type { Bridge, CallArgs } from '../../electron/contract/calls.ts'
import { isTargetFailure, remedyOf, type Failure, type Result } from '../../electron/contract/failures.ts'
import type { Account, SessionView, TeamChoice } from '../../electron/contract/account.ts'
import { toggleOf, type AddReport, type Target, type UploadRow } from '../../electron/contract/uploads.ts'
import type { Translate } from '../../electron/messages/messages.ts'
import { receiptText } from '../../electron/messages/receipt-text.ts'
import type { LibraryState } from '../library/library-state.svelte.ts'
import type { ServersState } from '../settings/servers/servers-state.svelte.ts'
import { canTryNow, isCancelCostly, isEditable } from '../uploads/row-status.ts'
import { targetChange, type TargetField } from '../uploads/row/target.ts'
import { offerUndoRemove } from '../uploads/undo-remove.ts'
import type { Departures } from './departures.svelte.ts'
import type { Services } from './services.ts'
import type { AddingToTeam } from './ui-state.svelte.ts'

/** Editable fields of a row in reading order, which is also the Tab order. */
const fields: readonly TargetField[] = ['displayName', 'modelType', 'modelPath']

interface ActionServices extends Services {
  readonly departures: Departures
  readonly library: LibraryState
  readonly servers: ServersState
}

/** User commands that are more than a call. Results arrive as patches. */
export class Actions {
  readonly #bridge: Bridge
  readonly #services: ActionServices

  constructor(services: ActionServices) {
    this.#bridge = services.bridge
    this.#services = services
  }

  /** Adds files for a team, or for the chosen one. */
  readonly addFiles = async (files: readonly File[], team: TeamChoice | null = null) => {
    if (files.length === 0) return
    this.#reportAdded(await this.#bridge.addFiles({ files, ...(team ? { team } : {}) }))
  }
  readonly stopReading = async () => {
    const stopped = await this.#bridge.stopReading()
    if (stopped.ok && stopped.value) this.#services.notices.show('reading.stopped')
  }
  readonly chooseFiles = async (what: CallArgs<'chooseFiles'>['what']) =>
    this.#reportAdded(await this.#bridge.chooseFiles({ what }))

  readonly toggleOf = (row: UploadRow) => toggleOf(row, this.#services.queue.allPaused)

  /** Whether the wait for a retry can be ended: not while all uploads are paused. */
  readonly canTryNow = (row: UploadRow) => !this.#services.queue.allPaused && canTryNow(row)

  /** Pauses every row that can be paused; if there is none, resumes the paused ones. */
  readonly toggle = async (ids: readonly string[]) => {
    const pausable = this.#filterIds(ids, (row) => this.toggleOf(row) === 'pause')
    if (pausable.length > 0) return this.#bridge.pause({ ids: pausable })
    const paused = this.#filterIds(ids, (row) => this.toggleOf(row) === 'resume')
    if (paused.length > 0) return this.#bridge.resume({ ids: paused })
  }

  /**
   * Removes the rows of a drop, or returns approved ones to the review, and discards what storage holds of them.
   * Returns false if it failed and can be repeated.
   */
  readonly undoAdd = async ({ drop, isApproval, review }: AddReport): Promise<boolean> => {
    if (drop === undefined) return true
    const { ui, notices } = this.#services
    if (ui.confirmingApproval?.drop === drop) ui.confirmingIds = []
    const result = await this.#bridge.undoAdd({ drop })
    const isOver = result.ok || result.failure.code === 'undo-too-late'
    if (isOver) notices.withdrawUndo()
    if (result.ok && isApproval && review !== undefined)
      this.#services.handleAdded({ added: 0, refused: 0, skipped: [], isApproval, review })
    else if (result.ok) notices.show('undo.removed', { count: result.value.length })
    return isOver
  }

  /** Removes rows. Asks first if sent bytes would be lost; removing others can be undone. */
  readonly remove = async (ids: readonly string[]) => {
    const { ui } = this.#services
    if (this.#filterIds(ids, isCancelCostly).length === 0)
      return offerUndoRemove(this.#services, 'undo.removed', await this.#removeNow(ids))
    ui.confirmingIds = ids
    ui.confirmingApproval = null
  }
  /** Removes rows once the question was confirmed, which can't be undone. */
  readonly removeConfirmed = async (ids: readonly string[]) => {
    const { length: count } = await this.#removeNow(ids)
    if (count > 0) this.#services.notices.show('undo.removed', { count })
  }
  /** Returns the uploads that were cancelled; none if some of them could not be. */
  async #removeNow(ids: readonly string[]): Promise<readonly string[]> {
    const { notices, ui } = this.#services
    ui.confirmingIds = []
    if (ui.detailsId !== null && ids.includes(ui.detailsId)) ui.detailsId = null
    notices.withdrawUndo()
    const done = this.#filterIds(ids, ({ phase }) => phase === 'registered')
    const open = this.#filterIds(ids, ({ phase }) => phase !== 'registered')
    if (done.length > 0) await this.#bridge.dismiss({ ids: done })
    const isCancelled = open.length > 0 && (await this.#bridge.cancel({ ids: open })).ok
    return isCancelled ? open : []
  }

  /** Saves a changed target and retries a row that failed because of its target. */
  readonly saveTarget = async (row: UploadRow, change: Partial<Target>) => {
    if (Object.keys(change).length === 0) return
    const fixesFailure = row.phase === 'failed' && row.failure !== null && isTargetFailure(row.failure)
    const result = await this.#bridge.editTarget({ id: row.id, change })
    if (result.ok) return fixesFailure && this.#bridge.retry({ ids: [row.id] })
    if (result.failure.code === 'already-begun')
      return this.#reportStarted(row, Object.values(change)[0] ?? '')
    this.#services.notices.failure(result.failure)
  }

  /** Gives uploads the type that is offered for them. */
  readonly takeOfferedType = async (ids: readonly string[]) => {
    const changes = ids.flatMap((id) => {
      const row = this.#services.queue.rows.get(id)
      return row?.offeredType === undefined
        ? []
        : [{ id, target: { ...row.target, ...targetChange(row, 'modelType', row.offeredType) } }]
    })
    const edited = await this.#bridge.editTargets({ changes })
    if (!edited.ok) this.#services.notices.failure(edited.failure)
  }

  /** Closes the field of a row whose upload has started. Unsaved text is offered in a notice. */
  readonly closeEditor = (row: UploadRow): void => {
    const { editing } = this.#services.ui
    if (editing?.id !== row.id || isEditable(row)) return
    this.#services.ui.editing = null
    const typed = editing.draft.trim()
    if (typed !== row.target[editing.field]) this.#reportStarted(row, typed)
  }

  /** Closes the field of a removed row and a question about it, which would hold the list. */
  readonly rowsRemoved = (ids: readonly string[]): void => {
    const { ui } = this.#services
    if (ui.editing && ids.includes(ui.editing.id)) ui.editing = null
    this.closeAnsweredQuestion()
  }

  /** Closes the question about uploads once all of them are registered or gone. */
  readonly closeAnsweredQuestion = (): void => {
    const { queue, ui } = this.#services
    if (!ui.confirmingIds.some(queue.openRow)) ui.confirmingIds = []
  }

  #reportStarted({ target }: UploadRow, typed: string): void {
    this.#services.notices.showWithAction({
      key: 'edit.begun',
      params: { name: target.displayName, typed },
      label: 'menu.copy',
      onaction: () => void this.copy(typed),
      isError: true,
    })
  }

  /**
   * Saves and closes the field being edited.
   * @param field saves only if this field is still the edited one: on blur the next field may be open already
   * @returns false if the value is invalid
   */
  readonly saveEdit = (row: UploadRow, field?: TargetField): boolean => {
    const { ui } = this.#services
    const { editing } = ui
    if (editing?.id !== row.id || (field ?? editing.field) !== editing.field) return true
    if (ui.draftProblem) return false
    ui.editing = null
    void this.saveTarget(row, targetChange(row, editing.field, editing.draft))
    return true
  }

  /** Closes a field that is no longer drawn, and saves it if its text is valid. */
  readonly leaveField = (id: string, field: TargetField): void => {
    const { queue, ui } = this.#services
    if (ui.editing?.id !== id || ui.editing.field !== field) return
    const row = queue.rows.get(id)
    if (!row || !this.saveEdit(row, field)) ui.closeField()
  }

  /**
   * Saves the field with the picked value, if any, and moves to the next or the previous field.
   * @returns false if the value is invalid
   */
  readonly editNext = (row: UploadRow, isBack: boolean, picked?: string): boolean => {
    const { ui } = this.#services
    const field = ui.editing?.field
    if (field === undefined) return true
    if (picked !== undefined) ui.setDraft(picked)
    const change = ui.editing ? targetChange(row, field, ui.editing.draft) : {}
    if (!this.saveEdit(row)) return false
    const next = fields[fields.indexOf(field) + (isBack ? -1 : 1)]
    if (next) ui.edit(row.id, next, { ...row.target, ...change }[next])
    return true
  }

  /** Applies the remedy of a failure to the rows that have it. Where the user has to choose, begins with the first. */
  readonly applyRemedy = async (failure: Failure, ids: readonly string[]) => {
    const { queue, ui } = this.#services
    const [first = ''] = ids
    const row = queue.rows.get(first)
    switch (remedyOf(failure)) {
      case 'sign-in':
        return row && this.#signInFor(row)
      case 'settings':
        return ui.show('settings')
      case 'edit':
        return row && ui.edit(first, fieldToFix(failure), row.target[fieldToFix(failure)])
      case 'remove':
        return this.remove(ids)
      case 'choose':
        return ui.openConflictChoice(first)
      case 'allow':
        return ui.openFinding(first)
      // A retry makes the proxy ask for credentials again.
      case 'proxy':
      case 'retry':
      case 'check':
      case 'wait':
      case 'none':
        return this.#bridge.retry({ ids })
    }
  }

  /** Chooses the team of new files, which the library shows from then on. */
  readonly chooseTeam = async (choice: TeamChoice) => {
    const result = await this.#bridge.chooseTeam(choice)
    if (!result.ok) return
    this.#services.session.receive(result.value)
    this.#services.library.showTeam(null)
  }
  /** For a menu of teams that opens: the user may have joined or left one. */
  readonly refreshTeams = () => void this.#bridge.refreshTeams()
  readonly signIn = (email: string, password: string) =>
    this.#signIn(this.#bridge.signIn({ email, password }))
  readonly signInWithKey = (key: string) => this.#signIn(this.#bridge.signInWithKey({ key }))
  /** Starts pairing and opens the browser. A pairing that was confirmed earlier completes without either. */
  readonly startPairing = () => this.#signIn(this.#bridge.startPairing())
  /**
   * Opens the sign-in at the account's own server; `isForLargeFiles` if its paired device cannot send the
   * file.
   */
  readonly signInAgain = async ({ email, server }: Account, isForLargeFiles = false) => {
    const { servers, ui } = this.#services
    const failure = await servers.choose(server)
    // Otherwise the password would be sent to another server.
    if (failure && failure.code !== 'settings-not-saved') return
    ui.openSignIn(email, isForLargeFiles)
  }
  /**
   * Signs out; returns the failure if the user must choose what happens to the uploads. Any other failure is shown
   * as a notice, since the account may be gone.
   */
  readonly signOut = async (accountId: string, data?: Account['data']): Promise<Failure | null> => {
    const result = await this.#bridge.signOut({ accountId, ...(data ? { data } : {}) })
    if (result.ok) this.#services.session.receive(result.value)
    else if (result.failure.code === 'seal-unavailable') return result.failure
    else this.#services.departures.failed(result.failure)
    return null
  }
  /** Carries out a decision about path conflicts. Skipped files are removed, which asks first or can be undone. */
  readonly resolveConflict = async (decision: Parameters<Bridge['decide']>[0]) => {
    if (decision.choice === 'skip') return this.remove(decision.ids)
    if ((await this.#bridge.decide(decision)).ok) this.#services.notices.withdrawUndo()
  }
  readonly copy = async (text: string) => {
    if ((await this.#bridge.copyText({ text })).ok) this.#services.notices.show('notice.copied')
  }
  /** Copies the paths on this computer, which only the main process knows. */
  readonly copyLocalPaths = async (ids: readonly string[]) => {
    if ((await this.#bridge.copyLocalPaths({ ids })).ok) this.#services.notices.show('notice.copied')
  }
  /** Shows the models of a team's registered uploads in its library. New files keep their team. */
  readonly showInLibrary = async (rows: readonly UploadRow[]) => {
    const [row] = rows
    if (!row) return
    const { library, notices, session, ui } = this.#services
    const { accountId, team } = row
    const choice = session.readyChoiceFor({ accountId, teamId: team.id })
    if (!choice) return notices.show('library.signed-out', { team: team.name })
    ui.show('library')
    await library.reveal(
      choice,
      rows.flatMap(({ modelId }) => modelId ?? []),
    )
  }
  /** Copies the receipts of registered uploads, as text in the page's language. */
  readonly copyReceipts = async (ids: readonly string[], t: Translate) => {
    const found = await this.#bridge.receipts({ ids })
    if (found.ok) await this.copy(found.value.map((receipt) => receiptText(receipt, t)).join('\n'))
  }
  /** Asks for a file and saves the receipts of registered uploads there. */
  readonly saveReceipts = async (ids: readonly string[]) => {
    const saved = await this.#bridge.saveReceipts({ ids })
    if (saved.ok && saved.value) this.#services.notices.show('receipt.saved')
  }
  /** Asks for a file and saves the log of an upload there. */
  readonly saveUploadLog = async (id: string) => {
    const saved = await this.#bridge.saveUploadLog({ id })
    if (saved.ok && saved.value) this.#services.notices.show('log.saved')
  }
  /** Uploads files to another team too. A native dialog asks first. */
  readonly addToTeam = async (adding: AddingToTeam, team: TeamChoice) => {
    this.#services.ui.addingToTeam = null
    this.#reportAdded(
      adding.kind === 'uploads'
        ? await this.#bridge.addUploadsToTeam({ ids: adding.rows.map(({ id }) => id), team })
        : await this.#bridge.addModelsToTeam({ choice: adding.choice, modelIds: adding.ids, team }),
    )
  }
  /** Asks to which other team the files of uploads are uploaded. */
  readonly askForOtherTeam = (rows: readonly UploadRow[]) => {
    this.#services.ui.addingToTeam = { kind: 'uploads', rows }
  }
  /** Adds offered files of this computer beside a row that needs them, unless the user declines. */
  async addCompanions(id: string, offers: readonly string[]): Promise<void> {
    this.#reportAdded(await this.#bridge.addCompanions({ id, offers }))
  }

  /** Copies a text for reporting that a file was recognised wrongly. */
  readonly copyRecognitionReport = async (id: string) => {
    const report = await this.#bridge.recognitionReport({ id })
    if (report.ok) await this.copy(report.value)
  }

  #filterIds(ids: readonly string[], isMeant: (row: UploadRow) => boolean): string[] {
    return ids.filter((id) => {
      const row = this.#services.queue.rows.get(id)
      return row !== undefined && isMeant(row)
    })
  }

  #reportAdded(result: Result<AddReport | null>): void {
    if (result.ok && result.value) this.#services.handleAdded(result.value)
  }

  /** Shows the uploads, or the browser while the sign-in waits for it. Returns the failure. */
  async #signIn(asked: Promise<Result<SessionView>>): Promise<Failure | null> {
    const result = await asked
    if (!result.ok) return result.failure
    this.#services.session.receive(result.value)
    if (result.value.pairing) await this.#bridge.openPage({ page: 'pairing' })
    else this.#services.ui.show('uploads')
    return null
  }

  async #signInFor({ accountId, failure }: UploadRow): Promise<void> {
    const account = this.#services.session.find(accountId)
    if (account) await this.signInAgain(account, failure?.code === 'too-large-for-device')
    else this.#services.ui.show('sign-in')
  }
}

function fieldToFix({ code }: Failure): TargetField {
  if (code === 'target-name') return 'displayName'
  return code === 'target-type' ? 'modelType' : 'modelPath'
}
