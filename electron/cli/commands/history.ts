import type { CallArgs } from '../../contract/calls.ts'
import { libraryPathOf, type UploadRow } from '../../contract/uploads.ts'
import { formatBytes } from '../../messages/format-size.ts'
import type { Command } from '../arguments.ts'
import type { CommandContext } from '../command-context.ts'
import { exitCodes } from '../exit-codes.ts'
import { describeFailure, isoTime, verificationAsJson } from '../output/output.ts'

type HistoryCommand = Extract<Command, { readonly name: 'history' }>

/** The journal is read in pages of this many uploads. */
const pageSize = 500

/** Lists what was uploaded from this computer, latest first. Returns the exit code. */
export async function runHistoryCommand(
  { search, count, json }: HistoryCommand,
  { engine, streams: { out, err } }: Pick<CommandContext, 'engine' | 'streams'>,
): Promise<number> {
  let beforeMs: CallArgs<'history'>['beforeMs'] = null
  let left = count
  do {
    const page = await engine.calls.history({ beforeMs, search, limit: Math.min(pageSize, left) })
    if (!page.ok) {
      err.line(describeFailure(page.failure))
      return exitCodes.someFailed
    }
    for (const row of page.value.rows) {
      if (json) out.json(rowAsJson(row))
      else out.line(rowAsText(row))
    }
    left -= page.value.rows.length
    beforeMs = page.value.nextBeforeMs
  } while (left > 0 && beforeMs !== null)
  return exitCodes.ok
}

const rowAsText = (row: UploadRow) =>
  `${isoTime(row.finishedAtMs)}  ${formatBytes(row.sizeBytes, 'en').padStart(8)}  ${row.fileName} → ${row.team.name}: ${libraryPathOf(row)}`

const rowAsJson = (row: UploadRow) => ({
  id: row.id,
  file: row.fileName,
  model: row.modelId,
  team: { id: row.team.id, name: row.team.name },
  type: row.target.modelType,
  path: libraryPathOf(row) || null,
  name: row.already?.name ?? row.target.displayName,
  sizeBytes: row.sizeBytes,
  sha256: row.sha256,
  finishedAt: isoTime(row.finishedAtMs),
  already: row.already !== undefined,
  ...(row.verification ? verificationAsJson(row.verification) : {}),
})
