import type { Bridge } from '../../electron/contract/calls.ts'
import type { AddReport } from '../../electron/contract/uploads.ts'
import type { SessionState } from '../sign-in/session-state.svelte.ts'
import type { SettingsState } from '../settings/settings-state.svelte.ts'
import type { NoticesState } from '../ui/notices-state.svelte.ts'
import type { QueueState } from '../uploads/queue-state.svelte.ts'
import type { Language } from './language.svelte.ts'
import type { UiState } from './ui-state.svelte.ts'

/** What states of the page use of `AppState`, which has them. */
export interface Services {
  readonly bridge: Bridge
  readonly language: Language
  readonly notices: NoticesState
  readonly queue: QueueState
  readonly session: SessionState
  readonly settings: SettingsState
  readonly ui: UiState
  /** Shows the report of added files and the view that they belong to, if any. */
  handleAdded(report: AddReport): void
}
