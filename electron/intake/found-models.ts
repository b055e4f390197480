import type { Accounts } from '../accounts/accounts.ts'
import type { TeamChoice } from '../contract/account.ts'
import { failed, failure, type Result } from '../contract/failures.ts'
import type { AddReport } from '../contract/uploads.ts'
import type { FileWithTarget } from '../discovery/places/file-with-target.ts'
import type { UploadStore } from '../journal/upload-store.ts'
import { accountsOfPerson } from './adopt-uploads.ts'
import type { Intake } from './enqueue.ts'
import type { TeamForFiles } from './waiting-files.ts'

/** What finding models on this computer uses of the uploads. */
export interface FoundModelsIntake {
  /** The team for what the user adds in the window, if it is decided. */
  chosenTeam(): TeamChoice | null
  /** Paths of a team's uploads that are not in the library yet, in the queues of all processes. */
  queuedPathsOf(choice: TeamChoice): readonly string[]
  /** Uploads found files to a team that was confirmed; without one it adds them to the review. */
  enqueueFound(files: readonly FileWithTarget[], confirmedTeam: TeamChoice | null): Promise<Result<AddReport>>
  /** Whether added files are reviewed at all. */
  isReviewed(): boolean
}

export function createFoundModelsIntake(services: {
  readonly findTeam: (isTeamShown: boolean) => TeamForFiles | null
  readonly isReviewed: () => boolean
  readonly accounts: Pick<Accounts, 'list'>
  readonly store: Pick<UploadStore, 'queuedPathsOf'>
  readonly intake: Pick<Intake, 'enqueuePlaced'>
}): FoundModelsIntake {
  const { findTeam, isReviewed, accounts, store, intake } = services
  return {
    isReviewed,
    chosenTeam() {
      const team = findTeam(true)
      return team?.isUndecided ? null : team
    },
    queuedPathsOf: ({ accountId, teamId }) =>
      store.queuedPathsOf({ accountIds: accountsOfPerson(accounts.list(), accountId), teamId }),
    async enqueueFound(files, confirmedTeam) {
      if (confirmedTeam) return intake.enqueuePlaced(files, { team: confirmedTeam, review: 'confirmed' })
      const team = findTeam(true)
      if (!team) return failed(failure('no-team'))
      return intake.enqueuePlaced(files, { team, review: 'first', isFound: true })
    },
  }
}
