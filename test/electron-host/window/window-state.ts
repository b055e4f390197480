import { host, theApp } from '../state.ts'
import { event, StrictEmitter } from '../strict.ts'

const events =
  // emitted by the host
  'page-title-updated ready-to-show close closed show hide focus blur minimize maximize unmaximize restore resize move ' +
  'enter-full-screen leave-full-screen ' +
  // exist in Electron, but never occur here
  'unresponsive responsive query-session-end session-end will-resize resized moved ' +
  'will-move always-on-top-changed app-command swipe rotate-gesture sheet-begin sheet-end'

/** Effects of a window manager, stored as state or recorded. */
export class WindowState extends StrictEmitter {
  #visible: boolean
  #focused: boolean
  #isFullScreen = false
  #state: 'normal' | 'minimized' | 'maximized' = 'normal'

  constructor(visible: boolean) {
    super('BrowserWindow', events)
    this.#visible = visible
    this.#focused = visible
  }

  show(): void {
    this.showInactive()
    this.focus()
  }

  showInactive(): void {
    if (this.#visible) return
    this.#visible = true
    this.emit('show')
  }

  hide(): void {
    if (!this.#visible) return
    this.#visible = false
    this.blur()
    this.emit('hide')
  }

  focus(): void {
    if (this.#focused) return
    this.#focused = true
    this.emit('focus')
    theApp().emit('browser-window-focus', event(), this)
  }

  blur(): void {
    if (!this.#focused) return
    this.#focused = false
    this.emit('blur')
    theApp().emit('browser-window-blur', event(), this)
  }

  minimize(): void {
    this.#state = 'minimized'
    // A minimized window appears in the taskbar.
    this.#visible = true
    this.blur()
    this.emit('minimize')
  }

  maximize(): void {
    this.#state = 'maximized'
    this.showInactive()
    this.emit('maximize')
  }

  unmaximize(): void {
    this.#state = 'normal'
    this.emit('unmaximize')
  }

  restore(): void {
    this.#state = 'normal'
    this.emit('restore')
  }

  isVisible(): boolean {
    return this.#visible
  }

  isFocused(): boolean {
    return this.#focused
  }

  isMinimized(): boolean {
    return this.#state === 'minimized'
  }

  isMaximized(): boolean {
    return this.#state === 'maximized'
  }

  isFullScreen(): boolean {
    return this.#isFullScreen
  }

  setFullScreen(wanted: boolean): void {
    if (wanted === this.#isFullScreen) return
    this.#isFullScreen = wanted
    this.emit(wanted ? 'enter-full-screen' : 'leave-full-screen')
  }

  setProgressBar(value: number, options: object = {}): void {
    host.record('progress-bar', { value, options })
  }

  setMenuBarVisibility(visible: boolean): void {
    host.record('menu-bar', { visible })
  }

  removeMenu(): void {
    host.record('window-menu', { set: false })
  }

  flashFrame(on: boolean): void {
    host.record('flash-frame', { on })
  }

  setSkipTaskbar(skip: boolean): void {
    host.record('skip-taskbar', { skip })
  }

  setIcon(): void {
    host.record('window-icon')
  }

  setOverlayIcon(_image: object | null, description: string): void {
    host.record('overlay-icon', { description })
  }
}
