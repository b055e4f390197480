import type { MessageBus } from '@jellybrick/dbus-next'
import { once } from 'node:events'
import process from 'node:process'

const watcher = 'org.kde.StatusNotifierWatcher'
const daemon = 'org.freedesktop.DBus'
let lastId = 0

/**
 * Registers an icon with the panel on the session bus as Chromium does (status_icon_linux_dbus.cc), under a name of
 * its own. Without a bus or a panel there is no icon. The icon is removed by `end`.
 */
export function registerIcon(): { end(): void } {
  let bus: MessageBus | null = null
  let isEnded = false
  const end = () => {
    isEnded = true
    bus?.disconnect()
    bus = null
  }
  async function register(): Promise<void> {
    const { Message, sessionBus } = await import('@jellybrick/dbus-next')
    if (isEnded) return
    const opened = (bus = sessionBus())
    // Missing in the library's types.
    Reflect.apply(opened.on, opened, ['error', end])
    await once(opened, 'connect')
    const call = (destination: string, path: string, member: string, name: string) =>
      opened.call(
        new Message({ destination, path, interface: destination, member, signature: 's', body: [name] }),
      )
    const owned = await call(daemon, '/org/freedesktop/DBus', 'NameHasOwner', watcher)
    if (isEnded || owned?.body[0] !== true) return end()
    const name = `org.freedesktop.StatusNotifierItem-${process.pid}-${++lastId}`
    await opened.requestName(name, 0)
    await call(watcher, '/StatusNotifierWatcher', 'RegisterStatusNotifierItem', name)
  }
  if (process.env['DBUS_SESSION_BUS_ADDRESS'] !== undefined) register().catch(end)
  return { end }
}
