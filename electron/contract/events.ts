import type { SessionView, TeamChoice } from './account.ts'
import type { AppInfo } from './app-info.ts'
import type { Conditions } from './conditions.ts'
import type { DeadlineView } from './deadline.ts'
import type { ConnectionCheck } from './diagnostics.ts'
import type { FoundPlacesView, WorkflowView } from './discovery.ts'
import type { LibraryUpdate } from './library.ts'
import type { ReviewView } from './review.ts'
import type { Settings } from './settings.ts'
import type { StorageTest } from './storage-test.ts'
import type { UpdateState } from './updates.ts'
import type { TransferSpeed, UploadDetails } from './upload-details.ts'
import type { AddReport, Patch, ReadingView, WaitingFilesView } from './uploads.ts'
import type { WatchedFoldersView } from './watched-folders.ts'

/** A command from a native menu or the tray to the page. */
export type PageCommand =
  | 'choose-files'
  | 'choose-folder'
  | 'show-settings'
  | 'show-library'
  | 'show-history'
  | 'show-places'
  | 'show-help'
  | 'show-shortcuts'
  | 'show-uploads'
  | 'find'
  | 'check-updates'
  | 'check-connection'

/** What the page shows after a click on a notification. */
export type PageTarget =
  /** These rows; the list as it is if there are none. */
  | { readonly kind: 'uploads'; readonly ids: readonly string[] }
  /** Models of a team's library; their uploads if no sign-in has the team. */
  | {
      readonly kind: 'library'
      readonly team: TeamChoice
      readonly modelIds: readonly string[]
      readonly uploadIds: readonly string[]
    }

export const eventNames = [
  'patch',
  'flow',
  'details',
  'session',
  'library',
  'settings',
  'surroundings',
  'conditions',
  'deadline',
  'added',
  'reading',
  'waitingFiles',
  'reviews',
  'finding',
  'workflow',
  'watching',
  'command',
  'reveal',
  'update',
  'connection',
  'storageTest',
] as const
export type EventName = (typeof eventNames)[number]

/**
 * Events from main to the page. They report state, except for `command`, which is a click in a menu, and
 * `reveal`, which is a click on a notification.
 */
export interface Events {
  readonly patch: Patch
  readonly flow: TransferSpeed
  /** Of the upload given to the call `watch`. */
  readonly details: UploadDetails
  readonly session: SessionView
  readonly library: LibraryUpdate
  readonly settings: Settings
  readonly surroundings: AppInfo
  readonly conditions: Conditions
  readonly deadline: DeadlineView | null
  /**
   * Files that the page did not add just now: from outside the app, or after they waited for a team; also those that
   * were skipped after they had been queued.
   */
  readonly added: AddReport
  /** Ten times a second while files are found and checked, once that takes noticeable time; then null. */
  readonly reading: ReadingView | null
  readonly waitingFiles: WaitingFilesView
  readonly reviews: readonly ReviewView[]
  readonly finding: FoundPlacesView
  readonly workflow: WorkflowView
  readonly watching: WatchedFoldersView
  readonly command: PageCommand
  readonly reveal: PageTarget
  readonly update: UpdateState
  /** Sent after each step of a connection check. */
  readonly connection: ConnectionCheck
  readonly storageTest: StorageTest
}

export const eventChannel = (name: EventName) => `event:${name}`
