import * as v from 'valibot'
import { call, ids, teamChoice, type CallTable } from './call.ts'
import { replacedFate, type LibraryListing } from './library.ts'

const text = (most: number) => v.pipe(v.string(), v.maxLength(most))
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))
const modelId = v.pipe(v.string(), v.minLength(1), v.maxLength(400))

/** Lengths are those of `targetChange`; the server has the last word. */
const libraryChange = v.strictObject({
  displayName: v.exactOptional(text(1_000)),
  modelType: v.exactOptional(text(1_000)),
  modelPath: v.exactOptional(text(4_000)),
  status: v.exactOptional(v.picklist(['active', 'disabled'])),
})

/** What a team has in its library, and what to do where an upload meets it. */
export const libraryCalls = {
  /** All models of a team. `isFresh` asks the server in any case; else what is kept will do for some minutes. */
  library: call<LibraryListing>()('engine', v.strictObject({ choice: teamChoice, isFresh: v.boolean() })),
  changeModel: call<void>()('engine', v.strictObject({ choice: teamChoice, modelId, change: libraryChange })),
  /** Deletes the model's record. What becomes of its bytes in storage and on agents is not known. */
  deleteModel: call<void>()('engine', v.strictObject({ choice: teamChoice, modelId })),
  /** Whether a file with these bytes is known on this computer, and still there as it was. */
  hasLocalFile: call<boolean>()('engine', v.strictObject({ sha256 })),
  showLocalFile: call<void>()('desktop', v.strictObject({ sha256 })),
  /** Decides for uploads whose library path is taken; `path` is the new one of a single upload that is renamed. */
  decide: call<void>()(
    'engine',
    v.strictObject({
      ids,
      choice: v.picklist(['skip', 'rename', 'replace', 'keep-both']),
      fate: replacedFate,
      path: v.exactOptional(text(4_000)),
    }),
  ),
} satisfies CallTable
