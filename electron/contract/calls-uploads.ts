import * as v from 'valibot'
import { call, id, ids, nothing, paths, type CallTable } from './call.ts'
import type { UploadDetails } from './upload-details.ts'
import type { AddReport, HistoryPage, Snapshot } from './uploads.ts'

/** Lengths from openapi.yaml (DisplayName, ModelType); the path's own rule is checked where it can be explained. */
export const targetChange = v.strictObject({
  displayName: v.exactOptional(v.pipe(v.string(), v.maxLength(1_000))),
  modelType: v.exactOptional(v.pipe(v.string(), v.maxLength(1_000))),
  modelPath: v.exactOptional(v.pipe(v.string(), v.maxLength(4_000))),
})

/** The queue and the history. */
export const uploadCalls = {
  snapshot: call<Snapshot>()('engine', nothing),

  /** From the page: `{ files: File[] }`. The preload turns the files into paths. */
  addFiles: call<AddReport>()('engine', v.strictObject({ paths })),
  /** Opens the native picker; a cancelled picker answers an empty report. */
  chooseFiles: call<AddReport>()('desktop', v.strictObject({ what: v.picklist(['files', 'folder']) })),
  editTarget: call<void>()('engine', v.strictObject({ id, change: targetChange })),
  pause: call<void>()('engine', v.strictObject({ ids })),
  resume: call<void>()('engine', v.strictObject({ ids })),
  pauseAll: call<void>()('engine', nothing),
  /** Ends the pause of everything, and that of every file by itself. */
  resumeAll: call<void>()('engine', nothing),
  /** Stops it, removes what storage holds of it, takes the row away. */
  cancel: call<void>()('engine', v.strictObject({ ids })),
  /** The second yes to files that can run code when they are loaded; remembered with each of them. */
  allow: call<void>()('engine', v.strictObject({ ids })),
  retry: call<void>()('engine', v.strictObject({ ids })),
  moveToTop: call<void>()('engine', v.strictObject({ ids })),
  /** Takes finished rows out of the list. The history keeps them. */
  dismiss: call<void>()('engine', v.strictObject({ ids })),
  /** Takes finished rows out of the history, for good. Nothing in the library changes. */
  forget: call<void>()('engine', v.strictObject({ ids })),
  /**
   * From now on `details` of this upload are told, and of no other; null for none. Answers how it stands now, or null when
   * it is not in the queue.
   */
  watch: call<UploadDetails | null>()('engine', v.strictObject({ id: v.nullable(id) })),
  history: call<HistoryPage>()(
    'engine',
    v.strictObject({
      beforeMs: v.nullable(v.number()),
      search: v.pipe(v.string(), v.maxLength(200)),
      limit: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(500)),
    }),
  ),
} satisfies CallTable
