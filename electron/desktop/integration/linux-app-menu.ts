import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunProgram } from '../../platform/run-program.ts'
import { desktopEntryExec, type LaunchCommand } from './launch-command.ts'
import { ownershipMark, type OwnedFile } from './owned-file.ts'

/**
 * Files that a package would install, copied to the user's folders for an AppImage or an unpacked archive.
 */
export interface MenuSources {
  /** MIME types of model files (shared-mime-info). */
  readonly mimeTypes: string
  readonly icon: string
}

const ownershipComment = `<!-- ${ownershipMark}, by the switch in its settings. -->\n`
/** The name under which packages install the icon; the other desktop entries use it as well. */
const iconName = 'modelferry'

/** Has the same file name as in packages, which desktops use to match windows to their entry. */
const desktopEntry = (command: LaunchCommand) => `[Desktop Entry]
# ${ownershipMark}, by the switch in its settings.
Type=Application
Name=Modelferry
Comment=Upload local AI model files
Comment[zh_CN]=上传本地 AI 模型文件
Comment[zh_TW]=上傳本機 AI 模型檔案
Exec=${desktopEntryExec(command, '--', '%U')}
Icon=${iconName}
Terminal=false
StartupWMClass=modelferry
Categories=Utility;Network;
Keywords=model;upload;safetensors;gguf;checkpoint;lora;
MimeType=application/x-safetensors;application/x-gguf;x-scheme-handler/modelferry;
`

/** The files for the menu and "Open with". @param dataFolder the user's `XDG_DATA_HOME` */
export async function menuFiles(
  { mimeTypes: kinds, icon }: MenuSources,
  command: LaunchCommand,
  dataFolder: string,
): Promise<readonly OwnedFile[]> {
  const [mimeTypesText, iconText] = await Promise.all([readFile(kinds, 'utf8'), readFile(icon, 'utf8')])
  return [
    { path: join(dataFolder, 'applications/modelferry.desktop'), text: desktopEntry(command) },
    { path: join(dataFolder, 'mime/packages/modelferry.xml'), text: `${mimeTypesText}${ownershipComment}` },
    {
      path: join(dataFolder, `icons/hicolor/scalable/apps/${iconName}.svg`),
      text: `${iconText}${ownershipComment}`,
    },
  ]
}

/**
 * Updates the desktop's caches of these folders. Without these programs it notices the change at the next
 * login.
 */
export async function updateMenuDatabases(run: RunProgram, dataFolder: string): Promise<void> {
  await run('update-mime-database', [join(dataFolder, 'mime')])
  await run('update-desktop-database', [join(dataFolder, 'applications')])
}
