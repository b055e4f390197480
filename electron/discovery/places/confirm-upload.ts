import type { Team, TeamChoice } from '../../contract/account.ts'
import { success, type Result } from '../../contract/failures.ts'
import type { UploadQuestion } from '../../contract/discovery.ts'
import type { AddReport } from '../../contract/uploads.ts'
import type { Placed } from './placed-file.ts'

/** Asks the person, in words that no page can change; true when they want it. */
export type Confirm = (question: UploadQuestion) => Promise<boolean>

/** Where files go. */
export interface Destination {
  readonly choice: TeamChoice
  readonly team: Team
  /** Host of the team's server, and its port if it has an unusual one. */
  readonly server: string
}

/**
 * Hands over files that the app itself has found, once the person has agreed to their number, team and server; null when
 * they don't. What is handed over is what was asked about, whatever is found or chosen meanwhile.
 */
export async function askBefore(
  files: readonly (Placed & { readonly sizeBytes: number })[],
  to: Destination | null,
  {
    confirm,
    take,
  }: {
    readonly confirm: Confirm
    readonly take: (placed: readonly Placed[], team: TeamChoice | null) => Promise<Result<AddReport>>
  },
): Promise<Result<AddReport | null>> {
  // Without a team there is nobody to send to; whoever takes them says so.
  if (to === null) return take(files, null)
  const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0)
  const isWanted = await confirm({ count: files.length, sizeBytes, team: to.team.name, server: to.server })
  return isWanted ? take(files, to.choice) : success(null)
}
