import { app } from 'electron'
import { join } from 'node:path'
import type { LoginItem } from '../../contract/conditions.ts'
import { hiddenSwitch } from './launch-arguments.ts'
import { desktopEntryExec, type LaunchCommand } from './launch-command.ts'
import { ownershipMark, writeOwned, readOwned, removeOwned, type OwnedFile } from './owned-file.ts'

/** The hidden start at login, always read from the system. */
export interface LoginItemStore {
  read(): Promise<LoginItem>
  /** Returns the state read afterwards. */
  set(isOn: boolean): Promise<LoginItem>
  /** Rewrites an enabled item, since the app may have been moved. */
  repair(): Promise<void>
}

/**
 * Windows and macOS have an API for this; Linux has a folder (Desktop Application Autostart Specification).
 */
export function createLoginItem(platform: NodeJS.Platform, command: LaunchCommand): LoginItemStore {
  return platform === 'linux' ? autostartFileItem(autostartFile(command)) : systemItem(platform)
}

/**
 * The user's autostart entry. In a Flatpak, `XDG_CONFIG_HOME` is a private folder that the session does not
 * read.
 */
function autostartFile(command: LaunchCommand): OwnedFile {
  const { env } = process
  const config =
    (env['FLATPAK_ID'] ? undefined : env['XDG_CONFIG_HOME']) || join(app.getPath('home'), '.config')
  const text = [
    '[Desktop Entry]',
    `# ${ownershipMark}, by the switch in its settings.`,
    'Type=Application',
    'Name=Modelferry',
    `Exec=${desktopEntryExec(command, hiddenSwitch)}`,
    'Icon=modelferry',
    'Terminal=false',
    'StartupNotify=false',
    'X-GNOME-Autostart-enabled=true',
  ].join('\n')
  return { path: join(config, 'autostart', 'modelferry.desktop'), text: `${text}\n` }
}

/** Desktops disable an entry by a key instead of removing it. */
const isDisabled = (text: string) => /^(?:Hidden=true|X-GNOME-Autostart-enabled=false)\s*$/m.test(text)

function autostartFileItem(file: OwnedFile): LoginItemStore {
  const read = async (): Promise<LoginItem> => {
    const text = await readOwned(file)
    return { isOn: text !== null && !isDisabled(text), can: 'yes' }
  }
  return {
    read,
    async set(isOn) {
      await (isOn ? writeOwned(file) : removeOwned(file))
      return read()
    },
    async repair() {
      if ((await read()).isOn) await writeOwned(file)
    },
  }
}

function systemItem(platform: NodeJS.Platform): LoginItemStore {
  // On Windows the arguments are part of an entry's identity.
  const args = platform === 'win32' ? [hiddenSwitch] : []
  const read = async (): Promise<LoginItem> => {
    const current = app.getLoginItemSettings({ args })
    // An entry disabled in the task manager is listed but not started.
    const isEnabled = platform !== 'win32' || current.executableWillLaunchAtLogin
    const needsApproval = platform === 'darwin' && current.status === 'requires-approval'
    return { isOn: current.openAtLogin && isEnabled, can: needsApproval ? 'approval' : 'yes' }
  }
  return {
    read,
    async set(isOn) {
      app.setLoginItemSettings({ openAtLogin: isOn, args })
      return read()
    },
    async repair() {
      if ((await read()).isOn) app.setLoginItemSettings({ openAtLogin: true, args })
    },
  }
}
