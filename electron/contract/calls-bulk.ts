import * as v from 'valibot'
import { call, id, type CallTable } from './call.ts'

/** A whole target; its own rules are checked where they can be explained. */
const wholeTarget = v.strictObject({
  displayName: v.pipe(v.string(), v.maxLength(1_000)),
  modelType: v.pipe(v.string(), v.maxLength(1_000)),
  modelPath: v.pipe(v.string(), v.maxLength(4_000)),
})

/** Many rows at once. */
export const bulkCalls = {
  /**
   * Gives many uploads new targets, all or none: one that the server would refuse refuses them all. Those that have begun
   * meanwhile keep theirs; the answer names the ones that were changed.
   */
  editTargets: call<readonly string[]>()(
    'engine',
    v.strictObject({
      changes: v.pipe(v.array(v.strictObject({ id, target: wholeTarget })), v.maxLength(100_000)),
    }),
  ),
} satisfies CallTable
