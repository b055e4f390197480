import { createDoneToday } from '../../feed/done-today.ts'
import { createFeed } from '../../feed/feed.ts'
import { createModelStatusReader } from '../../feed/model-status.ts'
import { createNetworkChangeMonitor } from '../../queue/network-changes.ts'
import type { Environment } from '../../platform/environment.ts'
import type { Base } from './base.ts'
import type { People } from './people.ts'
import type { Sending } from './sending.ts'
import type { Uploads } from './uploads.ts'

/** What the page and the command line see of the uploads. */
export type View = ReturnType<typeof createView>

export function createView(
  environment: Environment,
  areas: {
    readonly base: Base
    readonly people: People
    readonly uploads: Uploads
    readonly sending: Sending
  },
) {
  const { base } = areas
  const { events, store } = base
  const { hidden } = areas.people.signIns
  const { rows, library, details, transfer } = areas.uploads
  const { queue, hold, recovery } = areas.sending
  const accountOf = (id: string) => rows.get(id)?.record.accountId ?? ''
  const touched = () => events.emit('totalsChanged')
  const doneToday = createDoneToday({ rows, store, environment, hidden, touched })
  const feed = createFeed({
    // A command follows the uploads that it has asked for.
    view: (id) => (hidden().has(accountOf(id)) || !rows.get(id)?.live.isRequested ? null : rows.view(id)),
    ids: () => rows.ids(),
    conditions: () => ({
      allPaused: hold.isPausedByUser(),
      hold: hold.heldBy(),
      line: recovery.connectivity,
      isIncomplete: base.isIncomplete,
    }),
    journalSetAside: base.journalSetAside,
    unshownToday: () => doneToday.unshown(),
    requestSlots: transfer.requestSlots,
    limitBytesPerSecond: () => base.settings.limitBytesPerSecond,
    environment,
  })
  const networkChanges = createNetworkChangeMonitor({
    changed: () => events.emit('networkChanged'),
    environment,
  })

  events.on('rowChanged', feed.changed)
  events.on('bytesMoved', feed.moved)
  events.on('totalsChanged', feed.touched)
  events.on('connectivity', feed.touched)
  events.on('networkChanged', doneToday.checkDate)
  events.on('verified', (id) => {
    const relisted = doneToday.relist(id)
    if (!relisted.ok)
      environment.log.error('an upload can’t be listed again', { code: relisted.failure.code })
  })
  events.on('visibilityChanged', (accountIds) => {
    for (const id of rows.ids()) if (accountIds.has(accountOf(id))) feed.changed(id)
  })
  feed.subscribe({
    patch(patch) {
      events.emit('patch', patch)
      // Uploads of hidden accounts run too, but are not in the totals.
      networkChanges.setActive(queue.running.size > 0 || patch.totals.running + patch.totals.waiting > 0)
      // A finished row may leave the list only after its last patch was sent.
      doneToday.patchSent(patch)
    },
    flow(speed) {
      details.renew()
      events.emit('flow', speed)
    },
  })

  return {
    doneToday,
    feed,
    modelStatus: createModelStatusReader({ rows, store, library, environment }),
    close(): void {
      feed.close()
      doneToday.close()
      networkChanges.close()
    },
  }
}
