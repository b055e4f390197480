import { logDocumentOf } from '../../contract/upload-log.ts'
import { readUploadLogs, readUploadNames } from '../../journal/journal-reader.ts'
import { toUploadRow } from '../../journal/row-view.ts'
import { logText } from '../../messages/log-text.ts'
import type { Command } from '../arguments.ts'
import { exitCodes } from '../exit-codes.ts'
import { reportUnclear, uploadNaming } from '../find-named.ts'
import { describeFailure, t, type Streams } from '../output/output.ts'

type LogCommand = Extract<Command, { readonly name: 'log' }>

/** Shows the log of an upload from the journal in `home`, which is only read. Returns the exit code. */
export function runLogCommand({ upload, json }: LogCommand, home: string, { out, err }: Streams): number {
  const found = readUploadLogs(home, upload)
  if (!found.ok) {
    err.line(describeFailure(found.failure))
    return exitCodes.someFailed
  }
  const [first, ...others] = found.value
  if (!first || others.length > 0) {
    const matches = found.value.map(({ record }) => record)
    const knownNames = readUploadNames(home)
    reportUnclear(upload, { matches, knownNames, naming: uploadNaming }, err)
    return exitCodes.someFailed
  }
  const document = logDocumentOf(toUploadRow(first.record, null), first.log)
  if (json) out.json(document)
  else for (const line of logText(document, t).trimEnd().split('\n')) out.line(line)
  return exitCodes.ok
}
