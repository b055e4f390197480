import {
  failureAsJson,
  isCopyOfOther,
  isoTime,
  libraryFailureAsJson,
  skippedAsJson,
  verificationAsJson,
  type Streams,
  type UploadReporter,
} from './output.ts'

/** Writes one JSON object per line and event; docs/json-output.md describes them. */
export function createJsonReporter(
  { out }: Pick<Streams, 'out'>,
  { quiet }: { readonly quiet: boolean },
): UploadReporter {
  const write = (event: string, members: object) => out.json({ event, ...members })
  return {
    signInDelayed: (reason, atMs) =>
      write('sign-in-delayed', { ...failureAsJson(reason, 'retrying'), retryAt: isoTime(atMs) }),
    queued: (row) =>
      write('queued', {
        id: row.id,
        file: row.fileName,
        sizeBytes: row.sizeBytes,
        team: row.team.id,
        type: row.target.modelType,
        path: row.target.modelPath,
        name: row.target.displayName,
        group: row.recognition.group ?? null,
      }),
    skipped: (file) => write('skipped', skippedAsJson(file)),
    linksSkipped: (count) => write('links-skipped', { count }),
    notResumed: (upload) => write('left-out', upload),
    progress(changed) {
      if (quiet) return
      for (const row of changed) {
        write('progress', {
          id: row.id,
          phase: row.waitsForTurn ? 'waiting' : row.phase,
          sentBytes: row.sentBytes,
          inFlightBytes: row.inFlightBytes,
          sizeBytes: row.sizeBytes,
          bytesPerSecond: row.bytesPerSecond === null ? null : Math.round(row.bytesPerSecond),
          ...(row.pausing ? { finishingParts: row.pausing.finishingParts } : {}),
        })
      }
    },
    waiting: (row) =>
      write('waiting', {
        id: row.id,
        ...failureAsJson(row.failure, 'retrying'),
        retryAt: isoTime(row.retryAtMs),
      }),
    connectivity: (state) => write('line', { state }),
    held: (reason, row) => write('held', { reason, ...(row ? { id: row.id } : {}) }),
    registered: (row) =>
      write('registered', {
        id: row.id,
        model: row.modelId,
        file: row.fileName,
        team: row.team.id,
        path: row.target.modelPath,
        sha256: row.sha256,
        sizeBytes: row.sizeBytes,
      }),
    verified: (row, verification) =>
      write('verified', {
        id: row.id,
        model: row.modelId,
        file: row.fileName,
        ...verificationAsJson(verification),
      }),
    alreadyInLibrary: (row) =>
      write('already-there', {
        id: row.id,
        model: row.modelId,
        name: row.already?.name,
        file: row.fileName,
        team: row.team.id,
        path: row.already?.path,
        skippedPath: isCopyOfOther(row) ? row.target.modelPath : null,
        status: row.already?.status,
        sha256: row.sha256,
        sizeBytes: row.sizeBytes,
        sentBytes: row.sentBytes,
      }),
    libraryNotListed: (reason) => write('library-unlisted', libraryFailureAsJson(reason)),
    failed: (row) => write('failed', { id: row.id, file: row.fileName, ...failureAsJson(row.failure) }),
    modelEnded: ({ recognition, team }, { fileCount, presentCount, missing }) =>
      write('model', {
        group: recognition.group,
        team: team.id,
        complete: presentCount === fileCount,
        fileCount,
        presentCount,
        missing,
      }),
    pausing: ({ finishingParts, unacknowledgedBytes }) =>
      write('pausing', { finishingParts, unacknowledgedBytes }),
    stopped: (summary) => write('interrupted', summary),
    // Events are read by programs and written at once.
    suspendOutput: () => {},
    continueOutput: () => {},
    finished: () => {},
  }
}
