import { expect, onTestFinished, test, vi } from 'vitest'
import { setApplicationMenu } from '../../../electron/desktop/window/menu.ts'
import { nativeTranslatorFor } from '../../../electron/messages/messages.ts'
import { app } from '../../electron-host/app.ts'
import { Menu, type MenuItem } from '../../electron-host/menus.ts'
import { pretendPackaged, pretendPlatform } from '../../support/pretended-app.ts'

/** The application menu on a system, and what its items do. */
function setup(platform: NodeJS.Platform, locale: 'en' | 'zh-Hans' = 'en') {
  pretendPlatform(platform)
  const name = vi.spyOn(app, 'getName').mockReturnValue('Modelferry')
  onTestFinished(() => {
    name.mockRestore()
    Menu.setApplicationMenu(null)
  })
  const done: string[] = []
  setApplicationMenu(nativeTranslatorFor(locale), {
    command: (command) => void done.push(`command ${command}`),
    openPage: (page) => void done.push(`page ${page}`),
    zoom: (change) => void done.push(`zoom ${change}`),
  })
  const menu = Menu.getApplicationMenu()
  const items = menu?.items ?? []
  return {
    labels: items.map(({ label }) => label),
    roles: items.map(({ role }) => role ?? null),
    itemsOf: (label: string) =>
      items.find((item) => item.label.replace('&', '') === label)?.submenu?.items ?? [],
    item: (id: string) => menu?.getMenuItemById(id) as (MenuItem & { readonly accelerator?: string }) | null,
    /** What a click on the item does. */
    click(id: string) {
      done.length = 0
      menu?.getMenuItemById(id)?.click()
      return [...done]
    },
  }
}

/** The items by role or id, `-` for separators. */
const namesOf = (items: readonly MenuItem[]) =>
  items.map(({ type, role, id }) => (type === 'separator' ? '-' : (role ?? id)))

test('Chinese menus have access keys, except on macOS', () => {
  const accessKeys = (platform: NodeJS.Platform) =>
    setup(platform, 'zh-Hans').labels.flatMap((label) => /\(&\w\)$/.exec(label) ?? [])
  expect(accessKeys('linux')).toEqual(['(&F)', '(&E)', '(&V)', '(&H)'])
  expect(accessKeys('darwin')).toEqual([])
})

test('macOS has the menus of the app and its windows too', () => {
  const { labels, roles, itemsOf } = setup('darwin')
  expect(labels).toEqual(['Modelferry', '&File', '&Edit', '&View', 'Window', '&Help'])
  expect(roles).toEqual([null, null, null, null, 'window', 'help'])
  expect(namesOf(itemsOf('Modelferry'))).toEqual([
    ...['about', '-', 'show-settings', '-', 'services', '-', 'hide', 'hideOthers', 'unhide', '-', 'quit'],
  ])
  expect(itemsOf('Modelferry').map(({ label }) => label)).toEqual(
    expect.arrayContaining(['About Modelferry', 'Hide Modelferry', 'Quit Modelferry']),
  )
  expect(namesOf(itemsOf('File'))).toEqual(['choose-files', 'choose-folder', '-', 'close'])
  expect(namesOf(itemsOf('View'))).not.toContain('show-settings')
  expect(namesOf(itemsOf('Window'))).toEqual(['minimize', 'zoom', '-', 'front'])
  expect(namesOf(itemsOf('Help'))).not.toContain('about')
})

test('an installed app offers no developer tools', () => {
  pretendPackaged()
  expect(namesOf(setup('linux').itemsOf('View')).slice(-3)).toEqual(['zoom-out', '-', 'togglefullscreen'])
})

test.each([
  ['choose-files', 'command choose-files', 'CmdOrCtrl+O'],
  ['choose-folder', 'command choose-folder', 'CmdOrCtrl+Shift+O'],
  ['find', 'command find', 'CmdOrCtrl+F'],
  ['show-uploads', 'command show-uploads', 'CmdOrCtrl+1'],
  ['show-library', 'command show-library', 'CmdOrCtrl+2'],
  ['show-history', 'command show-history', 'CmdOrCtrl+3'],
  ['show-places', 'command show-places', 'CmdOrCtrl+4'],
  ['show-help', 'command show-help', 'CmdOrCtrl+5'],
  ['show-settings', 'command show-settings', 'CmdOrCtrl+,'],
  ['zoom-reset', 'zoom reset', 'CmdOrCtrl+0'],
  ['zoom-in', 'zoom in', 'CmdOrCtrl+Plus'],
  ['zoom-in-plain', 'zoom in', 'CmdOrCtrl+='],
  ['zoom-out', 'zoom out', 'CmdOrCtrl+-'],
  ['documentation', 'page documentation', undefined],
  ['web-app', 'page web-app', undefined],
  ['show-shortcuts', 'command show-shortcuts', 'F1'],
  ['check-updates', 'command check-updates', undefined],
  ['check-connection', 'command check-connection', undefined],
  ['licences', 'page licences', undefined],
])('the item %s does "%s" (%s)', (id, action, accelerator) => {
  const { click, item } = setup('linux')
  expect(click(id)).toEqual([action])
  expect([item(id)?.accelerator, item(id)?.enabled]).toEqual([accelerator, true])
})

test('the settings are in the menu of the app on macOS', () => {
  const { click, item } = setup('darwin')
  expect(click('show-settings')).toEqual(['command show-settings'])
  expect(item('show-settings')?.accelerator).toBe('CmdOrCtrl+,')
})

test('only the second shortcut for zooming in has no visible item, and it works', () => {
  const { itemsOf, item } = setup('linux')
  const hidden = itemsOf('View').filter(({ visible }) => !visible)
  expect(namesOf(hidden)).toEqual(['zoom-in-plain'])
  expect(item('zoom-in-plain')).toMatchObject({ acceleratorWorksWhenHidden: true })
})

test('the menu is in the current language', () => {
  expect(setup('linux', 'zh-Hans').labels[0]).toMatch(/^\p{Script=Han}+/u)
})

test.each(['linux', 'win32'] as const)('%s has a menu for files, editing, views and help', (platform) => {
  const { labels, roles, itemsOf } = setup(platform)
  expect(labels).toEqual(['&File', '&Edit', '&View', '&Help'])
  expect(roles).toEqual([null, null, null, 'help'])
  expect(namesOf(itemsOf('File'))).toEqual(['choose-files', 'choose-folder', '-', 'close', '-', 'quit'])
  expect(namesOf(itemsOf('Edit'))).toEqual([
    'undo',
    'redo',
    '-',
    'cut',
    'copy',
    'paste',
    'selectAll',
    '-',
    'find',
  ])
  expect(namesOf(itemsOf('View'))).toEqual([
    ...['show-uploads', 'show-library', 'show-history', 'show-places', 'show-help', 'show-settings', '-'],
    ...['zoom-reset', 'zoom-in', 'zoom-in-plain', 'zoom-out', '-', 'togglefullscreen', '-', 'toggleDevTools'],
  ])
  expect(namesOf(itemsOf('Help'))).toEqual([
    ...['documentation', 'web-app', 'show-shortcuts', '-', 'check-updates', 'check-connection', '-'],
    ...['licences', '-', 'about'],
  ])
})
