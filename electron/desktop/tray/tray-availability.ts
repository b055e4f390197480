import type { Log, Timers } from '../../platform/environment.ts'
import { dbusDaemon, openDbus, type Dbus } from '../../platform/dbus.ts'

/** Whether the desktop shows tray icons. */
export interface TrayAvailability {
  /** Queries the desktop at the first call and is kept up to date from then on. */
  isAvailable(): Promise<boolean>
  /** Also called with true when a panel has restarted, since it has lost the icon. */
  onChange(listener: (isAvailable: boolean) => void): void
}

const watcher = 'org.kde.StatusNotifierWatcher'
const watcherObject = { destination: watcher, path: '/StatusNotifierWatcher', interface: watcher } as const

async function hasOwner(bus: Dbus, name: string): Promise<boolean> {
  const answer = await bus.call({ ...dbusDaemon, member: 'NameHasOwner', signature: 's', body: [name] })
  return answer?.[0] === true
}

/**
 * A watcher without a host accepts icons but shows none. Watchers without the property are assumed to have a
 * host.
 */
async function areIconsShown(bus: Dbus): Promise<boolean> {
  if (!(await hasOwner(bus, watcher))) return false
  return (await bus.property(watcherObject, 'IsStatusNotifierHostRegistered')) !== false
}

/** Also owned by desktops derived from GNOME. */
const screenSaver = 'org.gnome.ScreenSaver'

/** GNOME disables its extensions, including the one for tray icons, while the screen is locked. */
async function isScreenLocked(bus: Dbus): Promise<boolean> {
  if (!(await hasOwner(bus, screenSaver))) return false
  const answer = await bus.call({
    destination: screenSaver,
    path: '/org/gnome/ScreenSaver',
    interface: screenSaver,
    member: 'GetActive',
  })
  return answer?.[0] === true
}

/** A panel that crashed or was updated restarts within seconds. */
export const removalDelayMs = 30_000

/**
 * Electron does not report whether a tray icon is shown, so on Linux the session bus is queried for the
 * service that shows them (StatusNotifierItem, freedesktop.org); stock GNOME has none. No answer counts as no
 * tray, since a window hidden without an icon could not be opened again. Removal is reported only after a
 * delay during which the screen was not locked.
 */
export function watchTrayAvailability(platform: NodeJS.Platform, timers: Timers, log: Log): TrayAvailability {
  if (platform !== 'linux') return { isAvailable: async () => true, onChange: () => undefined }
  const listeners: ((isAvailable: boolean) => void)[] = []
  let isKnownAvailable = false
  let bus: Dbus | null = null
  let cancelRemoval: (() => void) | null = null

  async function check(isDelayOver = false): Promise<void> {
    if (!bus) return
    const isAvailable = await areIconsShown(bus)
    const wasRemovalPending = cancelRemoval !== null
    if (isAvailable || isDelayOver) {
      cancelRemoval?.()
      cancelRemoval = null
    }
    // A panel that returned within the delay has lost the icon, so this is reported as well.
    if (isAvailable && (!isKnownAvailable || wasRemovalPending)) report(true)
    if (isAvailable || !isKnownAvailable) return
    if (isDelayOver && !(await isScreenLocked(bus))) report(false)
    else cancelRemoval ??= timers.after(removalDelayMs, () => void check(true))
  }

  function report(isAvailable: boolean): void {
    isKnownAvailable = isAvailable
    log.info(isAvailable ? 'a tray is available' : 'the tray is no longer available')
    for (const listener of listeners) listener(isAvailable)
  }

  async function start(): Promise<void> {
    bus = await openDbus('session')
    if (!bus) return
    await bus.listen(`type='signal',member='NameOwnerChanged',arg0='${watcher}'`, (signal) => {
      if (signal.member === 'NameOwnerChanged' && signal.body[0] === watcher) void check()
    })
    await bus.listen(`type='signal',interface='${watcher}'`, (signal) => {
      // `StatusNotifierHostRegistered`, and `StatusNotifierHostUnregistered`, which not every watcher sends.
      if (signal.interface === watcher && signal.member.startsWith('StatusNotifierHost')) void check()
    })
    isKnownAvailable = await areIconsShown(bus)
  }

  let starting: Promise<void> | null = null
  return {
    async isAvailable() {
      starting ??= start().catch((error: unknown) => log.warn('the tray could not be queried', { error }))
      await starting
      return isKnownAvailable
    },
    onChange: (listener) => void listeners.push(listener),
  }
}
