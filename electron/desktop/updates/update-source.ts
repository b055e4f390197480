import type { NoUpdatesReason } from '../../contract/updates.ts'
import { isLoopback } from '../../contract/servers.ts'
import { ownAppImage } from '../integration/launch-command.ts'

/** How this app was installed. */
export interface Installation {
  readonly isPackaged: boolean
  readonly platform: NodeJS.Platform
  readonly env: Readonly<Record<string, string | undefined>>
  readonly execPath: string
  /**
   * The content of `resources/package-type`, which electron-builder writes for deb and rpm; null if it is
   * missing.
   */
  readonly packageType: string | null
  /** Whether the build has a key to verify updates with. */
  readonly hasKeys: boolean
}

/**
 * Null when the app updates itself, as an AppImage, on Windows and on macOS. The package type counts only in
 * the folder of installed packages, since an archive built together with a package may contain the file as
 * well.
 */
export function updatesUnavailableReason(installation: Installation): NoUpdatesReason | null {
  const { isPackaged, platform, env, execPath, packageType, hasKeys } = installation
  if (!isPackaged && !env['MODELFERRY_UPDATE_FEED']) return 'development'
  if (platform === 'linux' && ownAppImage(env, execPath) === null) {
    if (env['FLATPAK_ID']) return 'flatpak'
    if (env['SNAP']) return 'snap'
    return packageType !== null && execPath.startsWith('/opt/') ? 'package' : 'portable'
  }
  return hasKeys ? null : 'no-key'
}

/** The feed URL in electron-builder's `app-update.yml`, where it is a single line; null if there is none. */
export function feedFromConfig(appUpdateYml: string): string | null {
  return feedAddress(/^url: *'?([^'\s]+)'?\s*$/m.exec(appUpdateYml)?.[1])
}

/** A valid feed URL with a trailing slash: https, or http on this computer for tests. */
export function feedAddress(text: string | undefined): string | null {
  const url = URL.parse(text ?? '')
  if (!url) return null
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) return null
  return url.href.replace(/\/*$/, '/')
}
