import { createContext } from 'svelte'
import type { Bridge, PageCommand } from '../../electron/contract/calls.ts'
import type { Failure } from '../../electron/contract/failures.ts'
import type { Settings } from '../../electron/contract/settings.ts'
import type { AddReport, UploadRow } from '../../electron/contract/uploads.ts'
import { Actions } from './actions.ts'
import { ConditionsState } from './conditions-state.svelte.ts'
import { Announcer } from './announcer.svelte.ts'
import { BulkEdit } from '../uploads/bulk-edit/bulk-edit-state.svelte.ts'
import { DetailsState } from '../uploads/details/details-state.svelte.ts'
import { Diagnostics } from '../diagnostics/diagnostics-state.svelte.ts'
import { HistoryState } from '../history/history-state.svelte.ts'
import { Language } from './language.svelte.ts'
import { ModelFactsState } from '../uploads/details/model-facts-state.svelte.ts'
import { LibraryState } from '../library/library-state.svelte.ts'
import { Notices } from '../ui/notices-state.svelte.ts'
import { PlacesState } from '../discovery/find-models-state.svelte.ts'
import { QueueState } from '../uploads/queue-state.svelte.ts'
import { Selection } from '../ui/list/selection.svelte.ts'
import { SessionState } from '../sign-in/session-state.svelte.ts'
import { ServersState } from '../settings/servers-state.svelte.ts'
import { SettingsState } from '../settings/settings-state.svelte.ts'
import { WatchingState } from '../discovery/watched-folders-state.svelte.ts'
import { WorkflowState } from '../discovery/workflow-state.svelte.ts'
import { UiState } from './ui-state.svelte.ts'
import { UpdateNews } from '../settings/updates-state.svelte.ts'

/** All state of the page, made once by App.svelte and handed to components by context. */
export class Page {
  readonly language = new Language()
  readonly notices = new Notices()
  readonly ui = new UiState()
  readonly selection = new Selection()
  readonly announcer = new Announcer(this.language)
  readonly queue: QueueState
  readonly session: SessionState
  readonly settings: SettingsState
  readonly history: HistoryState
  readonly conditions: ConditionsState
  readonly library: LibraryState
  readonly details: DetailsState
  readonly modelFacts: ModelFactsState
  readonly update: UpdateNews
  readonly bulkEdit: BulkEdit
  readonly places: PlacesState
  readonly workflow: WorkflowState
  readonly watching: WatchingState
  readonly diagnostics: Diagnostics
  readonly actions: Actions
  readonly servers: ServersState
  readonly #bridge: Bridge

  constructor(bridge: Bridge) {
    this.#bridge = bridge
    this.queue = new QueueState(bridge, {
      row: (before, after) => this.#rowChanged(before, after),
      totals: (totals, isNews) => this.announcer.totalsChanged(totals, isNews),
    })
    this.session = new SessionState(bridge, () => this.ui.show('uploads'))
    this.settings = new SettingsState(bridge, ({ locale }) => (this.language.locale = locale))
    this.history = new HistoryState(bridge)
    const failed = (failure: Failure) => this.notices.failure(failure)
    this.conditions = new ConditionsState(bridge, failed)
    this.library = new LibraryState(bridge, () => this.notices.t('library.unlisted'))
    this.details = new DetailsState(bridge)
    this.servers = new ServersState({
      bridge,
      notices: this.notices,
      session: this.session,
      settings: this.settings,
    })
    this.modelFacts = new ModelFactsState(bridge)
    this.update = new UpdateNews(bridge, failed)
    this.bulkEdit = new BulkEdit(bridge, this.queue, this.notices)
    this.places = new PlacesState(bridge, this.notices, this.ui)
    this.workflow = new WorkflowState(bridge, this.notices, this.ui)
    this.watching = new WatchingState(bridge, this.notices)
    this.diagnostics = new Diagnostics(bridge, failed)
    this.actions = new Actions({
      bridge,
      history: this.history,
      notices: this.notices,
      queue: this.queue,
      session: this.session,
      settings: this.settings,
      ui: this.ui,
      took: (report) => this.#took(report),
    })
  }

  /** Nothing can be drawn truthfully before these are known. */
  readonly isKnown = $derived.by(() => this.session.view !== null && this.settings.isKnown)

  /** Subscribes to everything and asks for it. The answer ends it. */
  begin(): () => void {
    const stops = [
      this.language.begin(),
      this.settings.begin(),
      this.session.begin(),
      this.queue.begin(),
      this.details.begin(),
      this.conditions.begin(),
      this.update.begin(),
      this.library.begin(),
      this.diagnostics.begin(),
      this.places.begin(),
      this.workflow.begin(),
      this.watching.begin(),
      this.#bridge.on('added', (report) => this.#took(report)),
      this.#bridge.on('command', (command) => this.#obey(command)),
    ]
    return () => stops.forEach((stop) => stop())
  }

  #rowChanged(before: UploadRow | undefined, after: UploadRow): void {
    this.announcer.rowChanged(before, after)
    this.actions.closeEditor(after)
    const isFinished = after.phase === 'registered' && before?.phase !== 'registered'
    if (isFinished && this.ui.view === 'history') void this.history.refresh()
  }

  /** Changes settings; a failure is shown as a notice, since no field stands for it. */
  async change(part: Partial<Settings>): Promise<void> {
    const failure = await this.settings.change(part)
    if (failure) this.notices.failure(failure)
  }

  /** Whatever was dropped: what became of it is told, and what it opened is shown. */
  #took(report: AddReport): void {
    this.notices.report(report)
    if (report.workflow !== undefined) void this.workflow.open(report.workflow)
    else if (report.hasFoundPlaces) this.places.open()
  }

  #obey(command: PageCommand): void {
    const { actions, ui } = this
    const doings: Record<PageCommand, () => void> = {
      'choose-files': () => void actions.choose('files'),
      'choose-folder': () => void actions.choose('folder'),
      'show-settings': () => ui.show('settings'),
      'show-history': () => ui.show('history'),
      'show-uploads': () => ui.show('uploads'),
      find: () => ui.find(),
      'check-updates': () => this.#checkUpdates(),
      'check-connection': () => this.#checkConnection(),
    }
    doings[command]()
  }

  /** An app that is kept up to date by others says so where it would say the rest. */
  #checkUpdates(): void {
    this.ui.show('settings')
    this.ui.looksForUpdate += 1
    if (this.update.value.kind !== 'off') void this.update.check()
  }

  #checkConnection(): void {
    this.ui.show('help')
    if (!this.diagnostics.isLooking) void this.diagnostics.look()
  }
}

export const [getPage, setPage] = createContext<Page>()
