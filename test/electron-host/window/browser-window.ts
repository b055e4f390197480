import { checkWindowOptions } from '../options.ts'
import type { WindowOptions } from '../options.ts'
import { hasQuirk } from '../quirks.ts'
import type { HostWindow } from '../shapes.ts'
import { host, theApp } from '../state.ts'
import { event } from '../strict.ts'
import { WebContents } from './web-contents.ts'
import { WindowState } from './window-state.ts'

interface Bounds {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

let lastId = 0

/** An invisible window: its state is stored, and its page is a page of Chromium. */
export class BrowserWindow extends WindowState implements HostWindow {
  readonly id = ++lastId
  readonly webContents: WebContents
  autoHideMenuBar: boolean
  _backgroundColor: string | undefined
  #bounds: Bounds
  #title: string
  #shownOnce = false

  constructor(options: WindowOptions = {}) {
    super(options.show !== false)
    if (!host.ready) throw new Error('Cannot create BrowserWindow before app is ready')
    checkWindowOptions(options)
    const { x = 0, y = 0, width = 800, height = 600 } = options
    this.#bounds = { x, y, width, height }
    this.#title = options.title ?? host.pkg.productName ?? host.pkg.name ?? 'Electron'
    this._backgroundColor = options.backgroundColor
    this.autoHideMenuBar = options.autoHideMenuBar ?? false
    host.windows.set(this.id, this)
    this.webContents = new WebContents(this, this.id, options.webPreferences ?? {})
    theApp().emit('web-contents-created', event(), this.webContents)
    theApp().emit('browser-window-created', event(), this)
  }

  static getAllWindows(): BrowserWindow[] {
    return [...host.windows.values()] as BrowserWindow[]
  }

  static getFocusedWindow(): BrowserWindow | null {
    return BrowserWindow.getAllWindows().find((window) => window.isFocused()) ?? null
  }

  static fromWebContents(contents: WebContents): BrowserWindow | null {
    return BrowserWindow.getAllWindows().find((window) => window.webContents === contents) ?? null
  }

  static fromId(id: number): BrowserWindow | null {
    return BrowserWindow.getAllWindows().find((window) => window.id === id) ?? null
  }

  get _size(): { width: number; height: number } {
    return { width: this.#bounds.width, height: this.#bounds.height }
  }

  _ready(): void {
    if (this.#shownOnce || hasQuirk('no-ready-to-show')) return
    this.#shownOnce = true
    this.emit('ready-to-show')
  }

  _titleChanged(title: string): void {
    const titleEvent = event()
    this.emit('page-title-updated', titleEvent, title, true)
    if (!titleEvent.defaultPrevented) this.#title = title
  }

  _gone(): void {
    if (this._destroyed) return
    host.windows.delete(this.id)
    this._destroyed = true
    this.emit('closed')
    if (host.windows.size === 0) theApp().allClosed()
  }

  loadURL(url: string): Promise<void> {
    return this.webContents.loadURL(url)
  }

  loadFile(path: string): Promise<void> {
    return this.webContents.loadFile(path)
  }

  reload(): void {
    this.webContents.reload()
  }

  /** Closes the window as the user would; the app may prevent it. */
  close(): void {
    const asked = event()
    this.emit('close', asked)
    if (asked.defaultPrevented) theApp().quitCancelled()
    else this.webContents._destroyTarget()
  }

  destroy(): void {
    this.webContents._destroyTarget()
  }

  isDestroyed(): boolean {
    return this._destroyed
  }

  getTitle(): string {
    return this.#title
  }

  setTitle(title: string): void {
    this.#title = title
  }

  getBounds(): Bounds {
    return { ...this.#bounds }
  }

  getNormalBounds(): Bounds {
    return { ...this.#bounds }
  }

  setBounds(bounds: Partial<Bounds>): void {
    this.#bounds = { ...this.#bounds, ...bounds }
    this.webContents._fit()
    this.emit('resize')
  }

  getSize(): [width: number, height: number] {
    return [this.#bounds.width, this.#bounds.height]
  }

  setSize(width: number, height: number): void {
    this.setBounds({ width, height })
  }

  getBackgroundColor(): string {
    return this._backgroundColor ?? '#FFFFFF'
  }

  setBackgroundColor(colour: string): void {
    this._backgroundColor = colour
    this.webContents._showAppearance()
  }
}
