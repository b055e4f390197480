import { app } from './app.ts'
import { BrowserWindow } from './window/browser-window.ts'
import { clipboard, dialog, globalShortcut, screen, shell } from './desktop.ts'
import { ipcMain } from './ipc-main.ts'
import { Menu, MenuItem, Tray } from './menus.ts'
import { nativeImage } from './native-image.ts'
import { nativeTheme } from './native-theme.ts'
import { Notification } from './notification.ts'
import { powerMonitor, powerSaveBlocker } from './power.ts'
import { net, protocol, session } from './session.ts'
import { absent } from './strict.ts'
import { webContents } from './window/web-contents.ts'

// The module named `electron` in the main process; `import { … } from 'electron'` resolves to its named
// exports.

export const autoUpdater = absent('autoUpdater')
export const BaseWindow = absent('BaseWindow')
export const contentTracing = absent('contentTracing')
export const crashReporter = absent('crashReporter')
export const desktopCapturer = absent('desktopCapturer')
export const inAppPurchase = absent('inAppPurchase')
export const MessageChannelMain = absent('MessageChannelMain')
export const netLog = absent('netLog')
export const pushNotifications = absent('pushNotifications')
export const safeStorage = absent('safeStorage')
export const ShareMenu = absent('ShareMenu')
export const systemPreferences = absent('systemPreferences')
export const TouchBar = absent('TouchBar')
export const utilityProcess = absent('utilityProcess')
export const View = absent('View')
export const WebContentsView = absent('WebContentsView')
export const webFrameMain = absent('webFrameMain')
// Available in pages only: undefined in Electron's main process too.
export const contextBridge = undefined
export const ipcRenderer = undefined
export const webFrame = undefined
export const webUtils = undefined

export {
  app,
  BrowserWindow,
  clipboard,
  dialog,
  globalShortcut,
  ipcMain,
  Menu,
  MenuItem,
  nativeImage,
  nativeTheme,
  net,
  Notification,
  powerMonitor,
  powerSaveBlocker,
  protocol,
  screen,
  session,
  shell,
  Tray,
  webContents,
}

const electron = {
  app,
  autoUpdater,
  BaseWindow,
  BrowserWindow,
  clipboard,
  contentTracing,
  contextBridge,
  crashReporter,
  desktopCapturer,
  dialog,
  globalShortcut,
  inAppPurchase,
  ipcMain,
  ipcRenderer,
  Menu,
  MenuItem,
  MessageChannelMain,
  nativeImage,
  nativeTheme,
  net,
  netLog,
  Notification,
  powerMonitor,
  powerSaveBlocker,
  protocol,
  pushNotifications,
  safeStorage,
  screen,
  session,
  ShareMenu,
  shell,
  systemPreferences,
  TouchBar,
  Tray,
  utilityProcess,
  View,
  webContents,
  WebContentsView,
  webFrame,
  webFrameMain,
  webUtils,
}

// For `import electron from 'electron'` and `require('electron')`.
// oxlint-disable-next-line import/no-default-export -- Electron's module has this shape
export default electron
