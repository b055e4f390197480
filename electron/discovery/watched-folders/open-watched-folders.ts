import type { DatabaseSync } from 'node:sqlite'
import process from 'node:process'
import type { Team, TeamChoice } from '../../contract/account.ts'
import type { Result } from '../../contract/failures.ts'
import type { AddReport } from '../../contract/uploads.ts'
import type { Environment } from '../../platform/environment.ts'
import type { WatchingView } from '../../contract/watched-folders.ts'
import { createWatching, type Watching } from './watched-folders.ts'
import type { WatchPorts } from './watched-folder.ts'

interface WatchingListener {
  watching?(view: WatchingView): void
}

/** Watched folders, joined to who is signed in, to the queue and to what looks through disks. */
export function openWatching(services: {
  readonly database: DatabaseSync
  readonly worker: URL
  readonly environment: Environment
  readonly listeners: Set<WatchingListener & { session?(...words: never[]): void }>
  readonly finding: Pick<WatchPorts, 'walk' | 'weightsOf'> & {
    words(path: string): string
    remember(folder: string): void
  }
  readonly signIns: {
    resolve(choice: TeamChoice | null): { readonly accountId: string; readonly team: Team } | null
    hidden(): ReadonlySet<string>
  }
  /** Who can send for a team in somebody's name now: they, or another sign-in of the same person. */
  readonly carrierFor: (choice: TeamChoice) => TeamChoice | null
  readonly queue: (
    paths: readonly string[],
    team: TeamChoice,
    signal?: AbortSignal,
  ) => Promise<Result<AddReport>>
}): Watching {
  const { database, worker, environment, listeners, finding, signIns, queue } = services
  const watching = createWatching({
    ...{ database, worker, environment, platform: process.platform },
    ...{ walk: finding.walk, weightsOf: finding.weightsOf, words: finding.words, remember: finding.remember },
    resolve: (choice) => signIns.resolve(choice),
    hidden: () => signIns.hidden(),
    canSend: (accountId, team) => services.carrierFor({ accountId, teamId: team.id }) !== null,
    queue: (paths, { accountId, team }, signal) => {
      const choice = { accountId, teamId: team.id }
      return queue(paths, services.carrierFor(choice) ?? choice, signal)
    },
    told: (view) => listeners.forEach((listener) => listener.watching?.(view)),
  })
  listeners.add({ session: () => watching.sessionChanged() })
  return watching
}
