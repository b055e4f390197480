import type { Team, TeamChoice } from '../../contract/account.ts'
import { success, type Result } from '../../contract/failures.ts'
import type { UploadConfirmation } from '../../contract/discovery.ts'
import type { AddReport } from '../../contract/uploads.ts'
import type { FileWithTarget } from './file-with-target.ts'

/** Asks the user in a dialog whose text the page cannot change; true if the user agrees. */
export type ConfirmUpload = (question: UploadConfirmation) => Promise<boolean>

/** Puts files into the queue of a team, each with the part of its target that is known in advance. */
export type EnqueueFiles = (
  files: readonly FileWithTarget[],
  team: TeamChoice | null,
) => Promise<Result<AddReport>>

export interface UploadDestination {
  readonly choice: TeamChoice
  readonly team: Team
  /** Host of the team's server, with its port unless it is the default one. */
  readonly server: string
}

/**
 * Enqueues files that the app has found once the user has confirmed their number, team and server;
 * null if the user declines. Exactly the confirmed files are enqueued, even if the search or the selected
 * team changes meanwhile.
 */
export async function enqueueAfterConfirmation(
  files: readonly (FileWithTarget & { readonly sizeBytes: number })[],
  destination: UploadDestination | null,
  { confirm, enqueue }: { readonly confirm: ConfirmUpload; readonly enqueue: EnqueueFiles },
): Promise<Result<AddReport | null>> {
  // Without a team nothing can be sent; enqueueing reports that.
  if (destination === null) return enqueue(files, null)
  const { choice, team, server } = destination
  const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0)
  const isConfirmed = await confirm({ count: files.length, sizeBytes, team: team.name, server })
  return isConfirmed ? enqueue(files, choice) : success(null)
}
