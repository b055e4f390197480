import { EventEmitter } from 'node:events'
import type { Account, SessionView } from '../contract/account.ts'
import type { FoundPlacesView, WorkflowView } from '../contract/discovery.ts'
import type { LibraryUpdate } from '../contract/library.ts'
import type { ReviewView } from '../contract/review.ts'
import type { TransferSpeed, UploadDetails } from '../contract/upload-details.ts'
import type {
  AddReport,
  ConnectivityState,
  Patch,
  ReadingView,
  UploadRow,
  WaitingFilesView,
} from '../contract/uploads.ts'
import type { Verification } from '../contract/verification.ts'
import type { WatchedFoldersView } from '../contract/watched-folders.ts'

/** Events from the engine to the desktop and the command line, emitted after the change. */
export interface EngineEvents {
  patch: [patch: Patch]
  /** Once a second while something runs. */
  flow: [speed: TransferSpeed]
  /** Details of the upload that is watched (see the call `watch`). */
  details: [details: UploadDetails]
  session: [session: SessionView]
  library: [update: LibraryUpdate]
  /** An upload was dropped because its library path is in use and the conflict setting says to skip it. */
  leftOut: [upload: Pick<UploadRow, 'id' | 'fileName' | 'accountId'>]
  /** Files that waited for a team were added, or a watched folder has links that were not followed. */
  added: [report: AddReport]
  /** Files that the user has added are being found and checked; null once that has ended. */
  reading: [view: ReadingView | null]
  waitingFiles: [view: WaitingFilesView]
  reviews: [views: readonly ReviewView[]]
  /** The record of a registered upload was compared with its file, or could not be; null if it was removed. */
  verified: [id: string, verification: Verification | null]
  finding: [view: FoundPlacesView]
  workflow: [view: WorkflowView]
  watching: [view: WatchedFoldersView]
  /** The computer woke up or has another network. */
  networkChanged: []
  /** Users have signed out, and nothing of their accounts is kept in memory any more. */
  departed: [isDeparted: (accountId: string) => boolean]
  /** Rows of these accounts become visible or hidden. */
  visibilityChanged: [accountIds: ReadonlySet<string>]
}

/** What services report to each other. A service emits; the composition root decides who listens. */
export interface InternalEvents {
  rowChanged: [id: string]
  bytesMoved: [bytes: number]
  /** Totals, pause or connectivity changed, though no single row did. */
  totalsChanged: []
  connectivity: [state: ConnectivityState]
  /** Uploads whose missing volume is back. */
  volumesBack: [ids: readonly string[]]
  /** These were rejected just now; files that are still being copied are rechecked. */
  rejected: [ids: readonly string[]]
  /** An upload has put its model into the library. */
  registered: [id: string]
  /** A model was deleted from the library by this app. */
  modelDeleted: [modelId: string]
  /** No upload runs any more. */
  queueIdle: []
  /** Storage or the library may hold something that no upload needs any more. */
  abandoned: []
  /** Files of this computer can be offered as companions (see `contract/companions.ts`). */
  companionsFound: []
  /** Files in review need companions that their team lacks. */
  companionsMissing: []
  /** The sign-in of an account turned out to be invalid during an upload or a request about its library. */
  signedOut: [accountId: string]
  /** A sign-in was added or removed; `lostId` is the account that was just lost, if any. */
  accountsChanged: [lostId: string | null]
  /** Users have signed out: what is kept of them in memory goes, `until` this resolves to whether it could. */
  departing: [departed: readonly Account[], until: (released: Promise<void>) => void]
  /** What belongs to an account was encrypted, deleted or decrypted. */
  sealingChanged: []
  /** A proxy asks for a login, or its state changed. */
  proxiesChanged: []
  /** A proxy has a login now. */
  proxyOpened: []
  /** An upload failed because a proxy asks for a login. */
  proxyRequired: []
  /** The server does not let an account do what an upload needs. */
  forbidden: []
}

export type EventHub = EventEmitter<EngineEvents & InternalEvents>

/** Emitting is synchronous and in the order of subscription; listeners must not throw. */
export function createEventHub(): EventHub {
  const hub: EventHub = new EventEmitter()
  // Every window, command and service subscribes once; the default limit of 10 is for finding leaks.
  hub.setMaxListeners(100)
  return hub
}
