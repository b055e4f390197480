import type { Conditions } from '../../contract/conditions.ts'
import type { Environment } from '../../platform/environment.ts'
import type { ReadBatteryLevel } from './read-battery-level.ts'
import { openDbus, type Dbus } from '../../platform/dbus.ts'

type Power = Conditions['power']

export interface BatteryMonitor {
  /** Reads the power source and the level now, for example after the power source or the settings changed. */
  refresh(): void
  /** While active, the level is also read at intervals if the system sends no events for it. */
  setActive(isActive: boolean): void
}

/** A level rarely falls by more than one percent a minute. */
const readIntervalMs = 60_000

const upower = 'org.freedesktop.UPower'
const upowerObject = { destination: upower, path: '/org/freedesktop/UPower', interface: upower } as const
/** All batteries of the computer as one device (upower.freedesktop.org). */
const displayDevice = {
  destination: upower,
  path: '/org/freedesktop/UPower/devices/DisplayDevice',
  interface: `${upower}.Device`,
} as const

/**
 * Monitors the power source and the battery level. On Linux UPower sends events for both; Electron's power
 * events exist on Windows and macOS only. Without UPower, the level is read every minute while active and
 * only if a setting depends on it.
 */
export function createBatteryMonitor(options: {
  readonly platform: NodeJS.Platform
  readonly isOnBattery: () => boolean
  readonly readLevel: ReadBatteryLevel
  /** Whether a setting depends on the battery. */
  readonly isNeeded: () => boolean
  readonly onChange: (power: Power) => void
  readonly environment: Pick<Environment, 'timers' | 'log'>
}): BatteryMonitor {
  const { platform, isOnBattery, readLevel, isNeeded, onChange, environment } = options
  let isActive = false
  let bus: Dbus | null = null
  let hasEvents = false
  let opening: Promise<void> | null = null
  let cancelTimer = () => {}
  /** The last level on battery power. */
  let lastPercent: number | null = null

  async function readPower(): Promise<Power> {
    if (bus) {
      const onBattery = await bus.property(upowerObject, 'OnBattery')
      if (typeof onBattery === 'boolean') {
        hasEvents = true
        const percent = await bus.property(displayDevice, 'Percentage')
        return { isOnBattery: onBattery, percent: typeof percent === 'number' ? Math.round(percent) : null }
      }
    }
    const onBattery = isOnBattery()
    return { isOnBattery: onBattery, percent: onBattery ? await readLevel() : null }
  }

  async function openUPower(): Promise<void> {
    bus = await openDbus('system')
    const rule = `type='signal',sender='${upower}',member='PropertiesChanged'`
    await bus?.listen(rule, ({ path, member }) => {
      if (path.startsWith(upowerObject.path) && member === 'PropertiesChanged') refresh()
    })
  }

  async function readAndReport(): Promise<void> {
    cancelTimer()
    if (!isNeeded()) {
      lastPercent = null
      return onChange({ isOnBattery: isOnBattery(), percent: null })
    }
    if (platform === 'linux') await (opening ??= openUPower())
    const power = await readPower().finally(scheduleNextRead)
    // A failed read must neither end a pause nor the user's decision about it.
    const percent = power.percent ?? (power.isOnBattery ? lastPercent : null)
    lastPercent = power.isOnBattery ? percent : null
    onChange({ ...power, percent })
  }

  /** Also called after a failure, since the next read may succeed. */
  function scheduleNextRead(): void {
    cancelTimer()
    if (isActive && !hasEvents) cancelTimer = environment.timers.after(readIntervalMs, refresh)
  }

  function refresh(): void {
    readAndReport().catch((error: unknown) =>
      environment.log.warn('the battery could not be read', { error }),
    )
  }

  return {
    refresh,
    setActive(next) {
      if (next === isActive) return
      isActive = next
      if (!isActive) cancelTimer()
      else if (!hasEvents) refresh()
    },
  }
}
