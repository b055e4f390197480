import type { Log } from '../../platform/environment.ts'
import { openDbus, type Dbus } from '../../platform/dbus.ts'

/** What the desktop prefers for everything: not the colours that were chosen for this app. */
export interface ColourScheme {
  isDark(): boolean
}

const portal = 'org.freedesktop.portal.Desktop'
const settings = 'org.freedesktop.portal.Settings'
const path = '/org/freedesktop/portal/desktop'
const appearance = 'org.freedesktop.appearance'
const scheme = 'color-scheme'

/** Once or twice in a variant, by the portal's version. 1 is dark, 2 is light, 0 says nothing (flatpak.github.io, Settings). */
function isDarkIn(value: unknown): boolean | null {
  if (typeof value === 'object' && value !== null && 'value' in value) return isDarkIn(value.value)
  return value === 1 ? true : value === 2 ? false : null
}

/**
 * Electron's answer follows the theme that was chosen for the app, and a panel doesn't: on Linux the desktop's portal is
 * asked.
 */
export function watchColourScheme(options: {
  readonly platform: NodeJS.Platform
  /** What is taken for it until it is told. */
  readonly otherwise: () => boolean
  readonly changed: () => void
  readonly log: Log
}): ColourScheme {
  const { platform, otherwise, changed, log } = options
  let told: boolean | null = null

  function take(value: unknown): void {
    const now = isDarkIn(value)
    if (now === told) return
    told = now
    changed()
  }

  async function begin(bus: Dbus): Promise<void> {
    await bus.listen(`type='signal',interface='${settings}',member='SettingChanged'`, (signal) => {
      const [namespace, key, value] = signal.body
      if (signal.member === 'SettingChanged' && namespace === appearance && key === scheme) take(value)
    })
    const body = [appearance, scheme]
    const answer = await bus.call({
      ...{ destination: portal, path, interface: settings, member: 'Read' },
      ...{ signature: 'ss', body },
    })
    take(answer?.[0])
  }

  if (platform === 'linux')
    openDbus('session')
      .then((bus) => bus && begin(bus))
      .catch((error: unknown) => log.warn('the desktop’s colours could not be asked for', { error }))
  return { isDark: () => told ?? otherwise() }
}
