import type { CallHandlers } from '../../contract/calls.ts'
import type { Conditions, Hold } from '../../contract/conditions.ts'
import { success, type Result } from '../../contract/failures.ts'
import { withNetwork } from '../../contract/settings.ts'
import type { Environment } from '../../platform/environment.ts'
import type { SettingsStore } from '../../platform/settings.ts'
import type { Engine } from '../../engine/engine.ts'
import { unknownNetwork, type NetworkStatus } from '../network/network-status.ts'
import type { WhenDoneTracker } from '../power/when-done.ts'
import { activePauseReasons, currentSpeedLimit, isOverridden, type Override } from './pause-reasons.ts'

type ChangeListener = (conditions: Conditions, before: Conditions) => void

/** Tracks power, network and clock, and pauses or limits the uploads according to the settings. */
export interface ConditionsTracker {
  current(): Conditions
  /** Recomputes the conditions and applies them to the engine, after settings or the time have changed. */
  update(): void
  setNetwork(network: NetworkStatus): void
  setPower(power: Conditions['power']): void
  /**
   * Overrides the current pause reasons until they end; with `isAlways` a metered network is stored as
   * unmetered. Fails like a change of the settings.
   */
  sendAnyway(isAlways: boolean): Result<void>
  onChange(listener: ChangeListener): void
}

/** Upper bound for noticing that the clock was set or the time zone changed, in ms. */
const clockCheckIntervalMs = 10 * 60_000

export function createConditions(options: {
  readonly settings: Pick<SettingsStore, 'current' | 'change'>
  readonly engine: Engine
  readonly whenDone: Pick<WhenDoneTracker, 'current' | 'onChange'>
  readonly environment: Pick<Environment, 'now' | 'timers' | 'log'>
}): ConditionsTracker {
  const { settings, engine, whenDone, environment } = options
  const listeners: ChangeListener[] = []
  let network = unknownNetwork
  let power: Conditions['power'] = { isOnBattery: false, percent: null }
  let override: Override | null = null
  let reasons: readonly Hold[] = []
  let isHeld = false
  let cancelClockCheck = () => {}
  let current = compute()

  function compute(): Conditions {
    const nowMs = environment.now()
    reasons = activePauseReasons(settings.current(), { nowMs, power, network })
    const overridden = reasons.find((reason) => isOverridden(reason, override)) ?? null
    if (!overridden) override = null
    return {
      hold: reasons.find((reason) => !isOverridden(reason, override)) ?? null,
      overridden: overridden?.kind ?? null,
      limit: currentSpeedLimit(settings.current(), nowMs),
      power,
      network,
      ...whenDone.current(),
    }
  }

  function update(): void {
    const before = current
    current = compute()
    engine.applySettings({
      ...settings.current(),
      limitBytesPerSecond: current.limit.bytesPerSecond,
    })
    const shouldHold = current.hold !== null
    if (shouldHold !== isHeld) {
      isHeld = shouldHold
      environment.log.info(isHeld ? 'uploads paused' : 'uploads resumed', {
        reason: current.hold?.kind ?? 'none',
      })
      engine
        .hold(current.hold?.kind ?? null)
        .catch((error: unknown) => environment.log.error('the queue could not be held', { error }))
    }
    cancelClockCheck()
    const { untilMs } = current.limit
    if (untilMs !== null) {
      const delayMs = Math.min(untilMs - environment.now(), clockCheckIntervalMs)
      cancelClockCheck = environment.timers.after(delayMs, update)
    }
    if (JSON.stringify(current) === JSON.stringify(before)) return
    for (const listener of listeners) listener(current, before)
  }

  whenDone.onChange(update)
  return {
    current: () => current,
    update,
    setNetwork(next) {
      network = next
      update()
    },
    setPower(next) {
      power = next
      update()
    },
    sendAnyway(isAlways) {
      const { line } = network
      override = { reasons }
      const stored =
        isAlways && line && reasons.some(({ kind }) => kind === 'metered')
          ? settings.change({ lines: withNetwork(settings.current().lines, { ...line, isMetered: false }) })
          : success(undefined)
      update()
      return stored.ok ? success(undefined) : stored
    },
    onChange: (listener) => void listeners.push(listener),
  }
}

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
