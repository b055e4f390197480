import type { Bridge, CallArgs } from '../../electron/contract/calls.ts'
import { isOfTarget, type Failure, type Result } from '../../electron/contract/failures.ts'
import type { Account, SessionView, TeamChoice } from '../../electron/contract/account.ts'
import type { AddReport, Target, UploadRow } from '../../electron/contract/uploads.ts'
import type { HistoryState } from '../history/history-state.svelte.ts'
import type { NoticesState } from '../ui/notices-state.svelte.ts'
import type { QueueState } from '../uploads/queue-state.svelte.ts'
import { isCancelCostly, isEditable, remedyOfRow, toggleOf } from '../uploads/row-status.ts'
import type { SessionState } from '../sign-in/session-state.svelte.ts'
import type { SettingsState } from '../settings/settings-state.svelte.ts'
import { targetChange, type TargetField } from '../uploads/row/target.ts'
import type { UiState } from './ui-state.svelte.ts'

/** Fields of a row in reading order: Tab goes through them. */
const fields: readonly TargetField[] = ['displayName', 'modelType', 'modelPath']

interface Services {
  readonly bridge: Bridge
  readonly history: HistoryState
  readonly notices: NoticesState
  readonly queue: QueueState
  readonly session: SessionState
  readonly settings: SettingsState
  readonly ui: UiState
  /** Files were added, or opened something. */
  readonly onadded: (report: AddReport) => void
}

/** What a person can do. Each asks main; what became of it comes back as a patch, what went wrong as a notice. */
export class Actions {
  readonly #bridge: Bridge
  readonly #services: Services

  constructor(services: Services) {
    this.#bridge = services.bridge
    this.#services = services
  }

  readonly addFiles = async (files: readonly File[]) => {
    if (files.length > 0) this.#reportAdded(await this.#bridge.addFiles({ files }))
  }
  readonly chooseFiles = async (what: CallArgs<'chooseFiles'>['what']) =>
    this.#reportAdded(await this.#bridge.chooseFiles({ what }))

  readonly pause = async (ids: readonly string[]) =>
    this.#succeeded(await this.#bridge.pause({ ids: [...ids] }))
  readonly resume = async (ids: readonly string[]) =>
    this.#succeeded(await this.#bridge.resume({ ids: [...ids] }))
  readonly pauseAll = async () => this.#succeeded(await this.#bridge.pauseAll())
  readonly resumeAll = async () => this.#succeeded(await this.#bridge.resumeAll())
  readonly retry = async (ids: readonly string[]) =>
    this.#succeeded(await this.#bridge.retry({ ids: [...ids] }))
  readonly moveToTop = async (ids: readonly string[]) =>
    this.#succeeded(await this.#bridge.moveToTop({ ids: [...ids] }))

  /** Pauses what can be paused; when nothing can, lets go on what is paused. */
  readonly toggle = async (ids: readonly string[]) => {
    const pausable = this.#filterIds(ids, (row) => toggleOf(row) === 'pause')
    if (pausable.length > 0) return this.pause(pausable)
    const paused = this.#filterIds(ids, (row) => toggleOf(row) === 'resume')
    if (paused.length > 0) return this.resume(paused)
  }

  /** Takes rows away: at once when nothing is lost by it, else after asking. Many that wait carry names that were typed. */
  readonly remove = async (ids: readonly string[]) => {
    const open = this.#filterIds(ids, ({ phase }) => phase !== 'registered')
    const costly = this.#filterIds(open, isCancelCostly)
    if (costly.length > 0 || open.length > 1) this.#services.ui.confirmingIds = ids
    else await this.removeNow(ids)
  }
  readonly removeNow = async (ids: readonly string[]) => {
    this.#services.ui.confirmingIds = []
    if (this.#services.ui.detailsId !== null && ids.includes(this.#services.ui.detailsId)) {
      this.#services.ui.detailsId = null
    }
    const done = this.#filterIds(ids, ({ phase }) => phase === 'registered')
    const open = this.#filterIds(ids, ({ phase }) => phase !== 'registered')
    if (done.length > 0) this.#succeeded(await this.#bridge.dismiss({ ids: done }))
    if (open.length > 0) this.#succeeded(await this.#bridge.cancel({ ids: open }))
  }

