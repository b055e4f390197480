import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { FileManagerEntry } from '../../contract/conditions.ts'
import { menuFiles, updateMenuDatabases, type MenuSources } from './linux-app-menu.ts'
import { runProgram } from '../../platform/run-program.ts'
import { quickAction } from './finder-quick-action.ts'
import { desktopEntryExec, shellCommand, type LaunchCommand } from './launch-command.ts'
import { ownershipMark, writeOwned, readOwned, removeOwned, type OwnedFile } from './owned-file.ts'

type Id = FileManagerEntry['id']

/** "Send with Modelferry" in the menus of file managers. Windows' "Send to" is the installer's. */
export interface FileManagers {
  list(): Promise<readonly FileManagerEntry[]>
  set(id: Id, isOn: boolean): Promise<readonly FileManagerEntry[]>
  /** Writes anew what is on where the app lies elsewhere than it did. */
  repair(): Promise<void>
}

export const entryName = 'Send with Modelferry'

/** Scripts get the paths one a line, whole (Nautilus' own help). */
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

/** KDE's service menus (develop.kde.org, "Creating Dolphin service menus"); since Plasma 5.85 they must be executable. */
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

interface Known {
  readonly id: Id
  /** The program that shows that the file manager is there; null where it is part of the system. */
  readonly program: string | null
  files(): Promise<readonly OwnedFile[]>
  /** What the desktop has to be told after a change. */
  readonly changed?: () => Promise<void>
}

function known(platform: NodeJS.Platform, command: LaunchCommand, home: string, data: string): Known[] {
  if (platform === 'darwin')
    return [{ id: 'finder', program: null, files: async () => quickAction(home, command) }]
  if (platform !== 'linux') return []
  const dolphin = { path: join(data, 'kio/servicemenus/modelferry.desktop'), text: dolphinMenu(command) }
  const nautilus = { path: join(data, 'nautilus/scripts', entryName), text: nautilusScript(command) }
  const nemo = { path: join(data, 'nemo/actions/modelferry.nemo_action'), text: nemoAction(command) }
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
  /** Null where a package or the system has put the app into the desktop's menu. */
  readonly menu: MenuSources | null
}): FileManagers {
  const { platform, command, home, env, menu } = options
  const data = (env['FLATPAK_ID'] ? undefined : env['XDG_DATA_HOME']) || join(home, '.local/share')
  const inMenu = (sources: MenuSources): Known => ({
    ...{ id: 'menu', program: null },
    files: () => menuFiles(sources, command, data),
    changed: () => updateMenuDatabases(runProgram, data),
  })
  const all = [...(menu ? [inMenu(menu)] : []), ...known(platform, command, home, data)]
  const isThere = ({ program }: Known) => program === null || isOnPath(program, env['PATH'] ?? '')
  const isOn = async ({ files }: Known) => {
    const found = await Promise.all((await files()).map(readOwned))
    return found.every((text) => text !== null)
  }

  async function list(): Promise<readonly FileManagerEntry[]> {
    const entries = await Promise.all(
      all.map(async (one) => ({ id: one.id, isOn: await isOn(one), isThere: isThere(one) })),
    )
    // One that was removed is still shown while our entry is in its folder.
    return entries.filter((one) => one.isThere || one.isOn).map(({ id, isOn }) => ({ id, isOn }))
  }

  return {
    list,
    async set(id, wanted) {
      const one = all.find((known) => known.id === id)
      for (const file of (await one?.files()) ?? []) await (wanted ? writeOwned(file) : removeOwned(file))
      await one?.changed?.()
      return list()
    },
    async repair() {
      for (const one of all) if (await isOn(one)) for (const file of await one.files()) await writeOwned(file)
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
