import { isRecordWrong } from '../../contract/verification.ts'
import type { UploadRow } from '../../contract/uploads.ts'
import type { UploadContext } from '../command-context.ts'
import { exitCodes } from '../exit-codes.ts'

/**
 * Reports which multi-file models the library has completely, and ends the progress display. Returns the exit
 * code for ended uploads.
 */
export async function reportResult(
  rows: readonly UploadRow[],
  { engine, reporter }: Pick<UploadContext, 'engine' | 'reporter'>,
): Promise<number> {
  const models = new Map(rows.map((row) => [`${row.recognition.group?.key} ${row.team.id}`, row] as const))
  let areComplete = true
  for (const row of models.values()) {
    const status = row.recognition.group ? await engine.calls.modelStatus({ id: row.id }) : null
    if (!status?.ok || status.value === null) continue
    reporter.modelEnded(row, status.value)
    areComplete &&= status.value.presentCount === status.value.fileCount
  }
  reporter.finished()
  // Also one that was left in review.
  const failed = rows.filter(({ phase }) => phase !== 'registered')
  if (failed.some(({ failure }) => failure?.code === 'signed-out')) return exitCodes.notSignedIn
  const isAnyWrong = rows.some(({ verification }) => isRecordWrong(verification))
  return failed.length > 0 || isAnyWrong || !areComplete ? exitCodes.someFailed : exitCodes.ok
}
