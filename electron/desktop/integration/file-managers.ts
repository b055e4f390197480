import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { FileManagerEntry } from '../../contract/conditions.ts'
import { menuFiles, updateMenuDatabases, type MenuSources } from './linux-app-menu.ts'
import { catalogues, type Translate } from '../../messages/messages.ts'
import { runProgram } from '../../platform/run-program.ts'
import { quickAction } from './finder-quick-action.ts'
import { desktopEntryExec, shellCommand, type LaunchCommand } from './launch-command.ts'
import { ownershipMark, writeOwned, readOwned, removeOwned, type OwnedFile } from './owned-file.ts'

type Id = FileManagerEntry['id']

/** "Upload with Modelferry" in the menus of file managers. On Windows the installer adds the app to "Send to". */
export interface FileManagers {
  list(): Promise<readonly FileManagerEntry[]>
  set(id: Id, isOn: boolean): Promise<readonly FileManagerEntry[]>
  /** Rewrites enabled entries, since the app may have been moved. */
  repair(): Promise<void>
}

const labelKey = 'settings.manager-entry'

/** Scripts get one address per line (Nautilus help). Paths may have line breaks, which are `%0A` in addresses. */
const nautilusScript = (command: LaunchCommand) => `#!/bin/sh
# ${ownershipMark}, by the switch in its settings.
IFS='
'
set -f
set -- $NAUTILUS_SCRIPT_SELECTED_URIS
exec ${shellCommand(command)} -- "$@"
`

/**
 * Nemo's actions (/usr/share/nemo/actions/sample.nemo_action). It splits the command as a shell does, and escapes only
 * quotation marks in paths: a space would end a path, and addresses have none.
 */
const nemoAction = (command: LaunchCommand, label: string) => `[Nemo Action]
# ${ownershipMark}, by the switch in its settings.
Name=${label}
Exec=${desktopEntryExec(command, '--', '%U')}
Quote=double
Icon-Name=modelferry
Selection=notnone
Extensions=any;
`

/**
 * KDE's service menus (develop.kde.org, "Creating Dolphin service menus"); since Plasma 5.85 they must be
 * executable.
 */
const dolphinMenu = (command: LaunchCommand, label: string) => `[Desktop Entry]
# ${ownershipMark}, by the switch in its settings.
Type=Service
MimeType=application/octet-stream;inode/directory;
Actions=uploadWithModelferry

[Desktop Action uploadWithModelferry]
Name=${label}
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

interface Options {
  readonly platform: NodeJS.Platform
  readonly command: LaunchCommand
  readonly home: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Null if a package or the system has added the app to the desktop's menu. */
  readonly menu: MenuSources | null
  /** In the current language. */
  readonly t: () => Translate
}

function fileManagerIntegrations(options: Options, dataFolder: string): Integration[] {
  const { platform, command, home, t } = options
  const label = () => t()(labelKey)
  if (platform === 'darwin')
    return [{ id: 'finder', program: null, files: async () => quickAction(home, command, label()) }]
  if (platform !== 'linux') return []
  const nautilus = (name: string) => ({
    path: join(dataFolder, 'nautilus/scripts', name),
    text: nautilusScript(command),
    isExecutable: true,
  })
  const dolphin = () => ({
    path: join(dataFolder, 'kio/servicemenus/modelferry.desktop'),
    text: dolphinMenu(command, label()),
    isExecutable: true,
  })
  const nemo = () => ({
    path: join(dataFolder, 'nemo/actions/modelferry.nemo_action'),
    text: nemoAction(command, label()),
  })
  return [
    { id: 'nautilus', program: 'nautilus', files: async () => [await existingScript(nautilus, label())] },
    { id: 'nemo', program: 'nemo', files: async () => [nemo()] },
    { id: 'dolphin', program: 'dolphin', files: async () => [dolphin()] },
  ]
}

/** The name of a script is its label, so one that was written in another language or by an older version differs. */
async function existingScript(script: (name: string) => OwnedFile, label: string): Promise<OwnedFile> {
  const names = Object.values(catalogues).map((catalogue) => catalogue[labelKey])
  for (const name of [...names, 'Send with Modelferry']) {
    const existing = script(name)
    if ((await readOwned(existing)) !== null) return existing
  }
  return script(label)
}

export function createFileManagers(options: Options): FileManagers {
  const { command, home, env, menu } = options
  const dataFolder = (env['FLATPAK_ID'] ? undefined : env['XDG_DATA_HOME']) || join(home, '.local/share')
  const menuIntegration = (sources: MenuSources): Integration => ({
    id: 'menu',
    program: null,
    files: () => menuFiles(sources, command, dataFolder),
    onChange: () => updateMenuDatabases(runProgram, dataFolder),
  })
  const integrations = [
    ...(menu ? [menuIntegration(menu)] : []),
    ...fileManagerIntegrations(options, dataFolder),
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
