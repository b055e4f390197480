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
  // A file that was skipped because of a path conflict has no upload any more.
  const ended = rows.filter(({ phase }) => phase === 'registered' || phase === 'failed')
  const models = new Map(ended.map((row) => [`${row.recognition.group?.key} ${row.team.id}`, row] as const))
  let areComplete = true
  for (const row of models.values()) {
    const status = row.recognition.group ? await engine.calls.modelStatus({ id: row.id }) : null
    if (!status?.ok || status.value === null) continue
    reporter.modelEnded(row, status.value)
    areComplete &&= status.value.presentCount === status.value.fileCount
  }
  reporter.finished()
  const failed = ended.filter(({ phase }) => phase === 'failed')
  if (failed.some(({ failure }) => failure?.code === 'signed-out')) return exitCodes.notSignedIn
  const isAnyWrong = ended.some(({ verification }) => isRecordWrong(verification))
  return failed.length > 0 || isAnyWrong || !areComplete ? exitCodes.someFailed : exitCodes.ok
}
