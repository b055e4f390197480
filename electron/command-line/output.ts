import { sentenceOf, wordsIn } from '../contract/words.ts'
import type { Failure } from '../contract/errors.ts'
import type { UploadRow } from '../contract/model.ts'
import { formatBytes } from '../contract/size.ts'

/** Where the command line speaks to: results go to `out`, news for a person to `err`. */
export interface Streams {
  readonly out: { write(text: string): unknown }
  readonly err: { write(text: string): unknown; readonly isTTY?: boolean }
}

/** Tells what happens to uploads, as lines for a person or as JSON for a script. */
export interface Teller {
  queued(row: UploadRow): void
  skipped(name: string, reason: string): void
  moving(rows: readonly UploadRow[]): void
  waiting(row: UploadRow): void
  registered(row: UploadRow): void
  failed(row: UploadRow): void
  finished(): void
}

const words = wordsIn('en')

/** The sentence for a failure, with the server's own words after it. */
export function explain(failure: Failure): string {
  const sentence = sentenceOf(failure, words)
  return failure.detail ? `${sentence} (${failure.code}: ${failure.detail})` : `${sentence} (${failure.code})`
}

export function createJsonTeller({ out }: Streams): Teller {
  const line = (event: string, facts: object) => out.write(`${JSON.stringify({ event, ...facts })}\n`)
  return {
    queued: (row) =>
      line('queued', {
        id: row.id,
        file: row.fileName,
        sizeBytes: row.sizeBytes,
        team: row.team.id,
        type: row.target.modelType,
        path: row.target.modelPath,
        name: row.target.displayName,
      }),
    skipped: (file, reason) => line('skipped', { file, reason }),
    moving(rows) {
      for (const row of rows) {
        line('progress', {
          id: row.id,
          phase: row.phase,
          sentBytes: row.sentBytes,
          inFlightBytes: row.inFlightBytes,
          sizeBytes: row.sizeBytes,
          bytesPerSecond: row.bytesPerSecond === null ? null : Math.round(row.bytesPerSecond),
        })
      }
    },
    waiting: (row) => line('waiting', { id: row.id, ...told(row.failure), retryAt: isoTime(row.retryAtMs) }),
    registered: (row) =>
      line('registered', {
        id: row.id,
        model: row.modelId,
        file: row.fileName,
        team: row.team.id,
        path: row.target.modelPath,
        sha256: row.sha256,
        sizeBytes: row.sizeBytes,
      }),
    failed: (row) => line('failed', { id: row.id, file: row.fileName, ...told(row.failure) }),
    finished: () => {},
  }
}

const isoTime = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString())

function told(failure: Failure | null): object {
  if (failure === null) return {}
  return {
    code: failure.code,
    sentence: sentenceOf(failure, words),
    ...(failure.detail ? { detail: failure.detail } : {}),
  }
}

export function createLineTeller({ out, err }: Streams): Teller {
  let shown = ''
  /** The moving line is for eyes on a terminal only; a log file gets the events alone. */
  const show = (text: string) => {
    if (!err.isTTY || text === shown) return
    shown = text
    err.write(`\r\u001b[2K${text}`)
  }
  const say = (text: string) => {
    show('')
    out.write(`${text}\n`)
  }
  return {
    queued: (row) => say(`queued      ${row.fileName} → ${row.team.name}: ${row.target.modelPath}`),
    skipped: (name, reason) => say(`skipped     ${name} (${reason})`),
    moving(rows) {
      const total = rows.reduce((sum, row) => sum + row.sizeBytes, 0)
      const moved = rows.reduce((sum, row) => sum + row.sentBytes + row.inFlightBytes, 0)
      const speed = rows.reduce((sum, row) => sum + (row.bytesPerSecond ?? 0), 0)
      const names = rows.map((row) => row.fileName).join(', ')
      show(
        `${names}: ${formatBytes(moved, 'en')} of ${formatBytes(total, 'en')}, ${formatBytes(speed, 'en')}/s`,
      )
    },
    waiting: (row) => say(`waiting     ${row.fileName}: ${row.failure ? explain(row.failure) : ''}`),
    registered: (row) => say(`registered  ${row.fileName} → ${row.target.modelPath} (model ${row.modelId})`),
    failed: (row) => say(`failed      ${row.fileName}: ${row.failure ? explain(row.failure) : ''}`),
    finished: () => show(''),
  }
}
