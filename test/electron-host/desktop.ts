import { complain, host } from './state.ts'
import { strict, strictEmitter } from './strict.ts'

interface Parent {
  isVisible(): boolean
}

/** Whether the user sees a dialog: on macOS it is a sheet, which an invisible window doesn't show (message_box_mac.mm). */
function isReachable([parent, options]: unknown[]): boolean {
  if (options === undefined || (parent as Parent).isVisible()) return true
  complain('a dialog of an invisible window was opened, which nobody can answer on macOS')
  return false
}

function unanswered(name: string) {
  return (...values: unknown[]): Promise<never> => {
    host.record('dialog', { name, options: values.at(-1) })
    if (!isReachable(values)) return new Promise(() => undefined)
    const problem = `dialog.${name} was opened, but no answer was provided: replace it in the test`
    return Promise.reject(new Error(`electron-host: ${problem}`))
  }
}

/** Dialogs need user input, so a test that opens one must provide the response. */
export const dialog = strict('dialog', {
  showOpenDialog: unanswered('showOpenDialog'),
  showSaveDialog: unanswered('showSaveDialog'),
  showMessageBox: unanswered('showMessageBox'),
  showErrorBox(title: string, content: string): void {
    host.record('error-box', { title, content })
    console.error(`error box: ${title}: ${content}`)
  },
})

const shortcuts = new Map<string, () => void>()

export const globalShortcut = strict('globalShortcut', {
  register(accelerator: string, pressed: () => void): boolean {
    shortcuts.set(accelerator, pressed)
    return true
  },
  unregister: (accelerator: string) => void shortcuts.delete(accelerator),
  unregisterAll: () => shortcuts.clear(),
  isRegistered: (accelerator: string) => shortcuts.has(accelerator),
})

let clipboardText = ''

export const clipboard = strict('clipboard', {
  readText: () => clipboardText,
  writeText: (text: string) => void (clipboardText = text),
  clear: () => void (clipboardText = ''),
})

export const shell = strict('shell', {
  openExternal: (url: string) => Promise.resolve(host.record('open-external', { url })),
  openPath(path: string): Promise<string> {
    host.record('open-path', { path })
    return Promise.resolve('')
  },
  showItemInFolder: (path: string) => host.record('show-in-folder', { path }),
  trashItem: (path: string) => Promise.resolve(host.record('trash', { path })),
  beep: () => host.record('beep'),
})

const area = { x: 0, y: 0, width: 1920, height: 1080 }
const display = {
  id: 1,
  scaleFactor: 1,
  bounds: area,
  workArea: area,
  size: { width: area.width, height: area.height },
  workAreaSize: { width: area.width, height: area.height },
}

export const screen = strictEmitter('screen', {
  getPrimaryDisplay: () => display,
  getAllDisplays: () => [display],
  getDisplayMatching: () => display,
  getDisplayNearestPoint: () => display,
  getCursorScreenPoint: () => ({ x: 0, y: 0 }),
})
