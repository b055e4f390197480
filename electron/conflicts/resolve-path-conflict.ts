import { pathKey } from '../contract/library-path.ts'
import type { ReplacedFate } from '../contract/library.ts'
import type { Outcome } from '../journal/outcome.ts'
import { modelIdOf, onConflictOf, type RecordChange, type UploadRecord } from '../journal/upload-record.ts'
import type { Rows } from '../journal/rows.ts'
import type { ModelIndex } from '../library/model-index.ts'
import {
  findPathConflict,
  freeTarget,
  pathConflictFailure,
  usedPaths,
  type PathConflict,
} from './path-conflict.ts'

/**
 * `proceed`: the path is free, or the upload may take it. `wait`: another upload to the path runs first, so
 * the decision is applied once it has registered its model or stopped.
 */
export type PathResolution =
  | Outcome
  | { readonly kind: 'proceed' }
  | { readonly kind: 'wait'; readonly other: UploadRecord }

/** Applies what was decided for a taken path until no conflict is left. */
export function resolvePathConflict(
  options: {
    readonly rows: Rows
    readonly replacedFate: () => ReplacedFate
    readonly onSkipped: (record: UploadRecord) => void
    /** Uploads that run, without this one. */
    readonly passed: ReadonlySet<string>
  },
  id: string,
  models: ModelIndex,
): PathResolution {
  const { rows } = options
  for (;;) {
    const record = rows.get(id)?.record
    if (!record) return { kind: 'aborted' }
    const paths = usedPaths(models, rows, record)
    const conflict = findPathConflict(record, paths, true, options.passed)
    if (!conflict) return cancelOutdatedReplacement(rows, record, models)
    const policy = onConflictOf(record)
    const waitsForUpload = policy === 'replace' || policy === 'skip'
    if (waitsForUpload && conflict.with === 'upload') return { kind: 'wait', other: conflict.other }
    const change = changeFor(record, conflict, freeTarget(record.target, paths), options.replacedFate())
    if (change === 'skip') {
      const removed = rows.remove([id])
      if (!removed.ok) return { kind: 'failed', failure: removed.failure }
      options.onSkipped(record)
      return { kind: 'aborted' }
    }
    if (change === 'ask') return { kind: 'failed', failure: pathConflictFailure(record, conflict, paths) }
    const written = rows.change(id, change)
    if (!written.ok) return { kind: 'failed', failure: written.failure }
  }
}

/**
 * Cancels the replacement if the upload or the old model has another path now: a model whose place is not
 * taken must not be deleted. An unlisted model may be gone or the listing incomplete; the replacement itself
 * looks it up again.
 */
function cancelOutdatedReplacement(rows: Rows, record: UploadRecord, models: ModelIndex): PathResolution {
  const { replaces, ...library } = record.library ?? {}
  if (!replaces || modelIdOf(record.state) !== null) return { kind: 'proceed' }
  const currentPath = models.get(replaces.modelId)?.modelPath ?? replaces.path
  const isMoved = replaces.asidePath === null && currentPath !== replaces.path
  if (pathKey(replaces.path) === pathKey(record.target.modelPath) && !isMoved) return { kind: 'proceed' }
  const written = rows.change(record.id, { library })
  return written.ok ? { kind: 'proceed' } : { kind: 'failed', failure: written.failure }
}

function changeFor(
  record: UploadRecord,
  conflict: PathConflict,
  free: UploadRecord['target'],
  defaultFate: ReplacedFate,
): RecordChange | 'skip' | 'ask' {
  const { library = {}, target } = record
  switch (onConflictOf(record)) {
    case 'ask':
      return 'ask'
    case 'skip':
      return 'skip'
    case 'rename':
      return { target: { ...target, modelPath: free.modelPath } }
    case 'keep-both':
      return { target: free }
    case 'replace': {
      if (conflict.with === 'upload') return 'ask'
      const { id, displayName, modelPath } = conflict.model
      const path = modelPath ?? target.modelPath
      const fate = library.fate ?? defaultFate
      return {
        library: {
          ...library,
          replaces: { modelId: id, name: displayName || path, path, fate, asidePath: null },
        },
      }
    }
  }
}
