import type { CallName } from '../../contract/calls.ts'
import type { EventName, Events } from '../../contract/events.ts'
import type { TransferSpeed, UploadDetails } from '../../contract/upload-details.ts'
import type { Patch, Snapshot, UploadRow } from '../../contract/uploads.ts'
import type { SendToPage } from '../ipc.ts'

export interface PageFeed {
  sendPatch(patch: Patch): void
  sendFlow(flow: TransferSpeed): void
  sendDetails(details: UploadDetails): void
  /**
   * Sends an event, or keeps it until the page listens; see `isStateEvent` for which of the kept events are
   * replaced.
   */
  sendEvent: <Name extends EventName>(name: Name, value: Events[Name]) => void
  /** The page starts to listen with its first snapshot. */
  callAnswered(name: CallName): void
  /** Returns the snapshot for the page. Rows that are still the same objects are left out of the next patch. */
  takeSnapshot(snapshot: Snapshot): Snapshot
  windowShown(): void
  /** The page is being loaded and does not listen. */
  pageLoading(): void
}

/**
 * Decides which events the page gets, and when. An invisible window gets no patches, and the latest one when
 * it is shown. If the page missed more than that one it notices the gap in the sequence and asks for a
 * snapshot.
 */
export function createPageFeed(options: {
  readonly send: SendToPage
  readonly isWindowVisible: () => boolean
}): PageFeed {
  const { send, isWindowVisible } = options
  let isListening = false
  let missedPatch: Patch | null = null
  /** The rows that the page got with its snapshot, until the next patch. */
  let snapshotRows: ReadonlySet<UploadRow> | null = null
  let missedFlow: TransferSpeed | null = null
  let missedDetails: UploadDetails | null = null
  /** Events from before the page listens, in order. */
  let pending: { readonly name: EventName; readonly deliver: () => void }[] = []

  /** After the start, the page has got all changed rows with its snapshot. */
  function withoutKnownRows(patch: Patch): Patch {
    if (snapshotRows === null) return patch
    const known = snapshotRows
    snapshotRows = null
    return { ...patch, changed: patch.changed.filter((row) => !known.has(row)) }
  }

  function forgetMissed(): void {
    missedPatch = null
    missedFlow = null
    missedDetails = null
  }

  return {
    sendFlow(flow) {
      if (!isListening) return
      if (isWindowVisible()) send('flow', flow)
      else missedFlow = flow
    },
    sendDetails(details) {
      if (!isListening) return
      if (isWindowVisible()) send('details', details)
      else missedDetails = details
    },
    sendPatch(patch) {
      // A page that does not listen yet starts with a snapshot that includes this patch.
      if (!isListening) return
      const rest = withoutKnownRows(patch)
      if (isWindowVisible() && send('patch', rest)) missedPatch = null
      else missedPatch = rest
    },
    sendEvent(name, value) {
      if (isListening) return void send(name, value)
      // The window may stay closed for weeks, so only the latest state is kept.
      if (isStateEvent(name)) pending = pending.filter((event) => event.name !== name)
      pending.push({ name, deliver: () => void send(name, value) })
    },
    takeSnapshot(snapshot) {
      snapshotRows = new Set(snapshot.rows)
      return snapshot
    },
    callAnswered(name) {
      if (name !== 'snapshot') return
      missedPatch = null
      if (isListening) return
      isListening = true
      for (const { deliver } of pending) deliver()
      pending = []
    },
    windowShown() {
      if (missedPatch !== null) send('patch', missedPatch)
      if (missedFlow !== null) send('flow', missedFlow)
      if (missedDetails !== null) send('details', missedDetails)
      forgetMissed()
    },
    pageLoading() {
      isListening = false
      snapshotRows = null
      forgetMissed()
    },
  }
}

/** True for events that describe a whole state, so that a newer one replaces an older one. */
const isStateEvent = (name: EventName) => name !== 'command' && name !== 'added'
