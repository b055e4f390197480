import type { CallHandlers } from '../../contract/calls.ts'
import { success } from '../../contract/failures.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Environment } from '../../platform/environment.ts'
import type { SettingsStore } from '../../platform/settings.ts'
import type { ConditionsTracker } from '../conditions/conditions.ts'
import type { Notifications } from '../tray/notifications.ts'
import type { PageFeed } from '../window/page-feed.ts'
import { createDeadlineTracker } from './deadline.ts'

/** Follows the queue, the settings and the conditions, and reports the state of the deadline. */
export function setupDeadline(options: {
  readonly engine: Engine
  readonly settings: SettingsStore
  readonly conditions: Pick<ConditionsTracker, 'current' | 'onChange'>
  readonly notifications: Pick<Notifications, 'notifyDeadline'>
  readonly feed: Pick<PageFeed, 'sendEvent'>
  /** Fulfilled once the engine has restored the queue. */
  readonly started: Pick<PromiseWithResolvers<void>, 'promise'>
  readonly environment: Pick<Environment, 'now' | 'timers'>
}): Pick<CallHandlers, 'deadline'> {
  const { engine, settings, conditions, notifications, feed, started, environment } = options
  const tracker = createDeadlineTracker({
    settings,
    conditions: conditions.current,
    onChange: (view) => feed.sendEvent('deadline', view),
    onUnreachable: notifications.notifyDeadline,
    environment,
  })
  engine.subscribe({ patch: tracker.applyPatch })
  settings.onChange(tracker.update)
  conditions.onChange(tracker.update)
  void started.promise.then(() => tracker.restore(engine.snapshot()))
  return { deadline: async () => success(tracker.current()) }
}
