import { checkConflictsEarly } from '../../conflicts/early-check.ts'
import { MountQueue } from '../../discovery/scan/mounts.ts'
import { createTeamAdder } from '../../intake/add-to-team.ts'
import { createTeamCompanions } from '../../intake/companions/team-companions.ts'
import { Intake } from '../../intake/enqueue.ts'
import { Rechecks } from '../../intake/recheck-refused-files.ts'
import { createRestoration } from '../../intake/restore.ts'
import { reviewPolicyOf } from '../../intake/review/upload-policy.ts'
import { Review } from '../../intake/review/review.ts'
import { createTeamFinder } from '../../intake/waiting-files.ts'
import type { Environment } from '../../platform/environment.ts'
import type { Base } from './base.ts'
import type { People } from './people.ts'
import type { Control } from './control.ts'
import type { Sending } from './sending.ts'
import type { Uploads } from './uploads.ts'

/** How files become rows: inspected, compared with the team, reviewed and queued. */
export type Adding = ReturnType<typeof createAdding>

export function createAdding(
  environment: Environment,
  areas: {
    readonly base: Base
    readonly people: People
    readonly uploads: Uploads
    readonly sending: Sending
    readonly control: Control
  },
) {
  const { base } = areas
  const { events, store, hashCache } = base
  const { accounts, signIns } = areas.people
  const { rows, library, inspect, inspector, conflictSettings, transfer } = areas.uploads
  const { queue } = areas.sending
  const { commands, undo, corrections } = areas.control
  const { onConflict } = conflictSettings
  const reviewPolicy = () => reviewPolicyOf(base.settings)
  const checkConflicts = (ids: readonly string[]) =>
    void checkConflictsEarly({ rows, library, environment, queue, signal: base.stopping.signal }, ids)
  const teamCompanions = createTeamCompanions({ rows, store })
  const review = new Review({
    rows,
    environment,
    policy: reviewPolicy,
    resolve: signIns.resolve,
    isHidden: (accountId) => signIns.hidden().has(accountId),
    library,
    knownHash: ({ path, identity }) => hashCache.peek(path, identity),
    companions: teamCompanions,
    onCompanionsMissing: () => events.emit('companionsMissing'),
    queue,
    warmUp: () => transfer.workerPool.warm(),
    approved: checkConflicts,
    onConflict,
    inspectAgain: (ids) => void commands.retry(ids, review.mustReview),
    rememberApproval: undo.rememberApproval,
    onChange: (views) => events.emit('reviews', views),
    onSettled: (report) => events.emit('added', report),
  })
  // One for all, since its limit is that of the process.
  const mountQueue = new MountQueue(environment.timers)
  const { mustReview } = review
  const rechecks = new Rechecks({ rows, commands, mustReview, environment, mountQueue })
  const restoration = createRestoration({
    store,
    rows,
    queue,
    rechecks,
    runsQueue: () => base.runsQueue,
    onUnreadable: base.reportUnreadable,
    signal: base.stopping.signal,
  })
  const queueRestored = async () => {
    if (base.hasStarted) await restoration.all()
  }
  const intake = new Intake({
    rows,
    queue,
    accounts,
    commands,
    queueRestored,
    environment,
    inspect,
    resolveTeam: signIns.resolve,
    onConflict,
    typeOffers: corrections.offers,
    reviewPolicy,
    review,
    // In the order in which they are needed: each start takes a core.
    warmUp: () => [inspector, transfer.workerPool].forEach((threads) => threads.warm()),
    batchEnqueued: (ids) => rechecks.schedule(ids),
    enqueued: checkConflicts,
    rememberDrop: undo.rememberDrop,
  })

  events.on('rowChanged', (id) => review.rowChanged(id))
  events.on('rowChanged', (id) => rechecks.rowChanged(id))
  events.on('rejected', (ids) => rechecks.schedule(ids))
  events.on('networkChanged', () => rechecks.checkAll())
  for (const name of ['library', 'visibilityChanged', 'session'] as const)
    events.on(name, () => review.compareAgain())
  events.on('patch', ({ totals }) => review.speedMeasured(totals.bytesPerSecond))

  return {
    teamCompanions,
    review,
    mountQueue,
    rechecks,
    restoration,
    queueRestored,
    intake,
    /** Adds files of earlier uploads and of library models for another team too. */
    otherTeam: createTeamAdder({ store, rows, library, hashCache, signIns, intake, mountQueue, environment }),
    findTeam: createTeamFinder({ signIns, policy: reviewPolicy }),
    isReviewed: () => reviewPolicy().review !== 'never',
  }
}
