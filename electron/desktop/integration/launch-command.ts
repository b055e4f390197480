import { realpathSync } from 'node:fs'

/** The command that starts this installation of the app. */
export interface LaunchCommand {
  readonly program: string
  readonly args: readonly string[]
}

type Env = Readonly<Record<string, string | undefined>>

/**
 * The AppImage that this program runs from, or null. Programs that another AppImage has started inherit its
 * variables, so the program must also be in the mounted folder, whose path may contain symbolic links.
 */
export function ownAppImage(env: Env, execPath: string): string | null {
  const { APPIMAGE: appImage, APPDIR: mountFolder } = env
  if (!appImage || !mountFolder) return null
  try {
    return execPath.startsWith(`${realpathSync(mountFolder)}/`) ? appImage : null
  } catch {
    // Another program's folder that is no longer mounted.
    return null
  }
}

/**
 * The command for file managers and autostart. An AppImage runs from a temporary mount, so its own file is
 * used; a Flatpak is started by its id. In development the app's folder is an argument.
 */
export function launchCommand(options: {
  readonly env: Env
  readonly execPath: string
  /** The app's folder in development, null when packaged. */
  readonly appFolder: string | null
}): LaunchCommand {
  const { env, execPath, appFolder } = options
  const flatpakId = env['FLATPAK_ID']
  if (flatpakId) return { program: 'flatpak', args: ['run', flatpakId] }
  const appImage = ownAppImage(env, execPath)
  if (appImage !== null) return { program: appImage, args: [] }
  return { program: execPath, args: appFolder === null ? [] : [appFolder] }
}

/**
 * Formats a command for the `Exec` key of a desktop entry: each argument quoted, special characters escaped
 * and `%` doubled (Desktop Entry Specification 1.5, "The Exec key"). Backslashes are doubled again and line
 * breaks escaped, as in every string of such a file: a path with a line break would add keys of its own.
 */
export function desktopEntryExec({ program, args }: LaunchCommand, ...moreArgs: readonly string[]): string {
  const quoted = [program, ...args].map((argument) => {
    const escaped = argument.replace(/(["`$\\])/g, '\\$1').replace(/%/g, '%%')
    return `"${escaped.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/\r/g, '\\r')}"`
  })
  return [...quoted, ...moreArgs].join(' ')
}

/** Formats a command for a POSIX shell, each argument in single quotes. */
export function shellCommand({ program, args }: LaunchCommand): string {
  return [program, ...args].map((argument) => `'${argument.replace(/'/g, `'\\''`)}'`).join(' ')
}

/** True for an AppImage or an unpacked archive on Linux, which no package has added to the desktop's menu. */
export function needsMenuEntry(options: {
  readonly isPackaged: boolean
  readonly platform: NodeJS.Platform
  readonly env: Env
  readonly execPath: string
}): boolean {
  const { isPackaged, platform, env, execPath } = options
  if (platform !== 'linux' || env['FLATPAK_ID'] || env['SNAP']) return false
  return ownAppImage(env, execPath) !== null || (isPackaged && !/^\/(?:opt|usr)\//.test(execPath))
}
