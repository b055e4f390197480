import type { Accounts } from '../accounts/accounts.ts'
import { failed, failure } from '../contract/failures.ts'
import type { ModelFinderOptions } from '../discovery/places/model-finder.ts'
import type { UploadStore } from '../journal/upload-store.ts'
import { accountsOfPerson } from './continue-uploads.ts'
import type { Intake } from './enqueue.ts'
import type { TeamForFiles } from './waiting-files.ts'

/** What finding models on this computer uses of the uploads. */
export function createFoundModelsIntake(services: {
  readonly findTeam: (isTeamShown: boolean) => TeamForFiles | null
  readonly isReviewed: () => boolean
  readonly accounts: Pick<Accounts, 'list'>
  readonly store: Pick<UploadStore, 'queuedPathsOf'>
  readonly intake: Pick<Intake, 'enqueuePlaced'>
}): ModelFinderOptions['found'] {
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
