import { createContext } from 'svelte'
import type { Bridge } from '../../electron/contract/calls.ts'
import type { PageCommand, PageTarget } from '../../electron/contract/events.ts'
import type { Failure } from '../../electron/contract/failures.ts'
import type { Settings } from '../../electron/contract/settings.ts'
import type { AddReport, UploadRow } from '../../electron/contract/uploads.ts'
import { batchDone } from '../../electron/messages/queue-status-text.ts'
import { Actions } from './actions.ts'
import { ConditionsState } from './conditions-state.svelte.ts'
import type { Departures } from './departures.svelte.ts'
import { Announcer } from './announcer.svelte.ts'
import { BulkEditState, uploadSource } from '../uploads/bulk-edit/bulk-edit-state.svelte.ts'
import { CompanionsState } from '../uploads/companions-state.svelte.ts'
import { DeadlineState } from '../uploads/deadline/deadline-state.svelte.ts'
import { DetailsState } from '../uploads/details/details-state.svelte.ts'
import { DiagnosticsState } from '../diagnostics/diagnostics-state.svelte.ts'
import { HistoryState } from '../history/history-state.svelte.ts'
import { Language } from './language.svelte.ts'
import { ModelFactsState } from '../uploads/details/model-facts-state.svelte.ts'
import { ModelStatusesState } from '../uploads/model-statuses-state.svelte.ts'
import { LibraryState } from '../library/library-state.svelte.ts'
import { createDialogDelay } from './dialogs.ts'
import { NoticesState } from '../ui/notices-state.svelte.ts'
import { FindModelsState } from '../discovery/find-models-state.svelte.ts'
import { ReviewState } from '../uploads/review/review-state.svelte.ts'
import { QueueTeams } from '../uploads/queue-teams.svelte.ts'
import { groupOf, isUndoCostly } from '../uploads/row-status.ts'
import { QueueState } from '../uploads/queue-state.svelte.ts'
import { Selection } from '../ui/list/selection.svelte.ts'
import { SessionState } from '../sign-in/session-state.svelte.ts'
import { settledBridge } from '../bridge.ts'
import { ServersState } from '../settings/servers/servers-state.svelte.ts'
import { SettingsState } from '../settings/settings-state.svelte.ts'
import { WaitingFilesState } from '../uploads/waiting-files-state.svelte.ts'
import { WatchedFoldersState } from '../discovery/watched-folders-state.svelte.ts'
import { WorkflowState } from '../discovery/workflow-state.svelte.ts'
import { UiState } from './ui-state.svelte.ts'
import { UpdatesState } from '../settings/updates-state.svelte.ts'

/** Commands that show no other view. */
const commandsWithinView: ReadonlySet<PageCommand> = new Set([
  'choose-files',
  'choose-folder',
  'show-shortcuts',
])

