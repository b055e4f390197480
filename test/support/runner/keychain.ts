import { spawnSync } from 'node:child_process'
import process from 'node:process'

/** Whether a keychain is available. On Linux this requires a session bus with a secret service. */
export function hasKeychain(): boolean {
  if (process.platform !== 'linux') return true
  if (process.env['DBUS_SESSION_BUS_ADDRESS'] === undefined) return false
  const asks = (what: string) =>
    spawnSync('dbus-send', [...'--session --print-reply --dest=org.freedesktop.DBus /'.split(' '), what], {
      encoding: 'utf8',
    }).stdout ?? ''
  const lists = ['ListNames', 'ListActivatableNames'].map((list) => asks(`org.freedesktop.DBus.${list}`))
  return lists.some((names) => names.includes('org.freedesktop.secrets'))
}
