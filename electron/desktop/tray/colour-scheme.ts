import type { Log } from '../../platform/environment.ts'
import { openDbus, type Dbus } from '../../platform/dbus.ts'

/** The desktop's colour scheme, which is independent of the theme chosen in the app. */
export interface ColourScheme {
  isDark(): boolean
  onChange(listener: () => void): void
}

const portal = 'org.freedesktop.portal.Desktop'
const settingsInterface = 'org.freedesktop.portal.Settings'
const portalPath = '/org/freedesktop/portal/desktop'
const appearance = 'org.freedesktop.appearance'
const colourScheme = 'color-scheme'

/**
 * The value is wrapped in one or two variants, depending on the portal's version. 1 is dark, 2 is light and 0
 * no preference (flatpak.github.io, Settings).
 */
function parseIsDark(value: unknown): boolean | null {
  if (typeof value === 'object' && value !== null && 'value' in value) return parseIsDark(value.value)
  if (value === 1) return true
  if (value === 2) return false
  return null
}

/**
 * Watches the desktop portal's colour scheme on Linux. Electron only reports the theme chosen in the app,
 * which the desktop's panel does not follow.
 */
export function watchColourScheme(options: {
  readonly platform: NodeJS.Platform
  /** Used until the portal has answered, and on other systems. */
  readonly fallback: () => boolean
  readonly log: Log
}): ColourScheme {
  const { platform, fallback, log } = options
  const listeners: (() => void)[] = []
  let reported: boolean | null = null

  function setReported(value: unknown): void {
    const isDark = parseIsDark(value)
    if (isDark === reported) return
    reported = isDark
    for (const listener of listeners) listener()
  }

  async function watch(bus: Dbus): Promise<void> {
    const rule = `type='signal',interface='${settingsInterface}',member='SettingChanged'`
    await bus.listen(rule, (signal) => {
      const [namespace, key, value] = signal.body
      if (signal.member === 'SettingChanged' && namespace === appearance && key === colourScheme)
        setReported(value)
    })
    const answer = await bus.call({
      destination: portal,
      path: portalPath,
      interface: settingsInterface,
      member: 'Read',
      signature: 'ss',
      body: [appearance, colourScheme],
    })
    setReported(answer?.[0])
  }

  if (platform === 'linux')
    openDbus('session')
      .then((bus) => bus && watch(bus))
      .catch((error: unknown) => log.warn('the colour scheme could not be read', { error }))
  return {
    isDark: () => reported ?? fallback(),
    onChange: (listener) => void listeners.push(listener),
  }
}
