import { EventEmitter } from 'node:events'
import { NativeImage, nativeImage } from './native-image.ts'
import { host, theApp } from './state.ts'
import { registerIcon } from './status-notifier.ts'
import { StrictEmitter } from './strict.ts'

const roles = new Set(
  (
    'about appmenu clearrecentdocuments close copy cut delete editmenu filemenu forcereload front help hide hideothers ' +
    'minimize paste pasteandmatchstyle quit recentdocuments redo reload resetzoom selectall services sharemenu ' +
    'toggledevtools togglefullscreen undo unhide viewmenu window windowmenu zoom zoomin zoomout'
  ).split(' '),
)

interface MenuItemOptions {
  readonly id?: string
  readonly label?: string
  readonly accelerator?: string
  readonly role?: string
  readonly type?: string
  readonly enabled?: boolean
  readonly visible?: boolean
  readonly checked?: boolean
  readonly submenu?: Menu | readonly MenuItemOptions[]
  readonly click?: (item: MenuItem, window: unknown, event: object) => unknown
}

export class MenuItem {
  readonly id: string | undefined
  readonly role: string | undefined
  readonly accelerator: string | undefined
  readonly type: string
  readonly submenu: Menu | undefined
  readonly click: (event?: object, window?: unknown) => unknown
  label: string
  enabled: boolean
  visible: boolean
  checked: boolean

  constructor(options: MenuItemOptions) {
    const role = options.role?.toLowerCase()
    if (role !== undefined && !roles.has(role)) throw new Error(`Unknown menu role: ${options.role}`)
    this.id = options.id
    this.role = options.role
    this.accelerator = options.accelerator ?? (role === 'quit' ? 'CmdOrCtrl+Q' : undefined)
    this.type = options.type ?? (options.submenu ? 'submenu' : 'normal')
    this.submenu = Array.isArray(options.submenu)
      ? Menu.buildFromTemplate(options.submenu as readonly MenuItemOptions[])
      : (options.submenu as Menu | undefined)
    this.label = options.label ?? options.role ?? ''
    this.enabled = options.enabled ?? true
    this.visible = options.visible ?? true
    this.checked = options.checked ?? false
    const rest = { ...options } as Record<string, unknown>
    for (const known of Object.keys(this)) delete rest[known]
    Object.assign(this, rest)
    this.click = (event = {}, window = undefined) => {
      if (!this.enabled) return undefined
      if (this.type === 'checkbox') this.checked = !this.checked
      if (this.type === 'radio') this.checked = true
      if (role === 'quit') return theApp().quit()
      if (role !== undefined) return host.record('menu-role', { role: this.role })
      return options.click?.(this, window, event)
    }
  }
}

let applicationMenu: Menu | null = null

export class Menu extends EventEmitter {
  readonly items: MenuItem[] = []

  static buildFromTemplate(template: readonly (MenuItemOptions | MenuItem)[]): Menu {
    const menu = new Menu()
    for (const item of template) menu.append(item instanceof MenuItem ? item : new MenuItem(item))
    return menu
  }

  static setApplicationMenu(menu: Menu | null): void {
    applicationMenu = menu
  }

  static getApplicationMenu(): Menu | null {
    return applicationMenu
  }

  append(item: MenuItem): void {
    this.items.push(item)
  }

  insert(at: number, item: MenuItem): void {
    this.items.splice(at, 0, item)
  }

  getMenuItemById(id: string): MenuItem | null {
    for (const item of this.items) {
      const found = item.id === id ? item : (item.submenu?.getMenuItemById(id) ?? null)
      if (found) return found
    }
    return null
  }

  /** Shows nothing: the menu is recorded, and tests click its items. */
  popup(options: { callback?: () => void } = {}): void {
    host.record('menu-popup', { labels: this.items.map((item) => item.label), menu: this })
    this.emit('menu-will-show', {})
    options.callback?.()
  }

  closePopup(): void {
    this.emit('menu-will-close', {})
  }
}

const trayEvents =
  'click right-click double-click middle-click mouse-up mouse-down mouse-enter mouse-leave mouse-move ' +
  'balloon-show balloon-click balloon-closed drop drop-files drop-text drag-enter drag-leave drag-end'

export class Tray extends StrictEmitter {
  image: NativeImage
  toolTip = ''
  title = ''
  menu: Menu | null = null
  readonly #icon = registerIcon()

  constructor(image: NativeImage | string) {
    super('Tray', trayEvents)
    this.image = loaded(image)
    host.trays.add(this)
    host.record('tray')
  }

  setImage(image: NativeImage | string): void {
    this.image = loaded(image)
    host.record('tray-image', { size: this.image.getSize() })
  }

  setPressedImage(image: NativeImage | string): void {
    loaded(image)
  }

  setToolTip(text: string): void {
    this.toolTip = text
  }

  setTitle(text: string): void {
    this.title = text
  }

  setContextMenu(menu: Menu | null): void {
    this.menu = menu
  }

  popUpContextMenu(menu: Menu | null = this.menu): void {
    menu?.popup()
  }

  setIgnoreDoubleClickEvents(ignore: boolean): void {
    host.record('tray-ignores-double-click', { ignore })
  }

  getBounds(): { x: number; y: number; width: number; height: number } {
    return { x: 0, y: 0, width: 0, height: 0 }
  }

  destroy(): void {
    host.trays.delete(this)
    this.#icon.end()
    this._destroyed = true
  }

  isDestroyed(): boolean {
    return this._destroyed
  }
}

function loaded(image: NativeImage | string): NativeImage {
  if (image instanceof NativeImage) return image
  const found = nativeImage.createFromPath(image)
  if (found.isEmpty()) throw new Error(`Failed to load image from path '${image}'`)
  return found
}
