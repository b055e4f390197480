import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BundlePiece, ConnectionCheck } from '../../contract/diagnostics.ts'
import type { Snapshot } from '../../contract/uploads.ts'
import type { Settings } from '../../contract/settings.ts'
import { logFileNames } from '../../platform/log.ts'
import { redact, redactText } from '../../platform/redact.ts'

/** The newest lines tell of the trouble at hand, and somebody has to read them. */
const longestLog = 200_000

/** What a report is put together from. */
export interface BundleSources {
  readonly versions: Readonly<Record<string, unknown>>
  readonly settings: Settings
  readonly snapshot: Snapshot
  readonly connection: ConnectionCheck | null
  readonly logFolder: string
}

/** The pieces of a report as they would be written; secrets and the person's folder are out of each. */
export async function supportReportParts(sources: BundleSources): Promise<readonly BundlePiece[]> {
  const { snapshot, connection } = sources
  const pieces: BundlePiece[] = [
    { name: 'versions', text: asText(sources.versions) },
    { name: 'settings', text: asText(withoutLines(sources.settings)) },
    { name: 'queue', text: asText(queueInNumbers(snapshot)) },
    {
      name: 'names',
      text: snapshot.rows.map(({ id, fileName }) => `${id}  ${redactText(fileName)}`).join('\n'),
    },
    { name: 'connection', text: connection === null ? '' : asText(connection) },
    { name: 'log', text: await newestLog(sources.logFolder) },
  ]
  return pieces.filter(({ text }) => text.trim() !== '')
}

/** The report as one text, each piece under its name. */
export function supportReportText(pieces: readonly BundlePiece[], atMs: number): string {
  const head = `Modelferry, report of ${new Date(atMs).toISOString()}\n`
  return [head, ...pieces.map(({ name, text }) => `===== ${name} =====\n${text}\n`)].join('\n')
}

/** The names of networks tell where a person is. */
function withoutLines({ lines, ...others }: Settings): object {
  return { ...others, lines: lines.length }
}

const asText = (value: unknown) => JSON.stringify(redact(value), null, 2)

/** How the uploads stand, without a name, a path, a person or a team. */
function queueInNumbers({ rows, totals, allPaused, line }: Snapshot): object {
  return {
    ...{ totals, allPaused, line },
    rows: rows.map(({ id, phase, sizeBytes, sentBytes, failure, recognition }) => ({
      ...{ id, phase, sizeBytes, sentBytes },
      failure: failure?.code ?? null,
      format: recognition.format,
    })),
  }
}

/** The end of the log, across its files. It was written without secrets; older versions may have known fewer. */
async function newestLog(folder: string): Promise<string> {
  const texts = await Promise.all(
    logFileNames.toReversed().map((name) => readFile(join(folder, name), 'utf8').catch(() => '')),
  )
  return redactText(
    texts
      .join('')
      .slice(-longestLog)
      .replace(/^[^\n]*\n/, (first) => (first.startsWith('{') ? first : '')),
  )
}
