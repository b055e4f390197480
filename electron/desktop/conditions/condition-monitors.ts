import { powerMonitor } from 'electron'
import process from 'node:process'
import type { Patch } from '../../contract/uploads.ts'
import type { Log, Environment } from '../../platform/environment.ts'
import type { Engine } from '../../engine/engine.ts'
import { runProgram } from '../../platform/run-program.ts'
import { createBatteryMonitor } from '../power/battery-monitor.ts'
import { batteryLevelReader } from '../power/battery-level.ts'
import type { ConditionsTracker } from './conditions.ts'
import { networkStatusReader } from '../network/network-reader.ts'
import { createNetworkPoller } from '../network/network-poller.ts'
import { createAddressMonitor, watchNetworkManager } from '../network/network-manager.ts'
import { setupPower } from '../power/sleep-blocker.ts'
import type { SettingsStore } from '../../platform/settings.ts'

interface Parts {
  readonly settings: Pick<SettingsStore, 'current'>
  readonly engine: Engine
  readonly log: Log
}

/** Power and network, joined to what they decide. */
export function startConditionMonitors(
  { settings, engine, log }: Parts,
  conditions: Pick<ConditionsTracker, 'update' | 'setNetwork' | 'setPower'>,
  environment: Pick<Environment, 'now' | 'timers' | 'log'>,
) {
  const battery = createBatteryMonitor({
    platform: process.platform,
    isOnBattery: () => powerMonitor.onBatteryPower,
    readLevel: batteryLevelReader(process.platform),
    isNeeded: () => settings.current().pauseBelowPercent !== null,
    onChange: conditions.setPower,
    environment,
  })
  const line = createNetworkPoller({
    read: networkStatusReader(process.platform, runProgram),
    isNeeded: () => settings.current().pauseOnMetered,
    onChange: conditions.setNetwork,
    environment,
  })
  const look = () => [battery, line].forEach((watch) => watch.refresh())
  const power = setupPower({ engine, changed: look, environment, log })
  const addresses = createAddressMonitor({
    onChange() {
      power.lineChanged()
      line.refresh()
    },
  })
  watchNetworkManager({
    platform: process.platform,
    onChange(network) {
      conditions.setNetwork(network)
      power.lineChanged()
    },
    log,
  }).catch((error: unknown) => log.warn('the network could not be watched', { error }))
  conditions.update()
  look()
  return {
    wishesChanged: look,
    patch(patch: Patch) {
      power.update(patch)
      const isActive = patch.totals.running + patch.totals.waiting > 0
      battery.setActive(isActive)
      line.setActive(isActive)
      addresses.setActive(isActive)
    },
  }
}
