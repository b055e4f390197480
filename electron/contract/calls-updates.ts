import { call, nothing, type CallTable } from './call.ts'
import type { UpdateState } from './updates.ts'

/** A newer version of the app. Each call answers how it stands then; the event `update` tells what comes of it. */
export const updateCalls = {
  update: call<UpdateState>()('desktop', nothing),
  /** Looks now, whatever the settings say. */
  checkForUpdate: call<UpdateState>()('desktop', nothing),
  downloadUpdate: call<UpdateState>()('desktop', nothing),
  /** Stops what is being sent, lets the newer version take this one's place and starts it. */
  installUpdate: call<UpdateState>()('desktop', nothing),
  /** The notices of what others made and is in the app. */
  thirdPartyNotices: call<string>()('desktop', nothing),
} satisfies CallTable
