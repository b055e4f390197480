import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { CDPSession } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchHostApp } from '../../support/host-app.ts'
import type { HostApp } from '../../support/host-app.ts'

// The host for a person, as `npm start` uses it without Electron's runtime.

let host: HostApp
let devTools: CDPSession
beforeAll(async () => {
  host = await launchHostApp({ environment: { ELECTRON_HOST_INTERACTIVE: '1' } })
  devTools = await host.page.context().newCDPSession(host.page)
})
afterAll(() => host.end())

interface Shown {
  readonly role: string
  readonly name: string
  readonly backendDOMNodeId: number
}

/** The elements of that role that assistive technology sees, also in closed shadow trees. */
async function shown(role: string): Promise<Shown[]> {
  const { nodes } = await devTools.send('Accessibility.getFullAXTree')
  return nodes
    .filter((node) => node.role?.value === role)
    .map(({ name, backendDOMNodeId = 0 }) => ({ role, name: String(name?.value), backendDOMNodeId }))
}

const questions = async () => (await shown('alertdialog')).map(({ name }) => name)

async function clickButton(label: string): Promise<void> {
  const found = (await shown('button')).find(({ name }) => name === label)
  const { model } = await devTools.send('DOM.getBoxModel', { backendNodeId: found?.backendDOMNodeId ?? 0 })
  const [left = 0, top = 0, right = 0, , , bottom = 0] = model.content
  await host.page.mouse.click((left + right) / 2, (top + bottom) / 2)
}

/** Writes a file into the folder of this run. */
function written(...names: string[]): string {
  const path = join(host.home, ...names)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, 'x')
  return path
}

/** Opens a picker in main, and chooses these files or folders in Chromium's file chooser. */
async function pick(properties: readonly string[], chosen: readonly string[]): Promise<unknown> {
  const opened = host.page.waitForEvent('filechooser')
  const picked = host.inMain(`electron.dialog.showOpenDialog(win, ${JSON.stringify({ properties })})`)
  await (await opened).setFiles([...chosen])
  return picked
}

test('files are chosen in Chromium’s file chooser', async () => {
  const files = [written('a.gguf'), written('b.gguf')]
  const picked = await pick(['openFile', 'multiSelections'], files)
  expect(picked).toEqual({ canceled: false, filePaths: files })
})

test('a folder is chosen by its own path', async () => {
  written('models', 'loras', 'deep', 'a.gguf')
  const folder = join(host.home, 'models')
  expect(await pick(['openDirectory'], [folder])).toEqual({ canceled: false, filePaths: [folder] })
})

const box = { message: 'Delete?', buttons: ['Delete', 'Keep', 'Later'], defaultId: 1, cancelId: 2 }

test.each<[string, number, () => Promise<void>]>([
  ['a click', 0, () => clickButton('Delete')],
  ['Enter', 1, () => host.page.keyboard.press('Enter')],
  ['Escape', 2, () => host.page.keyboard.press('Escape')],
  [
    'the page removing it',
    2,
    () => host.page.evaluate(() => document.documentElement.lastElementChild?.remove()),
  ],
])('a question is answered by %s', async (_name, response, answer) => {
  const answered = host.inMain(`electron.dialog.showMessageBox(win, ${JSON.stringify(box)})`)
  await expect.poll(questions).toEqual(['Delete?'])
  await answer()
  expect(await answered).toEqual({ response, checkboxChecked: false })
  expect(await questions()).toEqual([])
})

test('the page can’t answer a question', async () => {
  const answered = host.inMain(`electron.dialog.showMessageBox(win, ${JSON.stringify(box)})`)
  await expect.poll(questions).toEqual(['Delete?'])
  const reached = await host.page.evaluate(() => {
    const element = document.documentElement.lastElementChild
    element?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))
    return element?.shadowRoot
  })
  expect([reached, await questions()]).toEqual([null, ['Delete?']])
  await host.page.keyboard.press('Escape')
  expect(await answered).toMatchObject({ response: 2 })
})

test('a file is saved at the path in the field, and replaced only after a question', async () => {
  const path = written('receipt.json')
  const saved = host.inMain(
    `electron.dialog.showSaveDialog(win, ${JSON.stringify({ title: 'Save', defaultPath: path })})`,
  )
  await expect.poll(questions).toEqual(['Save'])
  await host.page.keyboard.press('Enter')
  await expect.poll(questions).toEqual(['Replace receipt.json?'])
  await clickButton('Replace')
  expect(await saved).toEqual({ canceled: false, filePath: path })
})

test('an API that is missing is said instead of thrown', async () => {
  expect(await host.inMain('electron.safeStorage.encryptString("x")')).toBeUndefined()
  await expect.poll(questions).toEqual(['Not available in the preview without Electron'])
  await host.page.keyboard.press('Enter')
  await expect.poll(questions).toEqual([])
})

test('the shortcuts of the menu work', async () => {
  await host.inMain(`electron.Menu.setApplicationMenu(electron.Menu.buildFromTemplate([{
    submenu: [{ accelerator: 'CmdOrCtrl+Shift+O', click: () => { globalThis.clicked = true } }],
  }]))`)
  await host.page.keyboard.press('Control+Shift+O')
  await expect.poll(() => host.inMain('globalThis.clicked')).toBe(true)
})

test('a link opens in another window of Chromium', async () => {
  await host.inMain('electron.shell.openExternal("data:text/html,link")')
  await expect
    .poll(() =>
      host.page
        .context()
        .pages()
        .map((page) => page.url()),
    )
    .toContain('data:text/html,link')
})

test('the app decides what closing the window does', async () => {
  await expect.poll(() => host.inMain('win.isVisible()')).toBe(true)
  // Playwright would let the page close.
  host.page.on('dialog', () => undefined)
  // As Chromium does when its window is closed; Playwright's `close` would call main.
  await devTools.send('Page.close')
  await expect.poll(() => host.inMain('[win.isVisible(), win.isDestroyed()]')).toEqual([false, false])
  expect(host.page.isClosed()).toBe(false)
})
