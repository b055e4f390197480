import type { Conditions } from '../../electron/contract/conditions.ts'

/** On mains power and a connection of unknown kind, with nothing that holds or limits the queue. */
export const idleConditions: Conditions = {
  hold: null,
  overridden: null,
  limit: { bytesPerSecond: null, isFromQuietHours: false, untilMs: null },
  power: { isOnBattery: false, percent: null },
  network: { metered: 'unknown', line: null },
  whenDone: 'nothing',
  ending: null,
}
