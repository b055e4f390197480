import { app, Menu, type MenuItemConstructorOptions } from 'electron'
import process from 'node:process'
import type { PageCommand } from '../../contract/events.ts'
import type { MessageKey, Translate } from '../../messages/messages.ts'
import type { Page } from '../security/browser-addresses.ts'
import type { ZoomChange } from './zoom.ts'

type Item = MenuItemConstructorOptions

export interface MenuActions {
  readonly command: (command: PageCommand) => void
  readonly openPage: (page: Page) => void
  readonly zoom: (change: ZoomChange) => void
}

/** Sets the application menu in the current language. */
export function setApplicationMenu(t: Translate, actions: MenuActions): void {
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(t, actions, process.platform)))
}

const separator: Item = { type: 'separator' }

function menuTemplate(t: Translate, actions: MenuActions, platform: NodeJS.Platform): Item[] {
  const isMac = platform === 'darwin'
  const menus = [
    ...(isMac ? [appMenu(t, actions)] : []),
    fileMenu(t, actions, isMac),
    editMenu(t, actions),
    viewMenu(t, actions, isMac),
    ...(isMac ? [windowMenu(t)] : []),
    helpMenu(t, actions, isMac),
  ]
  return isMac ? menus.map((menu) => ({ ...menu, label: withoutAccessKey(menu.label) })) : menus
}

/** macOS has no access keys: Electron removes the `&`, but not the letter that Chinese labels add. */
const withoutAccessKey = (label = '') => label.replace(/\(&\w\)$/, '')

function settingsItem(t: Translate, { command }: MenuActions): Item {
  return {
    id: 'show-settings',
    label: t('menu.settings'),
    accelerator: 'CmdOrCtrl+,',
    click: () => command('show-settings'),
  }
}

function appMenu(t: Translate, actions: MenuActions): Item {
  const name = app.getName()
  return {
    label: name,
    submenu: [
      { role: 'about', label: t('menu.about', { name }) },
      separator,
      settingsItem(t, actions),
      separator,
      { role: 'services', label: t('menu.services') },
      separator,
      { role: 'hide', label: t('menu.hide', { name }) },
      { role: 'hideOthers', label: t('menu.hide-others') },
      { role: 'unhide', label: t('menu.show-all') },
      separator,
      { id: 'quit', role: 'quit', label: t('menu.quit', { name }) },
    ],
  }
}

function fileMenu(t: Translate, { command }: MenuActions, isMac: boolean): Item {
  const name = app.getName()
  return {
    label: t('menu.file'),
    submenu: [
      {
        id: 'choose-files',
        label: t('menu.add-files'),
        accelerator: 'CmdOrCtrl+O',
        click: () => command('choose-files'),
      },
      {
        id: 'choose-folder',
        label: t('menu.add-folder'),
        accelerator: 'CmdOrCtrl+Shift+O',
        click: () => command('choose-folder'),
      },
      separator,
      { role: 'close', label: t('menu.close') },
      ...(isMac ? [] : [separator, { id: 'quit', role: 'quit', label: t('menu.quit', { name }) } as const]),
    ],
  }
}

function editMenu(t: Translate, { command }: MenuActions): Item {
  return {
    label: t('menu.edit'),
    submenu: [
      { role: 'undo', label: t('undo.label') },
      { role: 'redo', label: t('menu.redo') },
      separator,
      { role: 'cut', label: t('menu.cut') },
      { role: 'copy', label: t('menu.copy') },
      { role: 'paste', label: t('menu.paste') },
      { role: 'selectAll', label: t('menu.select-all') },
      separator,
      {
        id: 'find',
        label: t('menu.find'),
        accelerator: 'CmdOrCtrl+F',
        click: () => command('find'),
      },
    ],
  }
}

/** The views in the order of their shortcuts. */
const views = [
  ['show-uploads', 'view.uploads'],
  ['show-library', 'view.library'],
  ['show-history', 'view.history'],
  ['show-places', 'places.open'],
  ['show-help', 'help.title'],
] as const satisfies readonly (readonly [PageCommand, MessageKey])[]

function viewMenu(t: Translate, actions: MenuActions, isMac: boolean): Item {
  const { command } = actions
  return {
    label: t('menu.view'),
    submenu: [
      ...views.map(([id, label], index): Item => ({
        id,
        label: t(label),
        accelerator: `CmdOrCtrl+${index + 1}`,
        click: () => command(id),
      })),
      ...(isMac ? [] : [settingsItem(t, actions)]),
      separator,
      ...zoomItems(t, actions),
      separator,
      { role: 'togglefullscreen', label: t('menu.full-screen') },
      // Developer tools are only offered in development.
      ...(app.isPackaged ? [] : [separator, { role: 'toggleDevTools' } as const]),
    ],
  }
}

/** Instead of Electron's zoom roles, which lose the zoom factor when the window closes. */
function zoomItems(t: Translate, { zoom }: MenuActions): Item[] {
  const item = (change: ZoomChange, label: string, accelerator: string): Item => ({
    id: `zoom-${change}`,
    label,
    accelerator,
    click: () => zoom(change),
  })
  return [
    item('reset', t('menu.actual-size'), 'CmdOrCtrl+0'),
    item('in', t('menu.zoom-in'), 'CmdOrCtrl+Plus'),
    // On most keyboards the plus key without Shift is the equals sign.
    {
      ...item('in', t('menu.zoom-in'), 'CmdOrCtrl+='),
      id: 'zoom-in-plain',
      visible: false,
      acceleratorWorksWhenHidden: true,
    },
    item('out', t('menu.zoom-out'), 'CmdOrCtrl+-'),
  ]
}

function windowMenu(t: Translate): Item {
  return {
    role: 'window',
    label: t('menu.window'),
    submenu: [
      { role: 'minimize', label: t('menu.minimise') },
      { role: 'zoom', label: t('menu.zoom') },
      separator,
      { role: 'front', label: t('menu.front') },
    ],
  }
}

function helpMenu(t: Translate, { command, openPage }: MenuActions, isMac: boolean): Item {
  const name = app.getName()
  return {
    role: 'help',
    label: t('menu.help'),
    submenu: [
      { id: 'documentation', label: t('menu.documentation'), click: () => openPage('documentation') },
      { id: 'web-app', label: t('menu.web-app'), click: () => openPage('web-app') },
      {
        id: 'show-shortcuts',
        label: t('shortcuts.title'),
        accelerator: 'F1',
        click: () => command('show-shortcuts'),
      },
      separator,
      { id: 'check-updates', label: t('menu.check-updates'), click: () => command('check-updates') },
      { id: 'check-connection', label: t('help.open'), click: () => command('check-connection') },
      separator,
      { id: 'licences', label: t('licences.title'), click: () => openPage('licences') },
      ...(isMac ? [] : [separator, { role: 'about', label: t('menu.about', { name }) } as const]),
    ],
  }
}
