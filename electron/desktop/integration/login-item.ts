import { app } from 'electron'
import { join } from 'node:path'
import type { LoginItem } from '../../contract/conditions.ts'
import { hiddenSwitch } from './launch-arguments.ts'
import { desktopEntryExec, type LaunchCommand } from './launch-command.ts'
import { ownershipMark, writeOwned, readOwned, removeOwned, type OwnedFile } from './owned-file.ts'

/** Start at login, hidden: as it really is, not as it was once wished for. */
export interface LoginItemStore {
  read(): Promise<LoginItem>
  /** Answers how it is afterwards. */
  set(isOn: boolean): Promise<LoginItem>
  /** Writes it anew where the app lies elsewhere than it did: an AppImage was renamed, a folder moved. */
  repair(): Promise<void>
}

/** Windows and macOS keep the list themselves; Linux has a folder (Desktop Application Autostart Specification). */
export function createLoginItem(platform: NodeJS.Platform, command: LaunchCommand): LoginItemStore {
  return platform === 'linux' ? inFolder(autostartFile(command)) : bySystem(platform)
}

/** The folder for entries of this user. Inside a Flatpak `XDG_CONFIG_HOME` is its own, which no session reads. */
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

/** Desktops switch an entry off by a key of their own instead of removing it. */
const isOff = (text: string) => /^(?:Hidden=true|X-GNOME-Autostart-enabled=false)\s*$/m.test(text)

function inFolder(file: OwnedFile): LoginItemStore {
  const read = async (): Promise<LoginItem> => {
    const text = await readOwned(file)
    return { isOn: text !== null && !isOff(text), can: 'yes' }
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

function bySystem(platform: NodeJS.Platform): LoginItemStore {
  // Windows tells its entries apart by their arguments as well.
  const args = platform === 'win32' ? [hiddenSwitch] : []
  const read = async (): Promise<LoginItem> => {
    const now = app.getLoginItemSettings({ args })
    // Switched off in the task manager, it is in the list and is not started.
    const isStarted = platform !== 'win32' || now.executableWillLaunchAtLogin
    const waits = platform === 'darwin' && now.status === 'requires-approval'
    return { isOn: now.openAtLogin && isStarted, can: waits ? 'approval' : 'yes' }
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
