import { powerMonitor } from 'electron'
import process from 'node:process'
import type { Patch } from '../../contract/uploads.ts'
import type { Environment } from '../../platform/environment.ts'
import { runProgram } from '../../platform/run-program.ts'
import type { SettingsStore } from '../../platform/settings.ts'
import type { Engine } from '../../engine/engine.ts'
import { watchNetworkManager } from '../network/linux-network-manager.ts'
import { createNetworkPoller } from '../network/network-poller.ts'
import { networkStatusReader } from '../network/network-reader.ts'
import { batteryLevelReader } from '../power/read-battery-level.ts'
import { createBatteryMonitor } from '../power/battery-monitor.ts'
import { createSleepBlocker } from '../power/sleep-blocker.ts'
import type { WhenDoneTracker } from '../power/when-done.ts'
import type { ConditionsTracker } from './conditions.ts'

export interface ConditionMonitors {
  settingsChanged(): void
  applyPatch(patch: Patch): void
}

/** Starts to watch battery, network, sleep and wake, and reports them to the conditions and the engine. */
export function startConditionMonitors(options: {
  readonly settings: Pick<SettingsStore, 'current'>
  readonly engine: Engine
  readonly conditions: Pick<ConditionsTracker, 'update' | 'setNetwork' | 'setPower'>
  readonly whenDone: Pick<WhenDoneTracker, 'computerSuspended'>
  readonly environment: Pick<Environment, 'monotonicMs' | 'timers' | 'log'>
}): ConditionMonitors {
  const { settings, engine, conditions, whenDone, environment } = options
  const { log } = environment
  const sleepBlocker = createSleepBlocker(environment.monotonicMs)
  const battery = createBatteryMonitor({
    platform: process.platform,
    isOnBattery: () => powerMonitor.onBatteryPower,
    readLevel: batteryLevelReader(process.platform),
    isNeeded: () => settings.current().pauseBelowPercent !== null,
    onChange: conditions.setPower,
    environment,
  })
  const networkPoller = createNetworkPoller({
    read: networkStatusReader(process.platform, runProgram),
    isNeeded: () => settings.current().pauseOnMetered,
    onChange: conditions.setNetwork,
    environment,
  })

  function refresh(): void {
    battery.refresh()
    networkPoller.refresh()
  }

  engine.subscribe({ networkChanged: networkPoller.refresh })
  powerMonitor.on('suspend', () => {
    log.info('the computer is going to sleep')
    whenDone.computerSuspended()
  })
  powerMonitor.on('resume', () => {
    log.info('the computer resumed from sleep')
    engine.networkChanged()
    battery.refresh()
  })
  powerMonitor.on('on-ac', refresh)
  powerMonitor.on('on-battery', refresh)
  watchNetworkManager({
    platform: process.platform,
    onChange(network) {
      conditions.setNetwork(network)
      engine.networkChanged()
    },
    timers: environment.timers,
    log,
  }).catch((error: unknown) => log.warn('NetworkManager could not be watched', { error }))
  conditions.update()
  refresh()

  return {
    settingsChanged: refresh,
    applyPatch(patch) {
      sleepBlocker.applyPatch(patch)
      const isActive = patch.totals.running + patch.totals.waiting > 0
      battery.setActive(isActive)
      networkPoller.setActive(isActive)
    },
  }
}
