import type { TransferSpeed, UploadDetails } from '../contract/upload-details.ts'
import type { ConnectivityState, Patch } from '../contract/uploads.ts'
import type { Environment } from '../platform/environment.ts'
import { createDetails } from '../feed/details.ts'
import { createDoneToday } from '../feed/done-today.ts'
import { createFeed } from '../feed/feed.ts'
import { createRows } from '../journal/rows.ts'
import type { UploadStore } from '../journal/upload-store.ts'

export interface FeedServicesListener {
  patch(patch: Patch): void
  /** Once a second while something is under way. */
  flow(flow: TransferSpeed): void
  /** Of the upload that is watched (see the call `watch`). */
  details(details: UploadDetails): void
}

/** All that is told of uploads: the rows, the feed of what changes in them, the details of the one that is watched. */
export function openFeedServices(options: {
  readonly store: UploadStore
  readonly environment: Environment
  readonly requestSlots: { readonly inUse: number; readonly limit: number }
  readonly allPaused: () => boolean
  readonly line: () => ConnectivityState
  readonly journalSetAside: string | null
  /** Accounts whose rows are not shown. */
  readonly hidden: () => ReadonlySet<string>
  readonly listeners: Iterable<Partial<FeedServicesListener>>
}) {
  const { store, environment, requestSlots, allPaused, hidden, line, journalSetAside, listeners } = options
  const rows = createRows({
    ...{ store, environment },
    changed(id) {
      feed.changed(id)
      details.changed(id)
    },
    moved: (bytes) => feed.moved(bytes),
  })
  const visible = (id: string) => (hidden().has(rows.get(id)?.record.accountId ?? '') ? null : rows.view(id))
  const feed = createFeed({
    ...{ view: visible, ids: rows.ids, allPaused, line, journalSetAside, requestSlots, environment },
    unshownToday: () => doneToday.unshown(),
  })
  const doneToday = createDoneToday({ rows, store, environment, touched: () => feed.touched() })
  const details = createDetails({
    ...{ rowOf: rows.get, speedOf: rows.speedOf, acknowledged: store.parts.of, environment },
  })
  feed.subscribe({
    patch(patch) {
      for (const listener of listeners) listener.patch?.(patch)
      doneToday.told(patch)
    },
    flow(flow) {
      details.renew()
      for (const listener of listeners) listener.flow?.(flow)
    },
  })
  details.subscribe((news) => {
    for (const listener of listeners) listener.details?.(news)
  })
  return { rows, feed, details, doneToday }
}
