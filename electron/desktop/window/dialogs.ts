import { app, dialog, type BrowserWindow, type FileFilter, type MessageBoxOptions } from 'electron'
import { dirname, join } from 'node:path'
import type { Failure } from '../../contract/failures.ts'
import { failureText } from '../../messages/messages.ts'
import type { Language } from '../settings/language.ts'
import type { JsonStore } from '../../platform/settings.ts'
import { createConfirmations, type Confirmations } from './confirmations.ts'
import type { AskQuestion } from './question-queue.ts'

export interface RunningUploads {
  readonly running: number
  /** Uploads that have not begun or are retried later. */
  readonly waiting: number
  /** Bytes that would be uploaded again if the app quits now. */
  readonly unacknowledgedBytes: number
  /** Some parts need only a few seconds. */
  readonly canFinishParts: boolean
  /** Commands wait for uploads, and go on with them. */
  readonly hasCommands: boolean
}

export interface Dialogs extends Confirmations {
  /** Asks what closing the window should do from now on; null when cancelled. */
  askCloseAction(hasTray: boolean): Promise<'keep-sending' | 'quit' | null>
  /** Asks whether to quit while uploads are running, after finishing parts if that is possible, or now; null when not. */
  confirmQuit(uploads: RunningUploads): Promise<'finish-parts' | 'now' | null>
  /** Shows the system's file picker; returns absolute paths, or none when cancelled. */
  pickPaths(
    what: 'files' | 'folder' | 'model' | 'model-folder' | 'watched-folder',
  ): Promise<readonly string[]>
  /** Shows the system's dialog for saving a file, in the downloads folder; null when cancelled. */
  pickSavePath(options: {
    readonly title: string
    readonly fileName: string
    readonly filters: FileFilter[]
  }): Promise<string | null>
  showFailure(failure: Failure): Promise<void>
}

/** Extensions of model files (those of Civitai and ComfyUI), for the picker's first filter. */
const modelExtensions = ['safetensors', 'sft', 'gguf', 'ckpt', 'pt', 'pt2', 'pth', 'bin', 'pkl', 'onnx']

export function createDialogs(options: {
  /** A visible window for a dialog. */
  readonly parent: () => BrowserWindow
  readonly ask: AskQuestion
  readonly language: Language
  readonly memory: JsonStore
}): Dialogs {
  const { parent, ask, language, memory } = options

  /** Returns the index of the clicked button. */
  async function showMessage(options: MessageBoxOptions): Promise<number> {
    const { response } = await dialog.showMessageBox(parent(), { ...options, title: app.getName() })
    return response
  }

  return {
    ...createConfirmations(showMessage, ask, language),
    async askCloseAction(hasTray) {
      const t = language.translate()
      const answer = await showMessage({
        type: 'question',
        message: t('close.question'),
        detail: t(hasTray ? 'close.explanation' : 'close.explanation-no-tray'),
        buttons: [t('action.keep-uploading'), t('tray.quit'), t('dialog.cancel')],
        defaultId: 0,
        cancelId: 2,
        noLink: true,
      })
      if (answer === 0) return 'keep-sending'
      return answer === 1 ? 'quit' : null
    },
    async confirmQuit({ running, waiting, unacknowledgedBytes: againBytes, canFinishParts, hasCommands }) {
      const t = language.translate()
      const choices = canFinishParts
        ? ([
            ['quit.quit', 'finish-parts'],
            ['quit.now', 'now'],
            ['action.keep-uploading', null],
          ] as const)
        : ([
            ['tray.quit', 'now'],
            ['action.keep-uploading', null],
          ] as const)
      const answer = await showMessage({
        type: 'question',
        message: t('quit.question', {
          count: running + waiting,
          againBytes,
          hasCost: againBytes > 0 ? 'yes' : 'no',
          hasCommands: hasCommands ? 'yes' : 'no',
        }),
        buttons: choices.map(([label]) => t(label)),
        defaultId: choices.length - 1,
        cancelId: choices.length - 1,
        noLink: true,
      })
      return choices[answer]?.[1] ?? null
    },
    async pickPaths(what) {
      const t = language.translate()
      const isFolder = what === 'folder' || what === 'model-folder' || what === 'watched-folder'
      const isSingle = what !== 'files' && what !== 'folder'
      const lastFolder = memory.read()['lastFolder']
      const { canceled, filePaths } = await dialog.showOpenDialog(parent(), {
        title: t(isFolder ? 'pick.folder' : 'pick.files'),
        buttonLabel: t('add.label'),
        defaultPath: typeof lastFolder === 'string' ? lastFolder : app.getPath('downloads'),
        properties: [
          isFolder ? 'openDirectory' : 'openFile',
          ...(isSingle ? [] : (['multiSelections'] as const)),
        ],
        ...(!isFolder
          ? {
              filters: [
                { name: t('pick.models'), extensions: modelExtensions },
                { name: t('pick.all'), extensions: ['*'] },
              ],
            }
          : {}),
      })
      if (canceled) return []
      const [first] = filePaths
      if (first !== undefined) memory.write({ lastFolder: dirname(first) })
      return filePaths
    },
    async pickSavePath({ title, fileName, filters }) {
      const defaultPath = join(app.getPath('downloads'), fileName)
      // On Linux with GTK 3 an existing file is otherwise replaced without a question (file_dialog_linux.cc).
      const properties = ['showOverwriteConfirmation' as const]
      const box = { title, filters, defaultPath, properties }
      const { canceled, filePath } = await dialog.showSaveDialog(parent(), box)
      return canceled || filePath === '' ? null : filePath
    },
    async showFailure(failure) {
      const t = language.translate()
      await showMessage({
        type: 'warning',
        message: failureText(failure, t),
        buttons: [t('dialog.ok')],
      })
    },
  }
}