/** The state of the page, created by App.svelte and passed to components by context. */
export class AppState {
  readonly language = new Language()
  readonly notices = new NoticesState()
  readonly ui = new UiState()
  readonly selection = new Selection()
  readonly announcer = new Announcer(this.language, (rows) => this.#showDone(rows))
  readonly queue: QueueState
  readonly queueTeams: QueueTeams
  readonly review: ReviewState
  readonly session: SessionState
  readonly settings: SettingsState
  readonly history: HistoryState
  readonly conditions: ConditionsState
  readonly deadline: DeadlineState
  readonly library: LibraryState
  readonly details: DetailsState
  readonly modelFacts: ModelFactsState
  readonly companions: CompanionsState
  readonly modelStatuses: ModelStatusesState
  readonly updates: UpdatesState
  readonly bulkEdit: BulkEditState
  readonly findModels: FindModelsState
  readonly workflow: WorkflowState
  readonly waitingFiles: WaitingFilesState
  readonly watchedFolders: WatchedFoldersState
  readonly diagnostics: DiagnosticsState
  readonly actions: Actions
  readonly servers: ServersState
  readonly departures: Departures
  /** Failures of most calls are shown as notices. */
  readonly bridge: Bridge
  readonly #afterDialog = createDialogDelay()

  constructor(ownBridge: Bridge, departures: Departures) {
    this.departures = departures
    const onfailure = (failure: Failure) => this.notices.failure(failure)
    const bridge = settledBridge(ownBridge, onfailure)
    this.bridge = bridge
    departures.attach(onfailure)
    this.queue = new QueueState(bridge, {
      row: (before, after) => this.#rowChanged(before, after),
      removed: (ids) => {
        this.actions.rowsRemoved(ids)
        this.#endDrop(ids)
      },
      totals: (totals, isNews) => this.announcer.totalsChanged(totals, isNews),
    })
    this.review = new ReviewState({
      bridge,
      notices: this.notices,
      queue: this.queue,
      ui: this.ui,
      onteam: (team) => void this.actions.chooseTeam(team),
      onapproved: (report) => {
        this.#report(report)
        this.showUploads(report.newIds?.slice(0, 1) ?? [])
      },
    })
    this.session = new SessionState(bridge, {
      paired: () => this.ui.show('uploads'),
      departed: () => departures.departed(),
    })
    this.queueTeams = new QueueTeams(this.queue, this.session)
    this.settings = new SettingsState(bridge, ({ locale }) => (this.language.locale = locale))
    this.history = new HistoryState(bridge)
    this.conditions = new ConditionsState(bridge)
    this.deadline = new DeadlineState(this)
    this.library = new LibraryState(this)
    this.details = new DetailsState(bridge)
    this.servers = new ServersState(this)
    this.modelFacts = new ModelFactsState(bridge)
    this.companions = new CompanionsState(bridge)
    this.modelStatuses = new ModelStatusesState(bridge)
    this.updates = new UpdatesState(bridge)
    this.bulkEdit = new BulkEditState(this.notices)
    this.findModels = new FindModelsState(this)
    this.workflow = new WorkflowState(this)
    this.waitingFiles = new WaitingFilesState(this)
    this.watchedFolders = new WatchedFoldersState(this)
    this.diagnostics = new DiagnosticsState(bridge)
    this.actions = new Actions(this)
  }

  readonly editUploads = (ids: readonly string[]) =>
    this.bulkEdit.open(ids, uploadSource(this.bridge, this.queue))

  /** Nothing is drawn before session and settings are loaded. */
  readonly isKnown = $derived.by(() => this.session.view !== null && this.settings.isKnown)

  /** What holds the whole queue, so that rows don't say that they wait for something else. */
  readonly queueConditions = $derived.by(() => ({
    allPaused: this.queue.allPaused,
    connectivity: this.queue.connectivity,
    hold: this.conditions.value?.hold?.kind ?? null,
  }))

  /** The state of the queue, as heading and status bar say it. */
  readonly queueText = $derived.by(() => {
    const { totals, allPaused, connectivity: line } = this.queue
    return this.language.queueText({ totals, allPaused, line }, this.conditions.value?.hold ?? null)
  })

  /** Nothing is tried again before the pause or the hold ends. */
  readonly isHeld = $derived.by(() => this.queueConditions.allPaused || this.queueConditions.hold !== null)

  /** Why session or settings could not be loaded, or null. */
  readonly loadFailure = $derived.by(
    () => (this.session.view === null ? this.session.loadFailure : null) ?? this.settings.loadFailure,
  )

  /** Loads session and settings again. */
  readonly reload = (): void => {
    void this.session.load()
    void this.settings.load()
  }

  /** Subscribes to all events and loads the initial state. Returns a function that unsubscribes. */
  start(): () => void {
    const stops = [
      this.language.watchMidnight(),
      this.settings.start(),
      this.session.start(),
      this.queue.start(),
      this.review.start(),
      this.details.start(),
      this.conditions.start(),
      this.deadline.start(),
      this.updates.start(),
      this.library.start(),
      this.modelStatuses.start(),
      this.diagnostics.start(),
      this.findModels.start(),
      this.workflow.start(),
      this.waitingFiles.start(),
      this.watchedFolders.start(),
      this.bridge.on('added', (report) => this.handleAdded(report)),
      this.bridge.on('reading', (view) => {
        if (view && !this.notices.reading) this.announcer.readingStarted()
        this.notices.reading = view
      }),
      this.bridge.on('command', (command) => this.#afterDialog(() => this.#runCommand(command))),
      this.bridge.on('reveal', (target) => this.#afterDialog(() => this.#reveal(target))),
    ]
    return () => stops.forEach((stop) => stop())
  }

  #rowChanged(before: UploadRow | undefined, after: UploadRow): void {
    this.announcer.rowChanged(before, after)
    this.actions.closeEditor(after)
    if (after.phase === 'registered') {
      this.#endDrop([after.id])
      this.actions.closeAnsweredQuestion()
    }
    const hasChanged = before?.phase !== after.phase || before.verification !== after.verification
    if (after.phase === 'registered' && hasChanged && this.ui.view === 'history') void this.history.refresh()
  }

  /** These uploads have ended or are gone. Says of a drop whose files the library had that nothing was sent. */
  #endDrop(ids: readonly string[]): void {
    const { newIds = [] } = this.notices.endDrop(ids, this.queue.openRow) ?? {}
    const rows = newIds.flatMap((id) => this.queue.rows.get(id) ?? [])
    const [first] = rows
    if (first && rows.every(({ already }) => already))
      this.notices.showWithAction({
        key: 'notice.already',
        params: { team: first.team.name },
        label: 'workflow.show',
        onaction: () => void this.actions.showInLibrary(rows),
      })
  }

  /** The end of a batch, with a way to its models. */
  #showDone(rows: readonly UploadRow[]): void {
    const isOneTeam = new Set(rows.map(({ team }) => team.id)).size === 1
    this.notices.showWithAction({
      ...batchDone(rows),
      label: isOneTeam ? 'notice.view' : 'workflow.show',
      onaction: () =>
        isOneTeam ? void this.actions.showInLibrary(rows) : this.showUploads(rows.map(({ id }) => id)),
      isAnnounced: true,
    })
  }

