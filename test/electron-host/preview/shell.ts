import { spawn } from 'node:child_process'
import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { complain, theBrowser } from '../state.ts'
import { copyText } from './clipboard-world.ts'
import { callInPage, contentsFor } from './page-call.ts'

function openWindow(url: string): void {
  const opened = theBrowser().root.send('Target.createTarget', { url, newWindow: true })
  opened.catch((error: unknown) => complain(`${url} could not be opened:`, error))
}

export const previewShell = {
  /** In the preview's Chromium: `xdg-open` may report success although no browser has started. */
  openExternal: (url: string): Promise<void> => Promise.resolve(openWindow(url)),
  /** Without a file manager, Chromium lists the folder. */
  showItemInFolder(path: string): void {
    const folder = dirname(path)
    const list = () => openWindow(pathToFileURL(folder).href)
    const child = spawn(process.platform === 'darwin' ? 'open' : 'xdg-open', [folder], { stdio: 'ignore' })
    child.once('error', list)
    child.once('exit', (code) => {
      if (code !== 0) list()
    })
  },
}

export const previewClipboard = {
  writeText(text: string): void {
    const contents = contentsFor([])
    if (contents === undefined) return
    const copied = callInPage(contents, { run: copyText, argument: text })
    copied.catch((error: unknown) => complain('a text could not be copied:', error))
  },
}
