import type { Conditions, Hold } from '../../contract/conditions.ts'
import type { Environment } from '../../platform/environment.ts'
import type { Engine } from '../../engine/engine.ts'
import { activePauseReasons, isOverridden, currentSpeedLimit, type Override } from './pause-reasons.ts'
import { unknownNetwork, type NetworkStatus } from '../network/network-manager.ts'
import type { SettingsStore } from '../../platform/settings.ts'

/** Follows power, network and clock, and holds or limits the uploads as the person wants. */
export interface ConditionsTracker {
  current(): Conditions
  /** Settings, the clock or the countdown may have changed: works it out anew and passes it on. */
  update(): void
  setNetwork(network: NetworkStatus): void
  setPower(power: Conditions['power']): void
  /** Sets the reasons of this moment aside until they have ended; on a metered line for ever if told so. */
  sendAnyway(isAlways: boolean): void
}

/** A clock that is set, or a time zone that is left, is noticed after so long at most, in ms. */
const clockEveryMs = 10 * 60_000

export function createConditions(options: {
  readonly settings: Pick<SettingsStore, 'current' | 'change'>
  readonly engine: Pick<Engine, 'hold' | 'applySettings'>
  readonly whenDone: { readonly current: () => Pick<Conditions, 'whenDone' | 'ending'> }
  readonly changed: (conditions: Conditions, before: Conditions) => void
  readonly environment: Pick<Environment, 'now' | 'timers' | 'log'>
}): ConditionsTracker {
  const { settings, engine, whenDone, changed, environment } = options
  let network = unknownNetwork
  let power: Conditions['power'] = { isOnBattery: false, percent: null }
  let override: Override | null = null
  let holds: readonly Hold[] = []
  let isHeld = false
  let cancelClock = () => {}
  let current = workOut()

  function workOut(): Conditions {
    const wishes = settings.current()
    const nowMs = environment.now()
    holds = activePauseReasons(wishes, { nowMs, power, network })
    const overridden = holds.find((hold) => isOverridden(hold, override)) ?? null
    if (!overridden) override = null
    return {
      hold: holds.find((hold) => !isOverridden(hold, override)) ?? null,
      overridden: overridden?.kind ?? null,
      limit: currentSpeedLimit(wishes, nowMs),
      ...{ power, network },
      ...whenDone.current(),
    }
  }

  function look(): void {
    const before = current
    current = workOut()
    engine.applySettings({
      ...settings.current(),
      limitBytesPerSecond: current.limit.bytesPerSecond,
    })
    if ((current.hold !== null) !== isHeld) {
      isHeld = current.hold !== null
      environment.log.info(isHeld ? 'sending is held' : 'sending goes on', {
        by: current.hold?.kind ?? 'nothing',
      })
      engine
        .hold(isHeld)
        .catch((error: unknown) => environment.log.error('the queue could not be held', { error }))
    }
    cancelClock()
    const { untilMs } = current.limit
    if (untilMs !== null)
      cancelClock = environment.timers.after(Math.min(untilMs - environment.now(), clockEveryMs), look)
    if (JSON.stringify(current) !== JSON.stringify(before)) changed(current, before)
  }

  return {
    current: () => current,
    update: look,
    setNetwork(next) {
      network = next
      look()
    },
    setPower(next) {
      power = next
      look()
    },
    sendAnyway(isAlways) {
      const { line } = network
      override = { holds }
      if (isAlways && line && holds.some(({ kind }) => kind === 'metered')) {
        const others = settings.current().lines.filter(({ id }) => id !== line.id)
        settings.change({ lines: [...others, { ...line, isMetered: false }] })
      }
      look()
    },
  }
}
