import type { DatabaseSync } from 'node:sqlite'
import type { Accounts } from '../accounts/accounts.ts'
import { carrierOf } from '../accounts/upload-account.ts'
import type { Result } from '../contract/failures.ts'
import type { FindingView, WorkflowView } from '../contract/discovery.ts'
import type { AddReport } from '../contract/uploads.ts'
import type { WatchingView } from '../contract/watched-folders.ts'
import type { SessionView } from '../contract/account.ts'
import type { Finding } from '../discovery/places/find-models.ts'
import { openFinding, type Computer } from '../discovery/places/open-find-models.ts'
import type { Library } from '../library/library.ts'
import { openWatching } from '../discovery/watched-folders/open-watched-folders.ts'
import type { Watching } from '../discovery/watched-folders/watched-folders.ts'
import type { Choices } from '../journal/account-store.ts'
import { addPlaced } from '../intake/enqueue-placed.ts'
import type { WorkerFiles } from './transfer-services.ts'
import { createSentBefore } from '../journal/uploaded-before.ts'
import type { SignIns } from '../accounts/sign-ins.ts'
import { takeIn } from '../intake/enqueue.ts'

/** What is told of this computer's folders. */
export interface NearbyListener {
  session?(session: SessionView): void
  finding?(view: FindingView): void
  workflow?(view: WorkflowView): void
  watching?(view: WatchingView): void
}

/** Models on this computer, joined to the queue: found, named by workflows, and new in watched folders. */
export interface Nearby {
  readonly calls: Finding['calls'] & Watching['calls']
  /** What dropped workflows need, for whoever has no page. */
  readonly workflows: Finding['workflows']
  /** Watches a folder for a team from now on. */
  readonly watchFolder: Watching['addFor']
  /** Takes in what a person dropped or picked: workflows are opened, lists of folders read, the rest is added. */
  drop(paths: readonly string[]): Promise<Result<AddReport>>
  /** Adds what was found, once that is agreed to. */
  readonly addFound: Finding['addFound']
  /** Begins to watch. */
  start(): void
  close(): Promise<void>
}

export function openNearby(
  rooms: Parameters<typeof takeIn>[0] & {
    readonly accounts: Pick<Accounts, 'list'>
    readonly choices: Choices
    readonly database: DatabaseSync
    readonly library: Library
    readonly listeners: Set<NearbyListener>
    readonly signIns: SignIns
  },
  workers: WorkerFiles,
  computer: Computer | undefined,
): Nearby {
  const { signIns, database } = rooms
  const finding = openFinding({
    ...{ ...rooms, worker: workers.search, computer },
    resolve: (wanted) => signIns.resolve(wanted),
    sentBefore: createSentBefore(database),
    addPlaced: (placed, team) =>
      addPlaced(placed, (paths, adding) => takeIn(rooms, paths, adding), team ? { team } : {}),
  })
  const watching = openWatching({
    ...{ ...rooms, finding, worker: workers.watch },
    carrierFor({ accountId, teamId }) {
      const carrier = carrierOf(rooms.accounts.list(), { accountId, teamId, needsParts: false })
      return carrier && { accountId: carrier.id, teamId }
    },
    queue: (paths, team, signal) => takeIn(rooms, paths, { team, ...(signal ? { signal } : {}) }),
  })
  return {
    calls: { ...finding.calls, ...watching.calls },
    workflows: finding.workflows,
    watchFolder: watching.addFor,
    addFound: finding.addFound,
    drop: (paths) => finding.drop(paths, (rest) => takeIn(rooms, rest)),
    start: watching.start,
    async close() {
      await Promise.all([finding.close(), watching.close()])
    },
  }
}
