import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunProgram } from '../../platform/run-program.ts'
import { desktopEntryExec, type LaunchCommand } from './launch-command.ts'
import { ownershipMark, type OwnedFile } from './owned-file.ts'

/** What a package brings and an AppImage or an unpacked archive doesn't: files of this app to be laid into the person's folders. */
export interface MenuSources {
  /** Kinds of model files (shared-mime-info). */
  readonly mimeTypes: string
  readonly icon: string
}

const remark = `<!-- ${ownershipMark}, by the switch in its settings. -->\n`
const iconName = 'app.modelferry.Modelferry'

/** Named as the package names it, since windows are matched to their entry by it. */
const entry = (command: LaunchCommand) => `[Desktop Entry]
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

/** The files for menu and "Open with". @param data this person's folder for such things (`XDG_DATA_HOME`) */
export async function menuFiles(
  { mimeTypes: kinds, icon }: MenuSources,
  command: LaunchCommand,
  data: string,
): Promise<readonly OwnedFile[]> {
  const [kindsText, iconText] = await Promise.all([readFile(kinds, 'utf8'), readFile(icon, 'utf8')])
  return [
    { path: join(data, 'applications/modelferry.desktop'), text: entry(command) },
    { path: join(data, 'mime/packages/modelferry.xml'), text: `${kindsText}${remark}` },
    { path: join(data, `icons/hicolor/scalable/apps/${iconName}.svg`), text: `${iconText}${remark}` },
  ]
}

/** The desktop reads its own summaries of such folders; where these programs are missing it finds out at the next login. */
export async function updateMenuDatabases(ask: RunProgram, data: string): Promise<void> {
  await ask('update-mime-database', [join(data, 'mime')])
  await ask('update-desktop-database', [join(data, 'applications')])
}
