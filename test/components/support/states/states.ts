import { accountStates } from './account-states.ts'
import { detailsStates } from './details-states.ts'
import { reviewStates } from './review-states.ts'
import { settingsStates } from './settings-states.ts'
import type { States } from './state.ts'
import { listStates, overlayStates } from './upload-states.ts'
import { discoveryStates, historyStates, libraryStates } from './view-states.ts'

/** Every view of the page in each of its states. */
export const states: States = {
  ...accountStates,
  ...listStates,
  ...overlayStates,
  ...detailsStates,
  ...reviewStates,
  ...libraryStates,
  ...historyStates,
  ...discoveryStates,
  ...settingsStates,
}
