import { app } from '../app.ts'
import { clipboard, dialog, shell } from '../desktop.ts'
import type { HostContents, HostWindow } from '../shapes.ts'
import { host } from '../state.ts'
import { previewDialogs, showUnavailable } from './dialogs.ts'
import { previewClipboard, previewShell } from './shell.ts'
import { connectWindow } from './window.ts'

// What a person needs who uses the app on the host, as `npm start` does without Electron's runtime. Tests answer
// dialogs themselves, and one that they don't expect fails.

Object.assign(dialog, previewDialogs)
Object.assign(shell, previewShell)
Object.assign(clipboard, previewClipboard)
host.showUnavailable = showUnavailable
app.on('browser-window-created', (_event: object, window: HostWindow & { webContents: HostContents }) =>
  connectWindow(window, window.webContents),
)
