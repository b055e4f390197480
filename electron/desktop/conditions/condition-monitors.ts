import { powerMonitor } from 'electron'
import process from 'node:process'
import type { Patch } from '../../contract/uploads.ts'
import type { Log, Environment } from '../../platform/environment.ts'
import type { Engine } from '../../engine/engine.ts'
import { runProgram } from '../../platform/run-program.ts'
import { watchBattery } from '../power/battery-monitor.ts'
import { batteryReader } from '../power/battery-level.ts'
import type { ConditionsStore } from './conditions.ts'
import { networkReader } from '../network/network-reader.ts'
import { watchNetworkChanges } from '../network/network-poller.ts'
import { watchAddresses, watchNetwork } from '../network/network-manager.ts'
import { setupPower } from '../power/sleep-blocker.ts'
import type { SettingsStore } from '../../platform/settings.ts'

interface Parts {
  readonly settings: Pick<SettingsStore, 'current'>
  readonly engine: Engine
  readonly log: Log
}

/** Power and network, joined to what they decide. */
export function watchConditions(
  { settings, engine, log }: Parts,
  conditions: Pick<ConditionsStore, 'look' | 'network' | 'power'>,
  environment: Pick<Environment, 'now' | 'timers' | 'log'>,
) {
  const battery = watchBattery({
    platform: process.platform,
    isOnBattery: () => powerMonitor.onBatteryPower,
    readPercent: batteryReader(process.platform),
    matters: () => settings.current().pauseBelowPercent !== null,
    changed: conditions.power,
    environment,
  })
  const line = watchNetworkChanges({
    read: networkReader(process.platform, runProgram),
    matters: () => settings.current().pauseOnMetered,
    changed: conditions.network,
    environment,
  })
  const look = () => [battery, line].forEach((watch) => watch.look())
  const power = setupPower({ engine, changed: look, environment, log })
  const addresses = watchAddresses({
    changed() {
      power.lineChanged()
      line.look()
    },
  })
  watchNetwork({
    platform: process.platform,
    changed(network) {
      conditions.network(network)
      power.lineChanged()
    },
    log,
  }).catch((error: unknown) => log.warn('the network could not be watched', { error }))
  conditions.look()
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
