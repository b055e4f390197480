import { success, type Result } from '../contract/failures.ts'
import type { LibraryModel } from '../contract/library.ts'
import type { PartMap } from '../contract/upload-details.ts'
import type { Environment } from '../platform/environment.ts'
import { createGroupCommits } from '../journal/group-commits.ts'
import type { PartsStore } from '../journal/parts-store.ts'
import {
  multipartOf,
  type Multipart,
  type RecordChange,
  type ReplacingState,
  type StoredState,
  type UploadState,
} from '../journal/upload-record.ts'
import type { RowEvent, Rows } from '../journal/rows.ts'
import type { UploadReport } from './run-upload.ts'
import type { StoredObject } from './send-session.ts'

/** The library already has the bytes: the upload is done and no more is sent. */
export interface DuplicateReport {
  duplicate(sha256: string, model: LibraryModel): Result<void>
}

/** Applies the reports of each run to its row, which writes them to the journal. */
export function createUploadReports(options: {
  readonly rows: Rows
  readonly parts: PartsStore
  readonly environment: Environment
  readonly followParts: (id: string, map: () => PartMap) => void
}): (id: string) => UploadReport & DuplicateReport {
  const { rows, parts, environment, followParts } = options
  const nextFinishTimeMs = increasingTime(environment)
  const applyEvent = createGroupCommits({
    write: (events: readonly RowEvent[]) => rows.applyEventsAfterFlush(events),
    environment,
  })
  return (id) => {
    const phase = () => rows.get(id)?.live.phase
    const currentState = (): UploadState | undefined => rows.get(id)?.record.state
    return {
      identityChanged: (identity) => rows.change(id, { identity }),
      opened: (multipart) => rows.change(id, { state: { kind: 'multipart-open', multipart } }),
      acknowledged: async (part, isWritten) => (isWritten ? parts.flush() : parts.add(id, part)),
      acknowledgedBefore: () => parts.list(id),
      sending() {
        if (phase() !== 'sending') rows.applyUnwrittenEvent(id, 'send', startedChange(currentState()))
      },
      finishing() {
        if (phase() !== 'finishing') rows.applyUnwrittenEvent(id, 'finish', {})
      },
      parts: (map) => followParts(id, map),
      progress: (progress) => rows.progress(id, progress),
      registering: (stored) =>
        applyEvent({
          id,
          event: 'register',
          change: { state: afterStoring(currentState(), stored), failure: null },
        }),
      registered(modelId) {
        const { storageKey, sha256, multipart } = requireStored(currentState())
        const finishedAtMs = nextFinishTimeMs()
        const verification = { kind: 'pending' } as const
        return applyEvent({
          id,
          event: 'registered',
          change: {
            state: { kind: 'registered', storageKey, sha256, multipart, modelId, finishedAtMs, verification },
            failure: null,
          },
        })
      },
      replacing: (replaces) => rows.change(id, { library: { ...rows.get(id)?.record.library, replaces } }),
      replaced(modelId) {
        const state = requireStored(currentState())
        // The identical object, so that nothing is written when a run repeats this step.
        if (state.kind === 'replacing' && state.modelId === modelId) return success(undefined)
        return rows.change(id, { state: { ...state, kind: 'replacing', modelId } })
      },
      duplicate(sha256, { id: modelId, displayName, modelPath, status }) {
        const already = { name: displayName, path: modelPath, status }
        const library = { ...rows.get(id)?.record.library, already }
        const state = { kind: 'duplicate', sha256, modelId, finishedAtMs: nextFinishTimeMs() } as const
        return rows.applyEvent(id, 'found', { state, library, failure: null })
      },
      sentBytes: () => rows.get(id)?.live.sentBytes ?? 0,
      countAttempt: () => rows.countAttempt(id),
    }
  }
}

function startedChange(state: UploadState | undefined): RecordChange {
  return state?.kind === 'queued' && !state.started ? { state: { kind: 'queued', started: true } } : {}
}

function afterStoring(
  before: UploadState | undefined,
  { storageKey, sha256, isUnsure }: StoredObject,
): StoredState | ReplacingState {
  const multipart = before ? multipartOf(before) : null
  const object = { storageKey, sha256, multipart: isUnsure ? multipart : withoutCompleting(multipart) }
  return before?.kind === 'replacing'
    ? { kind: 'replacing', ...object, modelId: before.modelId }
    : { kind: 'stored', ...object }
}

/** Storage has confirmed that it completed the upload. */
function withoutCompleting(multipart: Multipart | null): Multipart | null {
  if (!multipart?.completing) return multipart
  const { uploadId, storageKey, partSizeBytes } = multipart
  return { uploadId, storageKey, partSizeBytes }
}

function requireStored(state: UploadState | undefined): StoredState | ReplacingState {
  if (state?.kind === 'stored' || state?.kind === 'replacing') return state
  throw new Error(`an upload in state ${state?.kind} cannot be registered`)
}

/** A clock that is set back further than this was wrong before, in ms. */
const maxClockStepMs = 60_000

/**
 * No two uploads get the same time, since the history is paged by it; only a clock that was set back by more than a
 * minute may repeat one.
 */
function increasingTime({ now }: Environment): () => number {
  let lastMs = 0
  return () => {
    const nowMs = now()
    const isSmallStep = nowMs <= lastMs && lastMs - nowMs < maxClockStepMs
    return (lastMs = isSmallStep ? lastMs + 1 : nowMs)
  }
}
