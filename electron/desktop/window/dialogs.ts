import {
  app,
  dialog,
  type BrowserWindow,
  type MessageBoxOptions,
  type OpenDialogOptions,
  type OpenDialogReturnValue,
} from 'electron'
import { dirname } from 'node:path'
import type { Failure } from '../../contract/failures.ts'
import type { UploadQuestion } from '../../contract/discovery.ts'
import { failureText } from '../../messages/messages.ts'
import type { Language } from '../settings/language.ts'
import type { JsonStore } from '../../platform/settings.ts'

export interface Dialogs {
  /** What closing the window shall do from now on; null when the person changed their mind. */
  askCloseAction(hasTray: boolean): Promise<'keep-sending' | 'quit' | null>
  /** True when the person quits although uploads run. */
  confirmQuit(running: number): Promise<boolean>
  /** True when the person wants files to go that the app has found and they have not picked. */
  confirmSending(question: UploadQuestion): Promise<boolean>
  /** Whole paths, or nothing when the picker was cancelled. */
  pickPaths(
    what: 'files' | 'folder' | 'model' | 'model-folder' | 'watched-folder',
  ): Promise<readonly string[]>
  showFailure(failure: Failure): Promise<void>
}

/** The extensions of model files (Civitai's and ComfyUI's), for the picker's first filter. */
const modelExtensions = ['safetensors', 'sft', 'gguf', 'ckpt', 'pt', 'pt2', 'pth', 'bin', 'pkl', 'onnx']

export function createDialogs(options: {
  readonly parent: () => BrowserWindow | null
  readonly language: Language
  readonly memory: JsonStore
}): Dialogs {
  const { parent, language, memory } = options

  /** The number of the button. Without a window to belong to it stands alone. */
  async function ask(box: MessageBoxOptions): Promise<number> {
    const owner = parent()
    const { response } = await (owner ? dialog.showMessageBox(owner, box) : dialog.showMessageBox(box))
    return response
  }

  return {
    async askCloseAction(hasTray) {
      const words = language.translate()
      const answer = await ask({
        type: 'question',
        title: app.getName(),
        message: words('close.question'),
        detail: words(hasTray ? 'close.explanation' : 'close.explanation-no-tray'),
        buttons: [words('close.keep-sending'), words('close.quit'), words('dialog.cancel')],
        defaultId: 0,
        cancelId: 2,
        noLink: true,
      })
      if (answer === 0) return 'keep-sending'
      return answer === 1 ? 'quit' : null
    },
    async confirmQuit(running) {
      const words = language.translate()
      const answer = await ask({
        type: 'question',
        title: app.getName(),
        message: words('quit.question', { running }),
        detail: words('quit.explanation'),
        buttons: [words('quit.quit'), words('quit.keep-sending')],
        defaultId: 1,
        cancelId: 1,
        noLink: true,
      })
      return answer === 0
    },
    async confirmSending({ count, sizeBytes, team, server }) {
      const words = language.translate()
      const answer = await ask({
        type: 'question',
        title: app.getName(),
        message: words('send-found.question', { count, sizeBytes, team }),
        detail: words('send-found.explanation', { server }),
        buttons: [words('send-found.send', { count }), words('dialog.cancel')],
        defaultId: 0,
        cancelId: 1,
        noLink: true,
      })
      return answer === 0
    },
    async pickPaths(what) {
      const words = language.translate()
      const isFolder = what === 'folder' || what === 'model-folder' || what === 'watched-folder'
      const isOne = what !== 'files' && what !== 'folder'
      const remembered = memory.read()['lastFolder']
      const { canceled, filePaths } = await showPicker(parent(), {
        title: words(isFolder ? 'pick.folder' : 'pick.files'),
        buttonLabel: words('pick.add'),
        // Electron's own start is Downloads as well; naming it keeps that on every system.
        defaultPath: typeof remembered === 'string' ? remembered : app.getPath('downloads'),
        properties: [
          isFolder ? 'openDirectory' : 'openFile',
          ...(isOne ? [] : (['multiSelections'] as const)),
        ],
        ...(!isFolder
          ? {
              filters: [
                { name: words('pick.models'), extensions: modelExtensions },
                { name: words('pick.all'), extensions: ['*'] },
              ],
            }
          : {}),
      })
      if (canceled) return []
      const [first] = filePaths
      if (first !== undefined) memory.write({ lastFolder: dirname(first) })
      return filePaths
    },
    async showFailure(failure) {
      const words = language.translate()
      await ask({
        type: 'warning',
        title: app.getName(),
        message: failureText(failure, words),
        buttons: [words('dialog.ok')],
      })
    },
  }
}

function showPicker(owner: BrowserWindow | null, box: OpenDialogOptions): Promise<OpenDialogReturnValue> {
  return owner ? dialog.showOpenDialog(owner, box) : dialog.showOpenDialog(box)
}
