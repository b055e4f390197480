import * as v from 'valibot'
import { call, id, type CallTable } from './call.ts'
import type { ModelFacts, Preview } from './recognition.ts'

/** What a row's file says of itself: read from the file when asked, so that a list of 10,000 rows carries none of it. */
export const recognitionCalls = {
  /** Null when the file can't be read any more, or the row is not known. */
  modelFacts: call<{ readonly facts: ModelFacts; readonly preview: Preview | null } | null>()(
    'engine',
    v.strictObject({ id }),
  ),
} satisfies CallTable
