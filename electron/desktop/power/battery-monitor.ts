import type { Conditions } from '../../contract/conditions.ts'
import type { Environment } from '../../platform/environment.ts'
import type { ReadBatteryLevel } from './battery-level.ts'
import { openDbus, type Dbus } from '../../platform/dbus.ts'

type Power = Conditions['power']

/** Follows mains and battery, as far as anybody wants to know. */
export interface BatteryMonitor {
  /** Mains came or went, the computer woke, or the person's wish changed. */
  refresh(): void
  /** While something is to be sent the level is read from time to time where the system doesn't tell it by itself. */
  setActive(isActive: boolean): void
}

/** How often the level is read, in ms: it falls by a percent in a minute or more. */
const readEveryMs = 60_000

const upower = 'org.freedesktop.UPower'
const upowerItself = { destination: upower, path: '/org/freedesktop/UPower', interface: upower } as const
/** All batteries of the computer as one (upower.freedesktop.org). */
const allBatteries = {
  destination: upower,
  path: '/org/freedesktop/UPower/devices/DisplayDevice',
  interface: `${upower}.Device`,
} as const

/**
 * Linux tells changes by UPower; Electron's events for mains and battery are Windows' and macOS' alone. Where UPower is not
 * there, and on the other systems, the level is read every minute while something is to be sent and the person cares.
 */
export function createBatteryMonitor(options: {
  readonly platform: NodeJS.Platform
  readonly isOnBattery: () => boolean
  readonly readLevel: ReadBatteryLevel
  /** Whether the person has said that it matters. */
  readonly isNeeded: () => boolean
  readonly onChange: (power: Power) => void
  readonly environment: Pick<Environment, 'timers' | 'log'>
}): BatteryMonitor {
  const {
    platform,
    isOnBattery,
    readLevel: readPercent,
    isNeeded: matters,
    onChange: changed,
    environment,
  } = options
  let isActive = false
  let bus: Dbus | null = null
  let isTold = false
  let opening: Promise<void> | null = null
  let cancelTimer = () => {}

  async function read(): Promise<Power> {
    if (bus) {
      const onBattery = await bus.property(upowerItself, 'OnBattery')
      if (typeof onBattery === 'boolean') {
        isTold = true
        const percent = await bus.property(allBatteries, 'Percentage')
        return { isOnBattery: onBattery, percent: typeof percent === 'number' ? Math.round(percent) : null }
      }
    }
    const onBattery = isOnBattery()
    return { isOnBattery: onBattery, percent: onBattery ? await readPercent() : null }
  }

  async function open(): Promise<void> {
    bus = await openDbus('system')
    const rule = `type='signal',sender='${upower}',member='PropertiesChanged'`
    await bus?.listen(rule, ({ path, member }) => {
      if (path.startsWith(upowerItself.path) && member === 'PropertiesChanged') look()
    })
  }

  async function lookOnce(): Promise<void> {
    cancelTimer()
    // Nobody is asked before it matters to anybody.
    if (!matters()) return changed({ isOnBattery: isOnBattery(), percent: null })
    if (platform === 'linux') await (opening ??= open())
    changed(await read().finally(planNext))
  }

  /** Also after a failure: the level may be read next time. */
  function planNext(): void {
    cancelTimer()
    if (isActive && !isTold) cancelTimer = environment.timers.after(readEveryMs, look)
  }

  function look(): void {
    lookOnce().catch((error: unknown) => environment.log.warn('the battery could not be read', { error }))
  }

  return {
    refresh: look,
    setActive(next) {
      if (next === isActive) return
      isActive = next
      if (!isActive) cancelTimer()
      else if (!isTold) look()
    },
  }
}
