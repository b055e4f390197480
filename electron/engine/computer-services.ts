import type { DatabaseSync } from 'node:sqlite'
import type { Accounts } from '../accounts/accounts.ts'
import { findUploadAccount } from '../accounts/upload-account.ts'
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
import type { StoredChoices } from '../platform/environment.ts'
import { enqueuePlaced } from '../intake/enqueue-placed.ts'
import type { WorkerFiles } from './transfer-services.ts'
import { createUploadedBefore } from '../journal/uploaded-before.ts'
import type { SignIns } from '../accounts/sign-ins.ts'
import { enqueue } from '../intake/enqueue.ts'

/** What is told of this computer's folders. */
export interface DiscoveryListener {
  session?(session: SessionView): void
  finding?(view: FindingView): void
  workflow?(view: WorkflowView): void
  watching?(view: WatchingView): void
}

/** Models on this computer, joined to the queue: found, named by workflows, and new in watched folders. */
export interface DiscoveryServices {
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

export function openDiscoveryServices(
  services: Parameters<typeof enqueue>[0] & {
    readonly accounts: Pick<Accounts, 'list'>
    readonly choices: StoredChoices
    readonly database: DatabaseSync
    readonly library: Library
    readonly listeners: Set<DiscoveryListener>
    readonly signIns: SignIns
  },
  workers: WorkerFiles,
  computer: Computer | undefined,
): DiscoveryServices {
  const { signIns, database } = services
  const finding = openFinding({
    ...{ ...services, worker: workers.search, computer },
    resolve: (wanted) => signIns.resolve(wanted),
    sentBefore: createUploadedBefore(database),
    addPlaced: (placed, team) =>
      enqueuePlaced(placed, (paths, adding) => enqueue(services, paths, adding), team ? { team } : {}),
  })
  const watching = openWatching({
    ...{ ...services, finding, worker: workers.watch },
    carrierFor({ accountId, teamId }) {
      const account = findUploadAccount(services.accounts.list(), { accountId, teamId, needsParts: false })
      return account && { accountId: account.id, teamId }
    },
    queue: (paths, team, signal) => enqueue(services, paths, { team, ...(signal ? { signal } : {}) }),
  })
  return {
    calls: { ...finding.calls, ...watching.calls },
    workflows: finding.workflows,
    watchFolder: watching.addFor,
    addFound: finding.addFound,
    drop: (paths) => finding.drop(paths, (rest) => enqueue(services, rest)),
    start: watching.start,
    async close() {
      await Promise.all([finding.close(), watching.close()])
    },
  }
}
