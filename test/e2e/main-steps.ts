import type { ElectronApplication } from '@playwright/test'

declare global {
  var dialogsAsked: string[]
  var pickersAnswered: number
  var __electronHost: {
    readonly trays: ReadonlySet<{ readonly menu: Electron.Menu | null; readonly toolTip: string }>
    readonly notifications: readonly Electron.Notification[]
    readonly events: readonly Record<string, unknown>[]
  }
}

/** From now on each message box is answered with the button of that number; what it asked is kept. */
export async function answerBoxes(electron: ElectronApplication, button: number): Promise<void> {
  await electron.evaluate(({ dialog }, response) => {
    globalThis.dialogsAsked = []
    dialog.showMessageBox = async (...words: unknown[]) => {
      globalThis.dialogsAsked.push((words.at(-1) as { message: string }).message)
      return { response, checkboxChecked: false }
    }
  }, button)
}

/** From now on the native picker gives these paths. */
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

/** From now on the native box that asks where to save answers with this path, or is cancelled. */
export async function answerSaving(electron: ElectronApplication, filePath: string | null): Promise<void> {
  await electron.evaluate(({ dialog }, chosen) => {
    globalThis.pickersAnswered = 0
    dialog.showSaveDialog = async () => {
      globalThis.pickersAnswered += 1
      return { canceled: chosen === null, filePath: chosen ?? '' }
    }
  }, filePath)
}

/** How often the native box has answered since it was given its answer. */
export const pickersAnswered = (electron: ElectronApplication) =>
  electron.evaluate(() => globalThis.pickersAnswered)

/** What the replaced message boxes have asked so far. */
export const asked = (electron: ElectronApplication) => electron.evaluate(() => globalThis.dialogsAsked)

/** From now on timers of exactly this delay in the main process fire at once. */
export async function skipTimers(electron: ElectronApplication, skippedMs: number): Promise<void> {
  await electron.evaluate((_electron, skipped) => {
    const { setTimeout: original } = globalThis
    const replacement = (callback: () => void, delayMs?: number) =>
      original(callback, delayMs === skipped ? 0 : delayMs)
    globalThis.setTimeout = Object.assign(replacement, original)
  }, skippedMs)
}

/** Closes the window as a person does. */
export async function closeWindow(electron: ElectronApplication): Promise<void> {
  await electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close())
}

/** Asks the app to quit, as its menu does. */
export async function quit(electron: ElectronApplication): Promise<void> {
  // The answer never comes back from a process that has ended.
  await electron.evaluate(({ app }) => app.quit()).catch(() => undefined)
}

/** True while a person can see the window: shown and not minimised. */
export function isSeen(electron: ElectronApplication): Promise<boolean> {
  return electron.evaluate(({ BrowserWindow }) => {
    const [window] = BrowserWindow.getAllWindows()
    return window !== undefined && window.isVisible() && !window.isMinimized()
  })
}

/** Clicks an item of the tray's menu. Only the host shows its trays. */
export async function clickTray(electron: ElectronApplication, id: string): Promise<void> {
  const found = await electron.evaluate((_electron, which) => {
    const [tray] = globalThis.__electronHost.trays
    const item = tray?.menu?.getMenuItemById(which)
    // After the answer: a quit would take it along.
    if (item) setImmediate(() => item.click())
    return item !== null && item !== undefined
  }, id)
  if (!found) throw new Error(`the tray's menu has no ${id}`)
}

/** The labels of the tray's menu, without its separators. Only the host shows its trays. */
export function trayLabels(electron: ElectronApplication): Promise<string[]> {
  return electron.evaluate(() => {
    const [tray] = globalThis.__electronHost.trays
    return (tray?.menu?.items ?? []).filter(({ type }) => type !== 'separator').map(({ label }) => label)
  })
}

/** What the host has written down of one kind, in order: what Electron would have asked of the desktop. */
export function written(electron: ElectronApplication, kind: string): Promise<Record<string, unknown>[]> {
  return electron.evaluate(
    (_electron, which) => globalThis.__electronHost.events.filter((event) => event['kind'] === which),
    kind,
  )
}

/** How the window stands: `hidden` is in no taskbar, `none` is not there at all. */
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

/** Clicks an item of the application's menu. */
export async function clickMenu(electron: ElectronApplication, id: string): Promise<void> {
  await electron.evaluate(({ Menu }, which) => Menu.getApplicationMenu()?.getMenuItemById(which)?.click(), id)
}

/** The texts of the notifications so far. Only the host keeps them. */
export async function notified(electron: ElectronApplication): Promise<unknown[]> {
  return (await written(electron, 'notification')).map(({ body }) => body)
}
