import type { NoUpdates } from '../../contract/updates.ts'
import { isLoopback } from '../../contract/servers.ts'

/** What tells how this app came onto the computer. */
export interface Installation {
  readonly isPackaged: boolean
  readonly platform: NodeJS.Platform
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The program that runs. */
  readonly program: string
  /** What electron-builder noted beside a deb or rpm (`resources/package-type`), or null. */
  readonly packageType: string | null
  /** Whether the build has a key to check updates with. */
  readonly hasKeys: boolean
}

/**
 * Who brings this app up to date: null when it does so itself, as an AppImage, on Windows and on macOS. The note of the
 * package counts only where packages are installed: an archive that was built beside a package may carry it too.
 */
export function updatesUnavailableReason(installation: Installation): NoUpdates | null {
  const { isPackaged, platform, environment, program, packageType, hasKeys } = installation
  if (!isPackaged && !environment['MODELFERRY_UPDATE_FEED']) return 'development'
  if (platform === 'linux' && !environment['APPIMAGE']) {
    if (environment['FLATPAK_ID']) return 'flatpak'
    if (environment['SNAP']) return 'snap'
    return packageType !== null && program.startsWith('/opt/') ? 'package' : 'portable'
  }
  return hasKeys ? null : 'no-key'
}

/** The place of updates in electron-builder's `app-update.yml`, in which it is one line; null when there is none. */
export function feedFromConfig(appUpdateYml: string): string | null {
  return feedAddress(/^url: *'?([^'\s]+)'?\s*$/m.exec(appUpdateYml)?.[1])
}

/** A place that updates may come from, with a slash at its end: https, or http on this very computer for tests. */
export function feedAddress(text: string | undefined): string | null {
  const url = URL.parse(text ?? '')
  if (!url) return null
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) return null
  return url.href.replace(/\/*$/, '/')
}
