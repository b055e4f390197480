import type { BrowserWindow } from 'electron'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createDialogs } from '../../../electron/desktop/window/dialogs.ts'
import { nativeTranslatorFor } from '../../../electron/messages/messages.ts'
import { dialog } from '../../electron-host/desktop.ts'

/** The user answers each dialog with this; returns the dialogs, and their arguments in order. */
function answering(name: 'showMessageBox' | 'showOpenDialog' | 'showSaveDialog', answer: unknown) {
  const shown = vi.spyOn(dialog, name).mockImplementation((() => Promise.resolve(answer)) as never)
  onTestFinished(() => shown.mockRestore())
  let stored: Record<string, unknown> = {}
  const memory = {
    read: () => stored,
    write: (change: Record<string, unknown>) => void (stored = { ...stored, ...change }),
  }
  const window = {} as BrowserWindow
  const dialogs = createDialogs({
    parent: () => window,
    ask: (_kind, show) => show(),
    language: { locale: () => 'en', regionalTag: () => 'en', translate: () => nativeTranslatorFor('en') },
    memory: memory as never,
  })
  return {
    dialogs,
    window,
    options: () => shown.mock.calls.map((words) => words.at(-1) as unknown as Record<string, unknown>),
    owners: () => shown.mock.calls.map((words) => (words.length > 1 ? words[0] : null)),
  }
}

test.each([
  [0, 'keep-sending'],
  [1, 'quit'],
  [2, null],
])('closing the window asks what it should do (button %i: %s)', async (response, expected) => {
  const { dialogs, options } = answering('showMessageBox', { response })
  expect(await dialogs.askCloseAction(true)).toBe(expected)
  // Escape and Enter must not quit.
  expect(options()).toMatchObject([{ cancelId: 2, defaultId: 0, buttons: { length: 3 } }])
})

test('says where the app stays when its window is closed only if there is a tray icon', async () => {
  const { dialogs, options } = answering('showMessageBox', { response: 2 })
  await dialogs.askCloseAction(true)
  await dialogs.askCloseAction(false)
  const [withTray, withoutTray] = options().map(({ detail }) => detail)
  expect(withTray).toMatch(/tray/)
  expect(withoutTray).not.toBe(withTray)
})

const oneRunning = {
  running: 1,
  waiting: 2,
  unacknowledgedBytes: 0,
  canFinishParts: true,
  hasCommands: false,
}

test.each([
  [true, 0, 'finish-parts', 2],
  [true, 1, 'now', 2],
  [true, 2, null, 2],
  [false, 0, 'now', 1],
  [false, 1, null, 1],
])('quitting asks how (parts can be finished: %s, button %i: %s)', async (...values) => {
  const [canFinishParts, response, expected, last] = values
  const { dialogs, options } = answering('showMessageBox', { response })
  expect(await dialogs.confirmQuit({ ...oneRunning, canFinishParts })).toBe(expected)
  // Escape and Enter must not quit.
  expect(options()).toMatchObject([{ cancelId: last, defaultId: last }])
  expect(options()[0]?.buttons).toHaveLength(last + 1)
})

test('names the bytes that quitting now would send again only if there are some', async () => {
  const { dialogs, options } = answering('showMessageBox', { response: 2 })
  for (const unacknowledgedBytes of [0, 1, 30_000_000])
    await dialogs.confirmQuit({ ...oneRunning, unacknowledgedBytes })
  const messages = options().map(({ message }) => String(message))
  expect(messages.map((message) => /\d (?:B|byte|MB)/.test(message))).toEqual([false, true, true])
})

test('quitting says that commands continue only if some wait', async () => {
  const { dialogs, options } = answering('showMessageBox', { response: 2 })
  for (const hasCommands of [false, true]) await dialogs.confirmQuit({ ...oneRunning, hasCommands })
  expect(options().map(({ message }) => String(message).includes('commands'))).toEqual([false, true])
})

test.each([
  ['files', ['openFile', 'multiSelections'], 2],
  ['model', ['openFile'], 2],
  ['folder', ['openDirectory', 'multiSelections'], undefined],
  ['model-folder', ['openDirectory'], undefined],
  ['watched-folder', ['openDirectory'], undefined],
] as const)('picks %s with the system’s dialog', async (what, properties, filterCount) => {
  const filePaths = ['/models/a.safetensors']
  const { dialogs, options } = answering('showOpenDialog', { canceled: false, filePaths })
  expect(await dialogs.pickPaths(what)).toEqual(filePaths)
  const [shown] = options()
  expect(shown).toMatchObject({ properties })
  expect((shown?.['filters'] as readonly unknown[] | undefined)?.length).toBe(filterCount)
})

test('opens the picker in the folder of the files that were picked last', async () => {
  const { dialogs, options } = answering('showOpenDialog', {
    canceled: false,
    filePaths: ['/models/loras/a.safetensors'],
  })
  await dialogs.pickPaths('files')
  await dialogs.pickPaths('folder')
  const [first, second] = options().map(({ defaultPath }) => defaultPath)
  expect(first).not.toBe('/models/loras')
  expect(second).toBe('/models/loras')
})

test('picks nothing, and remembers no folder, when the picker is cancelled', async () => {
  const { dialogs, options } = answering('showOpenDialog', { canceled: true, filePaths: ['/models/a.gguf'] })
  expect(await dialogs.pickPaths('files')).toEqual([])
  await dialogs.pickPaths('files')
  expect(options()[1]?.['defaultPath']).toBe(options()[0]?.['defaultPath'])
})

test.each([
  [{ canceled: false, filePath: '/home/me/receipt.json' }, '/home/me/receipt.json'],
  [{ canceled: true, filePath: '/home/me/receipt.json' }, null],
  [{ canceled: false, filePath: '' }, null],
])('picks a path to save to, or none when cancelled (%j)', async (answer, expected) => {
  const { dialogs, options } = answering('showSaveDialog', answer)
  const filters = [{ name: 'JSON', extensions: ['json'] }]
  expect(await dialogs.pickSavePath({ title: 'Save', fileName: 'receipt.json', filters })).toBe(expected)
  expect(options()).toMatchObject([
    {
      title: 'Save',
      filters,
      defaultPath: expect.stringMatching(/receipt\.json$/),
      properties: ['showOverwriteConfirmation'],
    },
  ])
})

test('dialogs belong to the visible window', async () => {
  const message = answering('showMessageBox', { response: 2 })
  await message.dialogs.askCloseAction(true)
  const open = answering('showOpenDialog', { canceled: true, filePaths: [] })
  await open.dialogs.pickPaths('files')
  const save = answering('showSaveDialog', { canceled: true, filePath: '' })
  await save.dialogs.pickSavePath({ title: '', fileName: 'a', filters: [] })
  for (const { owners, window } of [message, open, save]) expect(owners()).toEqual([window])
})
