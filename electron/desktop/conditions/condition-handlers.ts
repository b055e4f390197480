import type { CallHandlers } from '../../contract/calls.ts'
import { success } from '../../contract/failures.ts'
import type { WhenDoneTracker } from '../power/when-done.ts'
import type { ConditionsTracker } from './conditions.ts'

/** The calls for pause reasons and for the action after the last upload. */
export function createConditionHandlers(
  conditions: Pick<ConditionsTracker, 'current' | 'sendAnyway'>,
  whenDone: Pick<WhenDoneTracker, 'set'>,
): Pick<CallHandlers, 'conditions' | 'sendAnyway' | 'setWhenDone'> {
  return {
    conditions: async () => success(conditions.current()),
    sendAnyway: async ({ isAlways }) => conditions.sendAnyway(isAlways),
    async setWhenDone({ whenDone: action }) {
      whenDone.set(action)
      return success(undefined)
    },
  }
}
