import { Menu } from '../menus.ts'
import type { MenuItem } from '../menus.ts'
import type { HostContents, HostWindow } from '../shapes.ts'
import { theBrowser } from '../state.ts'
import { previewWorld } from './page-call.ts'
import { watchWindow } from './window-world.ts'
import type { FromWindow } from './window-world.ts'

const binding = 'electronHostPreview'

/**
 * Connects the state of a window with Chromium's window, in both directions. A hidden window is minimised, because
 * there is no tray icon to open it again.
 */
export function connectWindow(window: HostWindow, contents: HostContents): void {
  let isReported = false
  const setState = (windowState: string) => () => {
    if (isReported) return
    const { root } = theBrowser()
    const { _targetId: targetId } = contents
    const changed = contents._attached
      .then(() => root.send<{ windowId: number }>('Browser.getWindowForTarget', { targetId }))
      .then(({ windowId }) => root.send('Browser.setWindowBounds', { windowId, bounds: { windowState } }))
    // It may have been closed in the meantime.
    changed.catch(() => undefined)
  }
  const states = {
    show: 'normal',
    restore: 'normal',
    unmaximize: 'normal',
    'leave-full-screen': 'normal',
    hide: 'minimized',
    minimize: 'minimized',
    maximize: 'maximized',
    'enter-full-screen': 'fullscreen',
  }
  window.on('hide', () => {
    console.log('The preview has no tray icon: the window is minimised instead. Ctrl+C here quits the app.')
  })
  for (const [event, windowState] of Object.entries(states)) window.on(event, setState(windowState))

  function received(message: FromWindow): void {
    if (message.kind === 'accelerator') return clickAccelerator(message.accelerator, window)
    isReported = true
    if (!message.isVisible && window.isVisible() && !window.isMinimized()) window.minimize()
    if (message.isVisible && window.isMinimized()) window.restore()
    if (message.isVisible) window.showInactive()
    if (message.isFocused) window.focus()
    else window.blur()
    isReported = false
  }

  const attached = contents._attached.then(async (session) => {
    session.on('Runtime.bindingCalled', ({ name, payload }: { name: string; payload: string }) => {
      if (name === binding) received(JSON.parse(payload) as FromWindow)
    })
    session.on('Page.javascriptDialogOpening', ({ type }: { type: string }) => {
      if (type !== 'beforeunload') return
      // A page that the app loads may replace this one.
      const accept = contents._load !== undefined
      session.send('Page.handleJavaScriptDialog', { accept }).catch(() => undefined)
      if (!accept) window.close()
    })
    await session.send('Runtime.addBinding', { name: binding, executionContextName: previewWorld })
    await session.send('Page.addScriptToEvaluateOnNewDocument', {
      source: `(${String(watchWindow)})(${JSON.stringify(binding)})`,
      worldName: previewWorld,
    })
  })
  attached.catch(() => undefined)
  // Chromium asks before it closes a page only after the user has done something there.
  contents.on('did-finish-load', () => {
    const done = contents._attached.then((session) =>
      session.send('Runtime.evaluate', { expression: '0', userGesture: true }),
    )
    done.catch(() => undefined)
  })
}

function clickAccelerator(accelerator: string, window: HostWindow): void {
  const find = (items: readonly MenuItem[]): MenuItem | undefined => {
    for (const item of items) {
      const found = item.accelerator === accelerator ? item : find(item.submenu?.items ?? [])
      if (found) return found
    }
    return undefined
  }
  find(Menu.getApplicationMenu()?.items ?? [])?.click({}, window)
}
