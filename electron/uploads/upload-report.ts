import type { Result } from '../contract/failures.ts'
import type { LibraryModel } from '../contract/library.ts'
import type { PartMap } from '../contract/upload-details.ts'
import type { Environment } from '../platform/environment.ts'
import { createGroupCommits } from '../journal/group-commits.ts'
import type { PartsStore } from '../journal/parts-store.ts'
import type { RecordChange } from '../journal/upload-record.ts'
import type { Rows } from '../journal/rows.ts'
import type { UploadReport } from './run-upload.ts'

/** The library has the bytes already: it is over, and nothing was sent. */
export interface FoundReport {
  found(sha256: string, model: LibraryModel): Result<void>
}

/** What each upload tells of itself goes to the rows, which write it down. */
export function createReports(options: {
  readonly rows: Rows
  readonly parts: PartsStore
  readonly environment: Environment
  readonly followParts: (id: string, map: () => PartMap) => void
}): (id: string) => UploadReport & FoundReport {
  const { rows, parts, environment, followParts } = options
  const finishTime = risingTime(environment)
  const happen = createGroupCommits({ write: rows.happenAll, environment })
  return (id) => {
    const phase = () => rows.get(id)?.live.phase
    return {
      foundAgain: (identity) => rows.change(id, { identity }),
      opened: (multipart) => rows.change(id, { multipart, started: true }),
      acknowledged: (part) => parts.add(id, part),
      acknowledgedBefore: () => parts.of(id),
      sending() {
        if (phase() !== 'sending') rows.happenUnwritten(id, 'send', { started: true })
      },
      finishing() {
        if (phase() !== 'finishing') rows.happenUnwritten(id, 'finish', {})
      },
      parts: (map) => followParts(id, map),
      progress: (progress) => rows.progress(id, progress),
      registering: ({ storageKey, sha256, isUnsure }) =>
        happen({
          ...{ id, event: 'register' },
          change: { storageKey, sha256, failure: null, ...(isUnsure ? {} : joinedForSure(rows, id)) },
        }),
      registered: (modelId) =>
        happen({
          ...{ id, event: 'registered' },
          change: { modelId, finishedAtMs: finishTime(), failure: null },
        }),
      replacing: (replaces) => rows.change(id, { library: { ...rows.get(id)?.record.library, replaces } }),
      replaced: (modelId) => rows.change(id, { modelId }),
      found(sha256, { id: modelId, displayName, modelPath, status }) {
        const already = { name: displayName, path: modelPath, status }
        const library = { ...rows.get(id)?.record.library, already }
        const finishedAtMs = finishTime()
        return rows.happen(id, 'found', { modelId, sha256, finishedAtMs, library, failure: null })
      },
      sentBytes: () => rows.get(id)?.live.sentBytes ?? 0,
      countAttempt: () => rows.countAttempt(id),
    }
  }
}

/** Storage said that it joined the parts: from here on nobody doubts that the object is there. */
function joinedForSure(rows: Rows, id: string): Pick<RecordChange, 'multipart'> {
  const multipart = rows.get(id)?.record.multipart
  if (!multipart?.completing) return {}
  const { uploadId, storageKey, partSizeBytes } = multipart
  return { multipart: { uploadId, storageKey, partSizeBytes } }
}

/** No two uploads finish in the same millisecond, since the history's pages are cut by this time. */
function risingTime({ now }: Environment): () => number {
  let lastMs = 0
  return () => (lastMs = Math.max(now(), lastMs + 1))
}
