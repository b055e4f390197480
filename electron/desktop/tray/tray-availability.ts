import process from 'node:process'
import type { Log, Timers } from '../../platform/environment.ts'
import { dbusDaemon, openDbus, type Dbus } from '../../platform/dbus.ts'

/** Whether the desktop shows our tray icon. */
export interface TrayAvailability {
  /**
   * True if there is a panel that has accepted the icon, for which it waits a few seconds after the start and after
   * a change. Queries the desktop at the first call and is kept up to date from then on.
   */
  isAvailable(): Promise<boolean>
  /** There is a panel now, or none any more. Also called when a panel has restarted, since it has lost the icon. */
  onChange(listener: (hasPanel: boolean) => void): void
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

/**
 * A panel may refuse an icon (electron/electron#53213). Each item of its list is the bus name of an icon, which may
 * be followed by the path of an object: `name/path` in KDE, `name` or `name@/path` in GNOME.
 */
async function isIconRegistered(bus: Dbus): Promise<boolean> {
  const items = await bus.property(watcherObject, 'RegisteredStatusNotifierItems')
  if (!Array.isArray(items)) return false
  for (const item of items) {
    const [owner] = String(item).split(/[/@]/)
    const member = 'GetConnectionUnixProcessID'
    const answer = await bus.call({ ...dbusDaemon, member, signature: 's', body: [owner] })
    if (answer?.[0] === process.pid) return true
  }
  return false
}

/** Chromium needs several calls over the bus to register an icon. */
const iconChecks = { count: 20, intervalMs: 250 }

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
 * service that shows them (StatusNotifierItem, freedesktop.org), which stock GNOME lacks, and for our icon there.
 * No answer counts as no tray, since a window hidden without an icon could not be opened again. Removal is
 * reported only after a delay during which the screen was not locked.
 */
export function watchTrayAvailability(platform: NodeJS.Platform, timers: Timers, log: Log): TrayAvailability {
  if (platform !== 'linux') return { isAvailable: async () => true, onChange: () => undefined }
  const listeners: ((hasPanel: boolean) => void)[] = []
  let isPanelKnown = false
  let iconChecksLeft = iconChecks.count
  let bus: Dbus | null = null
  let cancelRemoval: (() => void) | null = null

  async function check(isDelayOver = false): Promise<void> {
    if (!bus) return
    const hasPanel = await areIconsShown(bus)
    const wasRemovalPending = cancelRemoval !== null
    if (hasPanel || isDelayOver) {
      cancelRemoval?.()
      cancelRemoval = null
    }
    // A panel that returned within the delay has lost the icon, so this is reported as well.
    if (hasPanel && (!isPanelKnown || wasRemovalPending)) report(true)
    if (hasPanel || !isPanelKnown) return
    if (isDelayOver && !(await isScreenLocked(bus))) report(false)
    else cancelRemoval ??= timers.after(removalDelayMs, () => void check(true))
  }

  function report(hasPanel: boolean): void {
    isPanelKnown = hasPanel
    iconChecksLeft = iconChecks.count
    log.info(hasPanel ? 'a tray is available' : 'the tray is no longer available')
    for (const listener of listeners) listener(hasPanel)
  }

  async function waitForIcon(): Promise<boolean> {
    if (!bus || !isPanelKnown) return false
    if (await isIconRegistered(bus)) return true
    if (iconChecksLeft === 0) return false
    iconChecksLeft -= 1
    if (iconChecksLeft === 0) log.warn('the tray has not accepted the icon')
    const { promise, resolve } = Promise.withResolvers<void>()
    timers.after(iconChecks.intervalMs, resolve)
    await promise
    return waitForIcon()
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
    isPanelKnown = await areIconsShown(bus)
  }

  let starting: Promise<void> | null = null
  return {
    async isAvailable() {
      starting ??= start().catch((error: unknown) => log.warn('the tray could not be queried', { error }))
      await starting
      return waitForIcon()
    },
    onChange: (listener) => void listeners.push(listener),
  }
}
