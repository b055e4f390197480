import type { ElectronApplication } from '@playwright/test'

declare global {
  var dialogsAsked: string[]
  var pickersAnswered: number
  var __electronHost: {
    readonly trays: ReadonlySet<{ readonly menu: Electron.Menu | null; readonly toolTip: string }>
    readonly notifications: readonly Electron.Notification[]
    readonly events: readonly Record<string, unknown>[]
    readonly browser: { readonly browserContextId: string | undefined }
  }
}

/** Answers all further message boxes with this button and records them. */
export function answerBoxes(electron: ElectronApplication, button: number): Promise<void> {
  return replaceBoxes(electron, button)
}

/** Answers all further message boxes as the Enter key does, with their default button, and records them. */
export function pressEnterInBoxes(electron: ElectronApplication): Promise<void> {
  return replaceBoxes(electron, null)
}

/** A box of an invisible window is not answered: on macOS it is a sheet that nobody sees. */
async function replaceBoxes(electron: ElectronApplication, button: number | null): Promise<void> {
  await electron.evaluate(({ dialog }, chosen) => {
    globalThis.dialogsAsked = []
    dialog.showMessageBox = async (...words: unknown[]) => {
      const { message, defaultId = 0 } = words.at(-1) as { message: string; defaultId?: number }
      const isSheet = words.length > 1
      if (isSheet && !(words[0] as Electron.BaseWindow).isVisible()) return new Promise(() => undefined)
      globalThis.dialogsAsked.push(message)
      return { response: chosen ?? defaultId, checkboxChecked: false }
    }
  }, button)
}

/** Makes the native picker return these paths. */
export async function answerPicker(
  electron: ElectronApplication,
  filePaths: readonly string[],
): Promise<void> {
  await electron.evaluate(
    ({ dialog }, chosen) => {
      globalThis.pickersAnswered = 0
      dialog.showOpenDialog = async () => {
        globalThis.pickersAnswered += 1
        return { canceled: chosen.length === 0, filePaths: chosen }
      }
    },
    [...filePaths],
  )
}

/** Makes the native save dialog return this path, or be cancelled. */
export async function answerSaving(electron: ElectronApplication, filePath: string | null): Promise<void> {
  await electron.evaluate(({ dialog }, chosen) => {
    globalThis.pickersAnswered = 0
    dialog.showSaveDialog = async () => {
      globalThis.pickersAnswered += 1
      return { canceled: chosen === null, filePath: chosen ?? '' }
    }
  }, filePath)
}

/** How often the native dialog was answered since then. */
export const pickersAnswered = (electron: ElectronApplication) =>
  electron.evaluate(() => globalThis.pickersAnswered)

/** The recorded message boxes. */
export const asked = (electron: ElectronApplication) => electron.evaluate(() => globalThis.dialogsAsked)

/** Makes all further timers of exactly this delay in the main process fire at once. */
export async function skipTimers(electron: ElectronApplication, skippedMs: number): Promise<void> {
  await electron.evaluate((_electron, skipped) => {
    const { setTimeout: original } = globalThis
    const replacement = (callback: () => void, delayMs?: number) =>
      original(callback, delayMs === skipped ? 0 : delayMs)
    globalThis.setTimeout = Object.assign(replacement, original)
  }, skippedMs)
}

/** Closes the window as a user does. */
export async function closeWindow(electron: ElectronApplication): Promise<void> {
  await electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close())
}

/** Quits the app as its menu does. */
export async function quit(electron: ElectronApplication): Promise<void> {
  // A process that has ended sends no response.
  await electron.evaluate(({ app }) => app.quit()).catch(() => undefined)
}

/** True while the window is visible: shown and not minimised. */
export function isSeen(electron: ElectronApplication): Promise<boolean> {
  return electron.evaluate(({ BrowserWindow }) => {
    const [window] = BrowserWindow.getAllWindows()
    return window !== undefined && window.isVisible() && !window.isMinimized()
  })
}

/** Clicks an item of the tray menu. Only the host supports this. */
export async function clickTray(electron: ElectronApplication, id: string): Promise<void> {
  const found = await electron.evaluate((_electron, which) => {
    const [tray] = globalThis.__electronHost.trays
    const item = tray?.menu?.getMenuItemById(which)
    // After the response, which would be lost on quitting.
    if (item) setImmediate(() => item.click())
    return item !== null && item !== undefined
  }, id)
  if (!found) throw new Error(`the tray's menu has no ${id}`)
}

/** The labels of the tray menu, without separators. Only the host supports this. */
export function trayLabels(electron: ElectronApplication): Promise<string[]> {
  return electron.evaluate(() => {
    const [tray] = globalThis.__electronHost.trays
    return (tray?.menu?.items ?? []).filter(({ type }) => type !== 'separator').map(({ label }) => label)
  })
}

/** The recorded desktop requests of one kind, in order. Only the host records them. */
export function written(electron: ElectronApplication, kind: string): Promise<Record<string, unknown>[]> {
  return electron.evaluate(
    (_electron, which) => globalThis.__electronHost.events.filter((event) => event['kind'] === which),
    kind,
  )
}

/** The state of the window: `hidden` is not in the taskbar either, `none` does not exist. */
export function windowState(
  electron: ElectronApplication,
): Promise<'shown' | 'minimised' | 'hidden' | 'none'> {
  return electron.evaluate(({ BrowserWindow }) => {
    const [window] = BrowserWindow.getAllWindows()
    if (!window) return 'none'
    if (!window.isVisible()) return 'hidden'
    return window.isMinimized() ? 'minimised' : 'shown'
  })
}

/** Clicks an item of the application menu. */
export async function clickMenu(electron: ElectronApplication, id: string): Promise<void> {
  await electron.evaluate(({ Menu }, which) => Menu.getApplicationMenu()?.getMenuItemById(which)?.click(), id)
}

/** The texts of all notifications so far. Only the host records them. */
export async function notified(electron: ElectronApplication): Promise<unknown[]> {
  return (await written(electron, 'notification')).map(({ body }) => body)
}
