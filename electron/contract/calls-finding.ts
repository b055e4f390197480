import * as v from 'valibot'
import { call, id, nothing, type CallTable } from './call.ts'
import type { FindingView, WorkflowView } from './discovery.ts'
import type { AddReport } from './uploads.ts'

const modelType = v.nullable(v.pipe(v.string(), v.maxLength(200)))

/** Models on this computer: in the usual places, and those that a workflow names. Ids stand for paths, which stay in main. */
export const findingCalls = {
  /** Begins to look, unless it is looking or has looked; how it goes on is told by `finding`. */
  findPlaces: call<FindingView>()('engine', v.strictObject({ again: v.boolean() })),
  stopFinding: call<void>()('engine', nothing),
  /** Adds what was found, once a native dialog was agreed to; null when it was not, and nothing has changed. */
  addPlaces: call<AddReport | null>()(
    'desktop',
    v.strictObject({
      chosen: v.pipe(
        v.array(v.strictObject({ id, modelTypes: v.pipe(v.array(modelType), v.maxLength(500)) })),
        v.maxLength(500),
      ),
    }),
  ),
  /** What a workflow needs, or null when it is not known any more; how it goes on is told by `workflow`. */
  workflow: call<WorkflowView | null>()('engine', v.strictObject({ id })),
  closeWorkflow: call<void>()('engine', v.strictObject({ id })),
  /**
   * Queues what was found on this computer, under the type and path by which the workflow will look for it. Unless the person
   * has picked each file, a native dialog asks first; null when it was not agreed to.
   */
  sendNeeds: call<AddReport | null>()(
    'desktop',
    v.strictObject({ id, needs: v.pipe(v.array(id), v.maxLength(1_000)) }),
  ),
  /** Opens the native picker for a folder in which all that is missing is looked for; a cancelled picker changes nothing. */
  lookInFolder: call<WorkflowView | null>()('desktop', v.strictObject({ id })),
  /** Opens the native picker for a model that was not found; a cancelled picker changes nothing. */
  locateNeed: call<WorkflowView | null>()('desktop', v.strictObject({ id, need: id })),
} satisfies CallTable