  /** Saves a changed target; a row that failed because of it is tried again. */
  readonly saveTarget = async (row: UploadRow, change: Partial<Target>) => {
    if (Object.keys(change).length === 0) return
    const fixesFailure = row.phase === 'failed' && row.failure !== null && isOfTarget(row.failure)
    const answer = await this.#bridge.editTarget({ id: row.id, change })
    if (!answer.ok && answer.failure.code === 'already-begun') {
      return this.#reportStarted(row, Object.values(change)[0] ?? '')
    }
    if (this.#succeeded(answer) && fixesFailure) await this.retry([row.id])
  }

  /** A row that begins can't be changed any more: its field closes, and what was typed into it is told, not lost. */
  readonly closeEditor = (row: UploadRow): void => {
    const { editing } = this.#services.ui
    if (editing?.id !== row.id || isEditable(row)) return
    this.#services.ui.editing = null
    const typed = editing.draft.trim()
    if (typed !== row.target[editing.field]) this.#reportStarted(row, typed)
  }

  #reportStarted({ target }: UploadRow, typed: string): void {
    this.#services.notices.showWithAction({
      ...{ key: 'edit.begun', params: { name: target.displayName, typed }, label: 'edit.copy' },
      ...{ onaction: () => void this.copy(typed), isError: true },
    })
  }

  /**
   * Saves the field being edited and leaves it; false while its value can't be taken. With `field` only that one: a field
   * that loses the focus because the next one is open already has nothing more to save.
   */
  readonly saveEdit = (row: UploadRow, field?: TargetField): boolean => {
    const { ui } = this.#services
    const { editing } = ui
    if (editing?.id !== row.id || (field ?? editing.field) !== editing.field) return true
    if (ui.draftProblem) return false
    ui.editing = null
    void this.saveTarget(row, targetChange(row.target, editing.field, editing.draft))
    return true
  }

  /** Saves the field, with what was picked for it, and goes on to the next or the one before. */
  readonly editNext = (row: UploadRow, isBack: boolean, picked?: string): void => {
    const { ui } = this.#services
    const field = ui.editing?.field
    if (field === undefined) return
    if (picked !== undefined) ui.setDraft(picked)
    const change = ui.editing ? targetChange(row.target, field, ui.editing.draft) : {}
    if (!this.saveEdit(row)) return
    const next = fields[fields.indexOf(field) + (isBack ? -1 : 1)]
    if (next) ui.edit(row.id, next, { ...row.target, ...change }[next])
  }

  /** The one thing to do about a row's trouble. */
  readonly applyRemedy = async (row: UploadRow) => {
    const { ui } = this.#services
    switch (remedyOfRow(row)) {
      case 'sign-in':
        return this.#signInFor(row)
      case 'settings':
        return ui.show('settings')
      case 'proxy':
        // Asking once more brings the proxy's question back where it was put off.
        return this.retry([row.id])
      case 'edit':
        return ui.edit(row.id, fieldToFix(row), row.target[fieldToFix(row)])
      case 'remove':
        return this.remove([row.id])
      case 'choose':
        return ui.openConflictChoice(row.id)
      case 'allow':
        this.#succeeded(await this.#bridge.allow({ ids: [row.id] }))
        return
      case 'retry':
      case 'wait':
      case 'none':
        return this.retry([row.id])
    }
  }

  readonly chooseTeam = async (choice: TeamChoice) =>
    this.#applySession(await this.#bridge.chooseTeam(choice))
  readonly signIn = async (email: string, password: string): Promise<Failure | null> => {
    const answer = await this.#bridge.signIn({ email, password })
    if (!answer.ok) return answer.failure
    this.#applySession(answer)
    this.#services.ui.show('uploads')
    return null
  }
  /** Asks for a code and opens the browser on it. A pairing that was confirmed before, its end unseen, needs neither. */
  readonly startPairing = async (): Promise<Failure | null> => {
    const answer = await this.#bridge.startPairing()
    if (!answer.ok) return answer.failure
    this.#applySession(answer)
    if (answer.value.pairing) await this.openPage('pairing')
    else this.#services.ui.show('uploads')
    return null
  }
  readonly cancelPairing = async () => this.#applySession(await this.#bridge.cancelPairing())
  readonly signInWithKey = async (key: string): Promise<Failure | null> => {
    const answer = await this.#bridge.signInWithKey({ key })
    if (!answer.ok) return answer.failure
    this.#applySession(answer)
    this.#services.ui.show('uploads')
    return null
  }
  /** Opens the sign-in at an account's own server; `isForLarge` for files that a paired computer can't send. */
  readonly signInAgain = async ({ email, server }: Account, isForLargeFiles = false) => {
    const { settings, ui } = this.#services
    const failure = server === settings.value.server ? null : await settings.chooseServer(server)
    if (failure) this.#services.notices.failure(failure)
    if (isForLargeFiles) ui.openSignInForLargeFiles(email)
    else ui.openSignIn(email)
  }
  readonly signOut = async (accountId: string) =>
    this.#applySession(await this.#bridge.signOut({ accountId }))

  readonly forgetHistory = async (ids: readonly string[]) => {
    const failure = await this.#services.history.forget(ids)
    if (failure) this.#services.notices.failure(failure)
  }

  readonly showInFolder = async (id: string) => this.#succeeded(await this.#bridge.showInFolder({ id }))
  /** Whether a file with these bytes is known on this computer; a question that fails is a no. */
  readonly hasLocalFile = async (sha256: string): Promise<boolean> => {
    const answer = await this.#bridge.hasLocalFile({ sha256 })
    return answer.ok && answer.value
  }
  readonly showLocalFile = async (sha256: string) =>
    this.#succeeded(await this.#bridge.showLocalFile({ sha256 }))
  readonly resolveConflict = async (decision: CallArgs<'decide'>) =>
    this.#succeeded(await this.#bridge.decide(decision))
  readonly copy = async (text: string) => {
    if (this.#succeeded(await this.#bridge.copyText({ text }))) this.#services.notices.show('notice.copied')
  }
  /** What the dialog about the keychain asks for: it tells a failure itself, since it covers every notice. */
  readonly quit = async () => failureOf(await this.#bridge.quit())
  readonly recheckKeychain = async () => failureOf(await this.#bridge.recheckKeychain())
  readonly openPage = async (page: CallArgs<'openPage'>['page']) =>
    this.#succeeded(await this.#bridge.openPage({ page }))

  #filterIds(ids: readonly string[], isMeant: (row: UploadRow) => boolean): string[] {
    return ids.filter((id) => {
      const row = this.#services.queue.rows.get(id)
      return row !== undefined && isMeant(row)
    })
  }

  #succeeded(answer: Result<unknown>): boolean {
    if (!answer.ok) this.#services.notices.failure(answer.failure)
    return answer.ok
  }

  #reportAdded(answer: Awaited<ReturnType<Bridge['addFiles']>>): void {
    if (answer.ok) this.#services.onadded(answer.value)
    else this.#services.notices.failure(answer.failure)
  }

  async #signInFor({ accountId, failure }: UploadRow): Promise<void> {
    const account = this.#services.session.accounts.find(({ id }) => id === accountId)
    if (account) await this.signInAgain(account, failure?.code === 'too-large-for-device')
    else this.#services.ui.show('sign-in')
  }

  #applySession(answer: Result<SessionView>): void {
    if (answer.ok) this.#services.session.view = answer.value
    else this.#services.notices.failure(answer.failure)
  }
}

const failureOf = (answer: Result<unknown>): Failure | null => (answer.ok ? null : answer.failure)

function fieldToFix({ failure }: UploadRow): TargetField {
  if (failure?.code === 'target-name') return 'displayName'
  return failure?.code === 'target-type' ? 'modelType' : 'modelPath'
}