  /** Changes settings and shows a failure as a notice. Returns whether it succeeded. */
  async changeSettings(part: Partial<Settings>): Promise<boolean> {
    const failure = await this.settings.change(part)
    if (failure) this.notices.failure(failure)
    return failure === null
  }

  /** Whether undoing a drop would discard so much that it has to be confirmed. */
  readonly isUndoCostly = ({ newIds = [] }: AddReport): boolean =>
    isUndoCostly(newIds.flatMap((id) => this.queue.rows.get(id) ?? []))

  /** Asks on the rows whether a drop is to be cancelled, or an approval returned to the review. */
  confirmUndoAdd(report: AddReport): void {
    const { newIds = [] } = report
    const ids = newIds.filter((id) => this.queue.rows.has(id))
    // The review would cover the question; its files stay there.
    this.review.close()
    this.showUploads(ids)
    this.ui.confirmingIds = ids
    this.ui.confirmingApproval = report.isApproval ? report : null
  }

  #report(report: AddReport): void {
    this.notices.report(report)
    const { newIds = [] } = report
    // Small files may have been registered before they are reported.
    if (newIds.every((id) => this.queue.rows.get(id)?.phase === 'registered')) this.#endDrop(newIds)
  }

  /** Shows the report and opens the view that the added files belong to, if any. */
  handleAdded(report: AddReport): void {
    this.review.added(report)
    this.#report(report)
    const { workflow, hasFoundPlaces } = report
    if (workflow !== undefined) this.#afterDialog(() => void this.workflow.open(workflow))
    else if (hasFoundPlaces) this.#afterDialog(() => this.findModels.open())
  }

  /** Shows what a notification was about. */
  #reveal(target: PageTarget): void {
    // The review would cover it; its files stay there.
    this.review.close()
    const team = target.kind === 'library' ? this.session.readyChoiceFor(target.team) : null
    if (target.kind === 'library' && team) {
      this.ui.show('library')
      void this.library.reveal(team, target.modelIds)
      return
    }
    this.showUploads(target.kind === 'library' ? target.uploadIds : target.ids)
  }

  readonly showUploads = (ids: readonly string[]): void => {
    this.ui.show('uploads')
    if (ids.length === 0) return
    this.queue.search = ''
    this.queue.teamKey = null
    for (const id of ids) {
      const row = this.queue.rows.get(id)
      if (row) this.ui.setCollapsed(groupOf(row), false)
    }
    this.ui.revealedIds = ids
  }

  #runCommand(command: PageCommand): void {
    const { actions, ui } = this
    const handlers: Record<PageCommand, () => void> = {
      'choose-files': () => void actions.chooseFiles('files'),
      'choose-folder': () => void actions.chooseFiles('folder'),
      'show-settings': () => ui.show('settings'),
      'show-library': () => ui.show('library'),
      'show-history': () => ui.show('history'),
      'show-places': () => this.findModels.open(),
      'show-help': () => ui.show('help'),
      'show-shortcuts': () => (ui.areShortcutsShown = true),
      'show-uploads': () => ui.show('uploads'),
      find: () => ui.openSearch(),
      'check-updates': () => this.#checkUpdates(),
      'check-connection': () => this.checkConnection(),
    }
    // Another view would open behind the sheet; the files stay in review.
    if (!commandsWithinView.has(command)) this.review.close()
    handlers[command]()
  }

  /** Where updates are managed by a package manager, the settings say so and nothing is checked. */
  #checkUpdates(): void {
    this.ui.show('settings')
    this.ui.mustShowUpdates = true
    if (this.updates.value.kind !== 'off') void this.updates.check()
  }

  /** Opens Troubleshooting, and checks the connection unless it is being checked. */
  checkConnection(): void {
    this.ui.show('help')
    if (!this.diagnostics.isChecking) void this.diagnostics.checkConnection()
  }
}

export const [getAppState, setAppState] = createContext<AppState>()
