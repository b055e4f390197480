import * as v from 'valibot'
import { call, id, nothing, teamChoice, type CallTable } from './call.ts'
import type { AddReport } from './uploads.ts'
import type { WatchingView } from './watched-folders.ts'

/** Folders that are watched for new models. They are added by the native picker alone. */
export const watchingCalls = {
  watching: call<WatchingView>()('engine', nothing),
  /** Opens the native picker; a cancelled picker changes nothing. */
  watchFolder: call<WatchingView>()('desktop', v.strictObject({ team: teamChoice })),
  pauseWatched: call<WatchingView>()('engine', v.strictObject({ id, isPaused: v.boolean() })),
  /** What comes from now on, and what waits, goes to another team; what lay there stays as it was. */
  giveWatched: call<WatchingView>()('engine', v.strictObject({ id, team: teamChoice })),
  unwatch: call<WatchingView>()('engine', v.strictObject({ id })),
  /** Queues what lay in the folder when it was added. */
  sendOffered: call<AddReport>()('engine', v.strictObject({ id })),
  declineOffered: call<WatchingView>()('engine', v.strictObject({ id })),
} satisfies CallTable
