import type { TeamChoice } from '../../electron/contract/account.ts'
import type { Failure } from '../../electron/contract/failures.ts'
import type { LibraryModel } from '../../electron/contract/library.ts'
import type { Services } from '../app/services.ts'
import { libraryFailureReason, type LibraryOperation } from './library-failure-text.ts'

const teamName = ({ session }: Services, choice: TeamChoice) => session.teamOf(choice)?.name ?? ''

/** Operations on a team's models failed while another team was shown. */
export function reportUnseen(
  services: Services,
  choice: TeamChoice,
  of: LibraryOperation,
  failures: readonly Failure[],
): void {
  const [first] = failures
  if (!first) return
  const why = libraryFailureReason(first, of, services.language)
  const params = { team: teamName(services, choice), why, of, count: failures.length }
  services.notices.showError('library.failed-unseen', params)
}

/** A change of a team's models could not be undone. */
export function reportUndoFailure(
  services: Services,
  choice: TeamChoice,
  of: LibraryOperation,
  failure: Failure,
): void {
  const why = libraryFailureReason(failure, of, services.language)
  services.notices.showError('library.undo-failed', { team: teamName(services, choice), why })
}

/** These models are no longer in a library: their uploads are verified again, so that they no longer count. */
export function reportMissing(services: Services, choice: TeamChoice, modelIds: readonly string[]): void {
  const { bridge, notices, queue } = services
  notices.show('library.missing', { count: modelIds.length, team: teamName(services, choice) })
  const uploads = [...queue.allRows()].filter(
    ({ phase, modelId }) => phase === 'registered' && modelId !== null && modelIds.includes(modelId),
  )
  if (uploads.length > 0) void bridge.retry({ ids: uploads.map(({ id }) => id) })
}

/** These models were deleted from a team's library. */
export function reportDeleted(services: Services, choice: TeamChoice, models: readonly LibraryModel[]): void {
  const [{ displayName: name } = { displayName: '' }] = models
  services.notices.withdrawUndo()
  services.notices.show('library.deleted', { count: models.length, name, team: teamName(services, choice) })
}
