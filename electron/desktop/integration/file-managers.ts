import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { FileManagerEntry } from '../../contract/conditions.ts'
import { menuFiles, updateMenuDatabases, type MenuSources } from './linux-app-menu.ts'
import { runProgram } from '../../platform/run-program.ts'
import { quickAction } from './finder-quick-action.ts'
import { desktopEntryExec, shellCommand, type LaunchCommand } from './launch-command.ts'
import { ownershipMark, writeOwned, readOwned, removeOwned, type OwnedFile } from './owned-file.ts'

type Id = FileManagerEntry['id']

/** "Send with Modelferry" in the menus of file managers. On Windows the installer adds it to "Send to". */
export interface FileManagers {
  list(): Promise<readonly FileManagerEntry[]>
  set(id: Id, isOn: boolean): Promise<readonly FileManagerEntry[]>
  /** Rewrites enabled entries, since the app may have been moved. */
  repair(): Promise<void>
}

const entryName = 'Send with Modelferry'

/** Scripts get absolute paths, one per line (Nautilus help). */
const nautilusScript = (command: LaunchCommand) => `#!/bin/sh
# ${ownershipMark}, by the switch in its settings.
IFS='
'
set -f
set -- $NAUTILUS_SCRIPT_SELECTED_FILE_PATHS
exec ${shellCommand(command)} -- "$@"
`

/** Nemo's actions (/usr/share/nemo/actions/sample.nemo_action). */
const nemoAction = (command: LaunchCommand) => `[Nemo Action]
# ${ownershipMark}, by the switch in its settings.
Name=${entryName}
Exec=${desktopEntryExec(command, '--', '%F')}
Icon-Name=modelferry
Selection=notnone
Extensions=any;
`

/**
 * KDE's service menus (develop.kde.org, "Creating Dolphin service menus"); since Plasma 5.85 they must be
 * executable.
 */
const dolphinMenu = (command: LaunchCommand) => `[Desktop Entry]
# ${ownershipMark}, by the switch in its settings.
Type=Service
MimeType=application/octet-stream;inode/directory;
Actions=sendWithModelferry

[Desktop Action sendWithModelferry]
Name=${entryName}
Icon=modelferry
Exec=${desktopEntryExec(command, '--', '%F')}
`

interface Integration {
  readonly id: Id
  /** The program to look for on the PATH; null if it is always available. */
  readonly program: string | null
  files(): Promise<readonly OwnedFile[]>
  /** Called after files were written or removed. */
  readonly onChange?: () => Promise<void>
}

function fileManagerIntegrations(
  platform: NodeJS.Platform,
  command: LaunchCommand,
  home: string,
  dataFolder: string,
): Integration[] {
  if (platform === 'darwin')
    return [{ id: 'finder', program: null, files: async () => quickAction(home, command) }]
  if (platform !== 'linux') return []
  const dolphin = {
    path: join(dataFolder, 'kio/servicemenus/modelferry.desktop'),
    text: dolphinMenu(command),
  }
  const nautilus = { path: join(dataFolder, 'nautilus/scripts', entryName), text: nautilusScript(command) }
  const nemo = { path: join(dataFolder, 'nemo/actions/modelferry.nemo_action'), text: nemoAction(command) }
  return [
    { id: 'nautilus', program: 'nautilus', files: async () => [{ ...nautilus, isExecutable: true }] },
    { id: 'nemo', program: 'nemo', files: async () => [nemo] },
    { id: 'dolphin', program: 'dolphin', files: async () => [{ ...dolphin, isExecutable: true }] },
  ]
}

export function createFileManagers(options: {
  readonly platform: NodeJS.Platform
  readonly command: LaunchCommand
  readonly home: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Null if a package or the system has added the app to the desktop's menu. */
  readonly menu: MenuSources | null
}): FileManagers {
  const { platform, command, home, env, menu } = options
  const dataFolder = (env['FLATPAK_ID'] ? undefined : env['XDG_DATA_HOME']) || join(home, '.local/share')
  const menuIntegration = (sources: MenuSources): Integration => ({
    id: 'menu',
    program: null,
    files: () => menuFiles(sources, command, dataFolder),
    onChange: () => updateMenuDatabases(runProgram, dataFolder),
  })
  const integrations = [
    ...(menu ? [menuIntegration(menu)] : []),
    ...fileManagerIntegrations(platform, command, home, dataFolder),
  ]
  const isInstalled = ({ program }: Integration) => program === null || isOnPath(program, env['PATH'] ?? '')
  const isOn = async ({ files }: Integration) => {
    const texts = await Promise.all((await files()).map(readOwned))
    return texts.every((text) => text !== null)
  }

  async function list(): Promise<readonly FileManagerEntry[]> {
    const entries = await Promise.all(
      integrations.map(async (integration) => ({
        id: integration.id,
        isOn: await isOn(integration),
        isInstalled: isInstalled(integration),
      })),
    )
    // A removed file manager is still listed while its entry exists, so that it can be disabled.
    return entries.filter((entry) => entry.isInstalled || entry.isOn).map(({ id, isOn }) => ({ id, isOn }))
  }

  return {
    list,
    async set(id, isEnabled) {
      const integration = integrations.find((candidate) => candidate.id === id)
      for (const file of (await integration?.files()) ?? [])
        await (isEnabled ? writeOwned(file) : removeOwned(file))
      await integration?.onChange?.()
      return list()
    },
    async repair() {
      for (const integration of integrations) {
        if (!(await isOn(integration))) continue
        for (const file of await integration.files()) await writeOwned(file)
      }
    },
  }
}

function isOnPath(program: string, path: string): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
