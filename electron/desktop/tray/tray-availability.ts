import type { Log, Timers } from '../../platform/environment.ts'
import { dbusDaemon, openDbus, type Dbus } from '../../platform/dbus.ts'

/** Whether a tray icon would be seen, now and later. */
export interface TrayAvailability {
  /** Asks the first time, then knows. */
  isAvailable(): Promise<boolean>
  /** Hears of each change: an extension of GNOME was switched on or off. A panel that crashed and came back is told too. */
  onChange(listener: (isThere: boolean) => void): void
  close(): void
}

const watcher = 'org.kde.StatusNotifierWatcher'
const watcherItself = { destination: watcher, path: '/StatusNotifierWatcher', interface: watcher } as const

/** A watcher without a host takes icons and shows none. One that doesn't say so is believed. */
async function isShown(bus: Dbus): Promise<boolean> {
  const owner = await bus.call({ ...dbusDaemon, member: 'NameHasOwner', signature: 's', body: [watcher] })
  if (owner?.[0] !== true) return false
  return (await bus.property(watcherItself, 'IsStatusNotifierHostRegistered')) !== false
}

/** GNOME's own; stock GNOME and those who sit in its place own the name. */
const saver = 'org.gnome.ScreenSaver'

/** Behind a locked screen GNOME switches its extensions off, the one with the icons too. */
async function isLocked(bus: Dbus): Promise<boolean> {
  const owner = await bus.call({ ...dbusDaemon, member: 'NameHasOwner', signature: 's', body: [saver] })
  if (owner?.[0] !== true) return false
  const path = '/org/gnome/ScreenSaver'
  const answer = await bus.call({ destination: saver, path, interface: saver, member: 'GetActive' })
  return answer?.[0] === true
}

/** A panel that crashed or was updated is there again within seconds. In ms. */
export const removalDelayMs = 30_000

/**
 * Electron does not tell whether a tray icon is shown, so on Linux the session bus is asked for the service that shows such
 * icons (StatusNotifierItem, freedesktop.org); stock GNOME has none. No answer counts as no tray: a window that hides into
 * nothing is lost, one that is only minimised is not. That a tray has gone is believed only after a while in which nobody
 * had locked the screen.
 */
export function watchTrayAvailability(platform: NodeJS.Platform, timers: Timers, log: Log): TrayAvailability {
  if (platform !== 'linux')
    return { isAvailable: async () => true, onChange: () => undefined, close: () => undefined }
  const listeners = new Set<(isThere: boolean) => void>()
  let known = false
  let bus: Dbus | null = null

  let cancelDoubt: (() => void) | null = null

  async function look(isDoubtOver = false): Promise<void> {
    if (!bus) return
    const now = await isShown(bus)
    const isDoubted = cancelDoubt !== null
    if (now || isDoubtOver) {
      cancelDoubt?.()
      cancelDoubt = null
    }
    // One that came back knows nothing of the icon: it is told again.
    if (now && (!known || isDoubted)) become(true)
    if (now || !known) return
    if (isDoubtOver && !(await isLocked(bus))) become(false)
    else cancelDoubt ??= timers.after(removalDelayMs, () => void look(true))
  }

  function become(now: boolean): void {
    known = now
    log.info(now ? 'there is a tray now' : 'there is no tray any more')
    for (const listener of listeners) listener(now)
  }

  const lookAgain = () => void look()

  async function begin(): Promise<void> {
    bus = await openDbus('session')
    if (!bus) return
    await bus.listen(`type='signal',member='NameOwnerChanged',arg0='${watcher}'`, (signal) => {
      if (signal.member === 'NameOwnerChanged' && signal.body[0] === watcher) lookAgain()
    })
    await bus.listen(`type='signal',interface='${watcher}'`, (signal) => {
      // `StatusNotifierHostRegistered` and its opposite, which not every watcher has.
      if (signal.interface === watcher && signal.member.startsWith('StatusNotifierHost')) lookAgain()
    })
    known = await isShown(bus)
  }

  let begun: Promise<void> | null = null
  return {
    async isAvailable() {
      begun ??= begin().catch((error: unknown) => log.warn('the tray could not be looked for', { error }))
      await begun
      return known
    },
    onChange: (listener) => void listeners.add(listener),
    close() {
      cancelDoubt?.()
      bus?.close()
    },
  }
}
