import { powerMonitor } from 'electron'
import process from 'node:process'
import type { Patch } from '../../contract/uploads.ts'
import type { Log, Ports } from '../../platform/environment.ts'
import type { Uploader } from '../../engine/engine.ts'
import { askProgram } from '../../platform/run-program.ts'
import { watchBattery } from './battery-watch.ts'
import { batteryReader } from './battery.ts'
import type { ConditionsBook } from './conditions.ts'
import { lineReader } from './network-reader.ts'
import { watchLine } from './network-watch.ts'
import { watchAddresses, watchNetwork } from './network.ts'
import { setupPower } from './power.ts'
import type { SettingsBook } from '../../platform/settings.ts'

interface Parts {
  readonly settings: Pick<SettingsBook, 'current'>
  readonly uploader: Uploader
  readonly log: Log
}

/** Power and network, joined to what they decide. */
export function watchWorld(
  { settings, uploader, log }: Parts,
  conditions: Pick<ConditionsBook, 'look' | 'network' | 'power'>,
  ports: Pick<Ports, 'now' | 'timers' | 'log'>,
) {
  const battery = watchBattery({
    platform: process.platform,
    isOnBattery: () => powerMonitor.onBatteryPower,
    readPercent: batteryReader(process.platform),
    matters: () => settings.current().pauseBelowPercent !== null,
    changed: conditions.power,
    ports,
  })
  const line = watchLine({
    read: lineReader(process.platform, askProgram),
    matters: () => settings.current().pauseOnMetered,
    changed: conditions.network,
    ports,
  })
  const look = () => [battery, line].forEach((watch) => watch.look())
  const power = setupPower({ uploader, changed: look, ports, log })
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
