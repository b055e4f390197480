import { isoTime, told, type Streams, type Teller } from './output.ts'

/** One JSON object a line for each thing that has become true; the shapes are in docs/command-line.md. */
export function createJsonTeller(
  { out }: Pick<Streams, 'out'>,
  { quiet }: { readonly quiet: boolean },
): Teller {
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
        group: row.recognition.group ?? null,
      }),
    skipped: (file, reason) => line('skipped', { file, reason }),
    leftOut: (upload) => line('left-out', upload),
    moving(changed) {
      if (quiet) return
      for (const row of changed) {
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
    line: (state) => line('line', { state }),
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
    already: (row) =>
      line('already-there', {
        id: row.id,
        model: row.modelId,
        name: row.already?.name,
        file: row.fileName,
        team: row.team.id,
        path: row.already?.path,
        status: row.already?.status,
        sha256: row.sha256,
        sizeBytes: row.sizeBytes,
        sentBytes: row.sentBytes,
      }),
    unlisted: (why) => line('library-unlisted', told(why)),
    failed: (row) => line('failed', { id: row.id, file: row.fileName, ...told(row.failure) }),
    stopped: (stop) => line('interrupted', stop),
    finished: () => {},
  }
}
