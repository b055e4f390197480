import { execFile } from 'node:child_process'

const watcher = 'org.kde.StatusNotifierWatcher'
/** The bus answers in a millisecond or not at all. */
const limitMs = 2_000

/** Programs that can ask the session bus who is there, one of which nearly every desktop has. */
const questions: readonly (readonly [program: string, args: readonly string[], yes: RegExp])[] = [
  [
    'busctl',
    [
      '--user',
      'call',
      'org.freedesktop.DBus',
      '/org/freedesktop/DBus',
      'org.freedesktop.DBus',
      'NameHasOwner',
      's',
      watcher,
    ],
    /^b true/m,
  ],
  [
    'gdbus',
    [
      'call',
      '--session',
      '--dest',
      'org.freedesktop.DBus',
      '--object-path',
      '/org/freedesktop/DBus',
      '--method',
      'org.freedesktop.DBus.NameHasOwner',
      watcher,
    ],
    /^\(true,?\)/m,
  ],
  [
    'dbus-send',
    [
      '--session',
      '--print-reply',
      '--dest=org.freedesktop.DBus',
      '/org/freedesktop/DBus',
      'org.freedesktop.DBus.NameHasOwner',
      `string:${watcher}`,
    ],
    /boolean true/,
  ],
]

/**
 * Whether a tray icon would be seen. Electron does not tell, so on Linux the session bus is asked for the service that shows
 * such icons; stock GNOME has none. No answer counts as no tray: a window that hides into nothing is lost, one that is only
 * minimised is not.
 */
export async function hasTrayHost(platform: NodeJS.Platform): Promise<boolean> {
  if (platform !== 'linux') return true
  for (const [program, args, yes] of questions) {
    const answer = await ask(program, args)
    if (answer !== null) return yes.test(answer)
  }
  return false
}

/** What the program printed, or null when it is not there or failed. */
function ask(program: string, args: readonly string[]): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: limitMs, windowsHide: true }, (error, printed) => {
      resolve(error ? null : printed)
    })
  })
}
