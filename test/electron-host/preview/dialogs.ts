import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, resolve } from 'node:path'
import { complain } from '../state.ts'
import { callInPage, contentsFor } from './page-call.ts'
import { pickFiles } from './picker-world.ts'
import type { PickerOptions } from './picker-world.ts'
import { showQuestion } from './question-world.ts'
import type { Answer, Question } from './question-world.ts'
import type { HostContents } from '../shapes.ts'

// Electron's dialogs, for a person: questions in front of the page, and Chromium's own file chooser.

// The options of Electron that the host uses.
interface MessageBoxOptions {
  readonly message: string
  readonly detail?: string
  readonly buttons?: readonly string[]
  readonly defaultId?: number
  readonly cancelId?: number
}
interface OpenDialogOptions {
  readonly properties?: readonly string[]
  readonly filters?: readonly { readonly extensions: readonly string[] }[]
}
interface SaveDialogOptions {
  readonly title?: string
  readonly defaultPath?: string
}

/** A question that can't be shown, or whose page is closed, is cancelled. */
async function ask(contents: HostContents | undefined, question: Question): Promise<Answer> {
  try {
    if (contents === undefined) throw new Error('there is no window')
    const { _window: window } = contents
    if (window.isMinimized()) window.restore()
    window.show()
    return await callInPage<Answer>(contents, { run: showQuestion, argument: question })
  } catch (error) {
    complain(`"${question.message}" could not be answered:`, error)
    return { button: question.cancelId, input: '' }
  }
}

/** Says that something needs Electron's runtime. */
export function showUnavailable(what: string): void {
  const message = 'Not available in the preview without Electron'
  complain(`${message}: ${what}`)
  void ask(contentsFor([]), { message, detail: what, buttons: ['OK'], defaultId: 0, cancelId: 0 })
}

async function showMessageBox(...values: unknown[]): Promise<{ response: number; checkboxChecked: boolean }> {
  const options = values.at(-1) as MessageBoxOptions
  const { message, detail = '', buttons = ['OK'], defaultId = 0, cancelId = 0 } = options
  const question = { message, detail, buttons, defaultId, cancelId }
  const { button } = await ask(contentsFor(values), question)
  return { response: button, checkboxChecked: false }
}

function showErrorBox(title: string, content: string): void {
  console.error(`${title}\n${content}`)
  const contents = contentsFor([])
  if (contents === undefined) return
  void ask(contents, { message: title, detail: content, buttons: ['OK'], defaultId: 0, cancelId: 0 })
}

async function showOpenDialog(...values: unknown[]): Promise<{ canceled: boolean; filePaths: string[] }> {
  const { properties = [], filters = [] } = values.at(-1) as OpenDialogOptions
  const options: PickerOptions = {
    isFolder: properties.includes('openDirectory'),
    isMultiple: properties.includes('multiSelections'),
    // Chromium adds a choice of all files.
    accept: (filters[0]?.extensions ?? []).map((ending) => `.${ending}`).join(),
  }
  const contents = contentsFor(values)
  const picked = contents ? pickPaths(contents, options) : Promise.resolve([])
  const filePaths = await picked.catch((error: unknown) => {
    complain('no files could be chosen:', error)
    return []
  })
  return { canceled: filePaths.length === 0, filePaths }
}

async function pickPaths(contents: HostContents, options: PickerOptions): Promise<string[]> {
  const session = await contents._attached
  const objectId = await callInPage<string>(contents, { run: pickFiles, argument: options, byValue: false })
  interface Properties {
    readonly result: readonly { readonly name: string; readonly value?: { readonly objectId?: string } }[]
  }
  const list = await session.send<Properties>('Runtime.getProperties', { objectId, ownProperties: true })
  const files = list.result.filter(({ name }) => /^\d+$/.test(name))
  const paths = files.map(({ value }) =>
    session.send<{ path: string }>('DOM.getFileInfo', { objectId: value?.objectId }),
  )
  const filePaths = (await Promise.all(paths)).map(({ path }) => path)
  if (!options.isFolder || filePaths[0] === undefined) return filePaths
  // The folder contains the first file at its relative path, which begins with the folder's name.
  const relative = await session.send<{ result: { value: string } }>('Runtime.callFunctionOn', {
    objectId,
    functionDeclaration: 'function () { return this[0].webkitRelativePath }',
  })
  const levels = relative.result.value.split('/').length - 1
  return [resolve(filePaths[0], ...Array<string>(levels).fill('..'))]
}

/** Asks for the path in a field. */
async function showSaveDialog(...values: unknown[]): Promise<{ canceled: boolean; filePath: string }> {
  const { title = 'Save', defaultPath = '' } = values.at(-1) as SaveDialogOptions
  const contents = contentsFor(values)
  const cancelled = { canceled: true, filePath: '' }
  const question = { message: title, detail: '', buttons: ['Save', 'Cancel'], defaultId: 0, cancelId: 1 }
  const { button, input } = await ask(contents, { ...question, input: defaultPath })
  if (button !== 0 || input === '') return cancelled
  const filePath = resolve(dirname(defaultPath), input.replace(/^~(?=\/|$)/, homedir()))
  if (existsSync(filePath)) {
    const message = `Replace ${basename(filePath)}?`
    const answer = await ask(contents, { ...question, message, buttons: ['Replace', 'Cancel'], defaultId: 1 })
    if (answer.button !== 0) return cancelled
  }
  // Not every account has a downloads folder. The app reports a folder that can't be created or written.
  await mkdir(dirname(filePath), { recursive: true }).catch(() => undefined)
  return { canceled: false, filePath }
}

export const previewDialogs = { showMessageBox, showErrorBox, showOpenDialog, showSaveDialog }
