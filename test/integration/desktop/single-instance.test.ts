import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { expect, onTestFinished, test, vi } from 'vitest'
import { claimSingleInstance } from '../../../electron/desktop/integration/single-instance.ts'
import { app } from '../../electron-host/app.ts'
import { event } from '../../electron-host/strict.ts'
import { removeAddedListeners } from '../../support/added-listeners.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { pretendPackaged, pretendPlatform } from '../../support/pretended-app.ts'

/** A folder with two models, in which the app is started with these arguments. */
function setup(args: readonly string[] = [], { isFirst = true } = {}) {
  removeAddedListeners(app)
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-start-'))
  for (const name of ['a.gguf', 'b.gguf']) writeFileSync(join(folder, name), '')
  const lock = vi.spyOn(app, 'requestSingleInstanceLock').mockReturnValue(isFirst)
  const current = vi.spyOn(process, 'cwd').mockReturnValue(folder)
  const appPath = vi.spyOn(app, 'getAppPath').mockReturnValue(join(folder, 'b.gguf'))
  const { argv } = process
  process.argv = ['/electron', ...args]
  onTestFinished(() => {
    process.argv = argv
    for (const spy of [lock, current, appPath]) spy.mockRestore()
    rmSync(folder, { recursive: true })
  })
  const { log, lines } = createTestEnvironment(standingClock())
  const received: unknown[] = []
  const instance = claimSingleInstance(log)
  return {
    folder,
    instance,
    lines,
    received,
    listen: () =>
      instance?.listen({
        onFiles: (paths) => void received.push(paths),
        onRemoteFiles: () => void received.push('remote'),
        onCommand: (command) => void received.push(command),
      }),
    startAgain: (...words: readonly string[]) =>
      void app.emit('second-instance', event(), ['/electron', ...words], folder),
  }
}

test('only the first start for a data folder goes on', () => {
  const before = app.listenerCount('second-instance')
  expect(setup([], { isFirst: false }).instance).toBeNull()
  expect(app.listenerCount('second-instance')).toBe(before)
})

test('delivers what was received since the start, in order, and then everything at once', () => {
  const { folder, received, listen, startAgain } = setup(['a.gguf'])
  startAgain('--', 'a.gguf')
  startAgain('modelferry://show/history')
  expect(received).toEqual([])
  listen()
  const file = [join(folder, 'a.gguf')]
  expect(received).toEqual([file, file, 'show-history'])
  startAgain()
  expect(received.slice(3)).toEqual([[]])
})

test.each([
  ['without files shows the window', [], [[]]],
  ['at login does nothing', ['--hidden'], []],
  ['with a rejected link does nothing', ['modelferry://delete/all'], []],
  ['with a file on another computer says so and shows the window', ['smb://nas/x.gguf'], ['remote', []]],
] as const)('another start %s', (_what, args, expected) => {
  const { received, listen, startAgain } = setup()
  listen()
  startAgain(...args)
  expect(received).toEqual(expected)
})

test('logs no paths, links and addresses', () => {
  const { folder, lines, startAgain } = setup()
  startAgain('a.gguf')
  startAgain('modelferry://delete/all')
  startAgain('smb://nas/x.gguf', 'smb://nas/y.gguf')
  expect(lines).toEqual([
    { level: 'info', message: 'received files from outside', facts: { count: 1 } },
    { level: 'warn', message: 'an unknown link was rejected', facts: { length: 23 } },
    { level: 'warn', message: 'received addresses that are no local files', facts: { count: 2 } },
  ])
  expect(JSON.stringify(lines)).not.toContain(folder)
})

test('the app’s own folder is no file to upload in development, but is in an installed app', () => {
  const { received, listen, startAgain } = setup()
  listen()
  startAgain('b.gguf')
  expect(received).toEqual([[]])
  pretendPackaged()
  const { folder, ...installed } = setup(['b.gguf'])
  installed.listen()
  expect(installed.received).toEqual([[join(folder, 'b.gguf')]])
})

test('the program itself is no file to upload in development', () => {
  const { received, listen, startAgain } = setup()
  listen()
  startAgain(process.execPath)
  expect(received).toEqual([[]])
})

test('files and links that macOS opens are delivered and not handled by Electron', () => {
  const { received, listen } = setup()
  listen()
  const opened = event()
  app.emit('open-file', opened, '/models/c.gguf')
  const followed = event()
  app.emit('open-url', followed, 'modelferry://show/settings')
  expect([opened.defaultPrevented, followed.defaultPrevented]).toEqual([true, true])
  expect(received).toEqual([['/models/c.gguf'], 'show-settings'])
})

test.each([
  ['linux', ['--hidden'], false, true],
  ['linux', [], true, false],
  ['darwin', [], true, true],
  ['darwin', [], false, false],
] as const)(
  'on %s, a start with %j, opened at login: %s, is hidden: %s',
  (platform, args, atLogin, isHidden) => {
    pretendPlatform(platform)
    const settings = vi.spyOn(app, 'getLoginItemSettings')
    settings.mockReturnValue({ openAtLogin: true, wasOpenedAtLogin: atLogin } as never)
    onTestFinished(() => settings.mockRestore())
    expect(setup(args).instance?.startsHidden()).toBe(isHidden)
  },
)
