/** How this very installation is started from outside. */
export interface LaunchCommand {
  readonly program: string
  readonly args: readonly string[]
}

/**
 * What a file manager or the login starts. An AppImage runs from a mount that is gone with it, so its own file is named; a
 * Flatpak is started by its id; while it is not packaged the app's folder is an argument.
 */
export function launchCommand(options: {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly execPath: string
  /** The app's folder, or null when it is packaged. */
  readonly appFolder: string | null
}): LaunchCommand {
  const { env, execPath, appFolder } = options
  const flatpak = env['FLATPAK_ID']
  if (flatpak) return { program: 'flatpak', args: ['run', flatpak] }
  const appImage = env['APPIMAGE']
  if (appImage) return { program: appImage, args: [] }
  return { program: execPath, args: appFolder === null ? [] : [appFolder] }
}

/**
 * A command for the `Exec` key of a desktop entry: each word in quotes, with what is special inside them escaped, and `%`
 * doubled (Desktop Entry Specification 1.5, "The Exec key"). The escapes are doubled once more, as for every string there.
 */
export function desktopEntryExec(
  { program, args: words }: LaunchCommand,
  ...more: readonly string[]
): string {
  const quoted = [program, ...words].map((word) => {
    const escaped = word.replace(/(["`$\\])/g, '\\$1').replace(/%/g, '%%')
    return `"${escaped.replace(/\\/g, '\\\\')}"`
  })
  return [...quoted, ...more].join(' ')
}

/** A command for a shell: each word in single quotes. */
export function shellCommand({ program, args: words }: LaunchCommand): string {
  return [program, ...words].map((word) => `'${word.replace(/'/g, `'\\''`)}'`).join(' ')
}

/** Whether nobody has put this installation into the desktop's menu: an AppImage, or an archive that was unpacked by hand. */
export function needsMenuEntry(
  isPackaged: boolean,
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
  execPath: string,
): boolean {
  if (platform !== 'linux' || env['FLATPAK_ID'] || env['SNAP']) return false
  return Boolean(env['APPIMAGE']) || (isPackaged && !/^\/(?:opt|usr)\//.test(execPath))
}
