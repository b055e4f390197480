import { logDocumentOf } from '../../contract/upload-log.ts'
import { readUploadLogs, readUploadNames, type LoggedUpload } from '../../journal/journal-reader.ts'
import { toUploadRow } from '../../journal/row-view.ts'
import { logText } from '../../messages/log-text.ts'
import type { Command } from '../arguments.ts'
import { closestMatch } from '../closest-match.ts'
import { exitCodes } from '../exit-codes.ts'
import { describeFailure, isoTime, t, type Streams } from '../output/output.ts'

type LogCommand = Extract<Command, { readonly name: 'log' }>

/** Shows the log of an upload from the journal in `home`, which is only read. Returns the exit code. */
export function runLogCommand({ upload, json }: LogCommand, home: string, { out, err }: Streams): number {
  const found = readUploadLogs(home, upload)
  if (!found.ok) {
    err.line(describeFailure(found.failure))
    return exitCodes.someFailed
  }
  const [first, ...others] = found.value
  if (!first) {
    const similar = closestMatch(upload, readUploadNames(home))
    const hint = similar === null ? '' : ` Did you mean "${similar}"?`
    err.line(`No upload has the ID or name "${upload}".${hint}`)
    return exitCodes.someFailed
  }
  if (others.length > 0) {
    err.line(`${found.value.length} uploads have this name. Use the ID of one of them:`)
    for (const one of found.value) err.line(uploadLine(one))
    return exitCodes.someFailed
  }
  const document = logDocumentOf(toUploadRow(first.record, null), first.log)
  if (json) out.json(document)
  else for (const line of logText(document, t).trimEnd().split('\n')) out.line(line)
  return exitCodes.ok
}

const uploadLine = ({ record: { id, addedAtMs, phase, team } }: LoggedUpload) =>
  `${id}  ${isoTime(addedAtMs)}  ${phase.padEnd(10)}  ${team.name || 'no team yet'}`
