import { app, Menu, type MenuItemConstructorOptions } from 'electron'
import process from 'node:process'
import type { PageCommand } from '../../contract/calls.ts'
import type { Words } from '../../messages/messages.ts'
import type { Page } from '../security/allowed-addresses.ts'
import type { ZoomChange } from './zoom.ts'

type Item = MenuItemConstructorOptions

export interface MenuActions {
  readonly command: (command: PageCommand) => void
  readonly openPage: (page: Page) => void
  readonly zoom: (change: ZoomChange) => void
}

/** Sets the application's menu in the language in force: the platform's own roles, and ours. */
export function setupMenu(words: Words, actions: MenuActions): void {
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(words, actions, process.platform)))
}

const separator: Item = { type: 'separator' }

function menuTemplate(words: Words, actions: MenuActions, platform: NodeJS.Platform): Item[] {
  const isMac = platform === 'darwin'
  return [
    ...(isMac ? [appMenu(words, actions)] : []),
    fileMenu(words, actions, isMac),
    editMenu(words, actions),
    viewMenu(words, actions, isMac),
    ...(isMac ? [windowMenu(words)] : []),
    helpMenu(words, actions, isMac),
  ]
}

function settingsItem(words: Words, { command }: MenuActions): Item {
  return {
    id: 'show-settings',
    label: words('menu.settings'),
    accelerator: 'CmdOrCtrl+,',
    click: () => command('show-settings'),
  }
}

function appMenu(words: Words, actions: MenuActions): Item {
  const name = app.getName()
  return {
    label: name,
    submenu: [
      { role: 'about', label: words('menu.about', { name }) },
      separator,
      settingsItem(words, actions),
      separator,
      { role: 'services', label: words('menu.services') },
      separator,
      { role: 'hide', label: words('menu.hide', { name }) },
      { role: 'hideOthers', label: words('menu.hide-others') },
      { role: 'unhide', label: words('menu.show-all') },
      separator,
      { id: 'quit', role: 'quit', label: words('menu.quit', { name }) },
    ],
  }
}

function fileMenu(words: Words, { command }: MenuActions, isMac: boolean): Item {
  const name = app.getName()
  return {
    label: words('menu.file'),
    submenu: [
      {
        id: 'choose-files',
        label: words('menu.add-files'),
        accelerator: 'CmdOrCtrl+O',
        click: () => command('choose-files'),
      },
      {
        id: 'choose-folder',
        label: words('menu.add-folder'),
        accelerator: 'CmdOrCtrl+Shift+O',
        click: () => command('choose-folder'),
      },
      separator,
      { role: 'close', label: words('menu.close') },
      ...(isMac
        ? []
        : [separator, { id: 'quit', role: 'quit', label: words('menu.quit', { name }) } as const]),
    ],
  }
}

function editMenu(words: Words, { command }: MenuActions): Item {
  return {
    label: words('menu.edit'),
    submenu: [
      { role: 'undo', label: words('menu.undo') },
      { role: 'redo', label: words('menu.redo') },
      separator,
      { role: 'cut', label: words('menu.cut') },
      { role: 'copy', label: words('menu.copy') },
      { role: 'paste', label: words('menu.paste') },
      { role: 'selectAll', label: words('menu.select-all') },
      separator,
      {
        id: 'find',
        label: words('menu.find'),
        accelerator: 'CmdOrCtrl+F',
        click: () => command('find'),
      },
    ],
  }
}

function viewMenu(words: Words, actions: MenuActions, isMac: boolean): Item {
  const { command } = actions
  return {
    label: words('menu.view'),
    submenu: [
      {
        id: 'show-uploads',
        label: words('menu.uploads'),
        accelerator: 'CmdOrCtrl+1',
        click: () => command('show-uploads'),
      },
      {
        id: 'show-history',
        label: words('menu.history'),
        accelerator: 'CmdOrCtrl+2',
        click: () => command('show-history'),
      },
      ...(isMac ? [] : [settingsItem(words, actions)]),
      separator,
      ...zoomItems(words, actions),
      separator,
      { role: 'togglefullscreen', label: words('menu.full-screen') },
      // For whoever works on the app; an installed one has no developer tools in its menu.
      ...(app.isPackaged ? [] : [separator, { role: 'toggleDevTools' } as const]),
    ],
  }
}

/** Not Electron's roles, which forget the zoom with the window. */
function zoomItems(words: Words, { zoom }: MenuActions): Item[] {
  const item = (change: ZoomChange, label: string, accelerator: string): Item => ({
    id: `zoom-${change}`,
    label,
    accelerator,
    click: () => zoom(change),
  })
  return [
    item('reset', words('menu.actual-size'), 'CmdOrCtrl+0'),
    item('in', words('menu.zoom-in'), 'CmdOrCtrl+Plus'),
    // The key of the plus sign without Shift, on most keyboards.
    {
      ...item('in', words('menu.zoom-in'), 'CmdOrCtrl+='),
      id: 'zoom-in-plain',
      visible: false,
      acceleratorWorksWhenHidden: true,
    },
    item('out', words('menu.zoom-out'), 'CmdOrCtrl+-'),
  ]
}

function windowMenu(words: Words): Item {
  return {
    role: 'window',
    label: words('menu.window'),
    submenu: [
      { role: 'minimize', label: words('menu.minimise') },
      { role: 'zoom', label: words('menu.zoom') },
      separator,
      { role: 'front', label: words('menu.front') },
    ],
  }
}

function helpMenu(words: Words, { command, openPage }: MenuActions, isMac: boolean): Item {
  const name = app.getName()
  return {
    role: 'help',
    label: words('menu.help'),
    submenu: [
      { id: 'documentation', label: words('menu.documentation'), click: () => openPage('documentation') },
      { id: 'web-app', label: words('menu.web-app'), click: () => openPage('web-app') },
      separator,
      { id: 'check-updates', label: words('menu.check-updates'), click: () => command('check-updates') },
      { id: 'check-connection', label: words('help.open'), click: () => command('check-connection') },
      separator,
      { id: 'licences', label: words('menu.licences'), click: () => openPage('licences') },
      ...(isMac ? [] : [separator, { role: 'about', label: words('menu.about', { name }) } as const]),
    ],
  }
}
