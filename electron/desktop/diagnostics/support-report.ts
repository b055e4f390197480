import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ReportSection, ConnectionCheck } from '../../contract/diagnostics.ts'
import type { Snapshot } from '../../contract/uploads.ts'
import type { Settings } from '../../contract/settings.ts'
import { logFileNames } from '../../platform/log.ts'
import { redact, redactText } from '../../platform/redact.ts'

/** In characters; the newest lines are kept, since they are the most relevant. */
const maxLogLength = 200_000

/** The data that a report is made from. */
export interface BundleSources {
  readonly versions: Readonly<Record<string, unknown>>
  readonly settings: Settings
  readonly snapshot: Snapshot
  readonly connection: ConnectionCheck | null
  readonly logFolder: string
}

/** The parts of a report, with secrets and the user's home folder redacted. */
export async function supportReportParts(sources: BundleSources): Promise<readonly ReportSection[]> {
  const { snapshot, connection } = sources
  const parts: ReportSection[] = [
    { name: 'versions', text: asText(sources.versions) },
    { name: 'settings', text: asText(withoutNetworkNames(sources.settings)) },
    { name: 'queue', text: asText(anonymousQueue(snapshot)) },
    {
      name: 'names',
      text: snapshot.rows.map(({ id, fileName }) => `${id}  ${redactText(fileName)}`).join('\n'),
    },
    { name: 'connection', text: connection === null ? '' : asText(connection) },
    { name: 'log', text: await newestLog(sources.logFolder) },
  ]
  return parts.filter(({ text }) => text.trim() !== '')
}

/** The report as one text, with a heading for each part. */
export function supportReportText(parts: readonly ReportSection[], atMs: number): string {
  const heading = `Modelferry, report of ${new Date(atMs).toISOString()}\n`
  return [heading, ...parts.map(({ name, text }) => `===== ${name} =====\n${text}\n`)].join('\n')
}

/** Only counts the known networks, since their names may reveal a location. */
function withoutNetworkNames({ lines, ...others }: Settings): object {
  return { ...others, lines: lines.length }
}

const asText = (value: unknown) => JSON.stringify(redact(value), null, 2)

/** The state of the uploads without names, paths, users or teams. */
function anonymousQueue({ rows, totals, allPaused, line }: Snapshot): object {
  return {
    totals,
    allPaused,
    line,
    rows: rows.map(({ id, phase, sizeBytes, sentBytes, failure, recognition }) => ({
      id,
      phase,
      sizeBytes,
      sentBytes,
      failure: failure?.code ?? null,
      format: recognition.format,
    })),
  }
}

/** The end of the log, across its files. Redacted again, since older versions redacted less. */
async function newestLog(folder: string): Promise<string> {
  const texts = await Promise.all(
    logFileNames.toReversed().map((name) => readFile(join(folder, name), 'utf8').catch(() => '')),
  )
  return redactText(
    texts
      .join('')
      .slice(-maxLogLength)
      .replace(/^[^\n]*\n/, (first) => (first.startsWith('{') ? first : '')),
  )
}
