import { dialog } from '../desktop.ts'
import { host } from '../state.ts'
import { previewDialogs, showUnavailable } from './dialogs.ts'

// What a person needs who uses the app on the host, as `npm start` does without Electron's runtime. Tests answer
// dialogs themselves, and one that they don't expect fails.

Object.assign(dialog, previewDialogs)
host.showUnavailable = showUnavailable
