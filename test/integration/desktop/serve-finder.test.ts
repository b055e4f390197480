import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { serveFinder } from '../../../electron/desktop/integration/serve-finder.ts'
import { app } from '../../electron-host/app.ts'
import { host } from '../../electron-host/state.ts'
import { event } from '../../electron-host/strict.ts'
import { removeAddedListeners } from '../../support/added-listeners.ts'

/** A command of a bundle on macOS, and the programs of the system that it runs. */
function setup() {
  removeAddedListeners(app)
  removeAddedListeners(process, ['SIGINT', 'SIGTERM', 'SIGHUP'])
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-finder-'))
  const before = ['userData', 'sessionData'].map((name) => [name, app.getPath(name)] as const)
  const ready = vi.spyOn(app, 'whenReady').mockResolvedValue(undefined)
  const { execPath } = process
  process.execPath = '/Applications/Modelferry.app/Contents/MacOS/Modelferry'
  app.setPath('userData', folder)
  onTestFinished(() => {
    process.execPath = execPath
    for (const [name, path] of before) app.setPath(name, path)
    ready.mockRestore()
    rmSync(folder, { recursive: true })
  })
  const ran: string[] = []
  const start = () =>
    serveFinder(async (program, words) => {
      ran.push([program, ...words].join(' '))
      return ''
    })
  return { folder, ran, start }
}

test('what Finder opens during a command starts the app', () => {
  const { ran, start } = setup()
  start()
  const [file, link] = [event(), event()]
  app.emit('open-file', file, '/models/a b.gguf')
  app.emit('open-url', link, 'modelferry://show/history')
  app.emit('activate', event(), false)
  const open = 'open -n -a /Applications/Modelferry.app --args --'
  expect(ran).toEqual([`${open} /models/a b.gguf`, `${open} modelferry://show/history`, open])
  expect([file.defaultPrevented, link.defaultPrevented]).toEqual([true, true])
})

test('a command is not in the dock, and writes Chromium’s files neither to the data folder nor to the terminal', () => {
  const { folder, start } = setup()
  start()
  expect(host.events.at(-1)).toEqual({ kind: 'activation-policy', policy: 'accessory' })
  expect(app.getPath('sessionData')).toBe(join(folder, 'browser'))
})

test('the end of the session pauses a command instead of ending it', () => {
  const { start } = setup()
  const paused = vi.fn()
  process.on('SIGTERM', paused)
  start()
  const quit = event()
  app.emit('before-quit', quit)
  expect([quit.defaultPrevented, paused.mock.calls.length]).toEqual([true, 1])
})

test('registers the signal listeners again, so that the system calls them instead of Electron’s', async () => {
  const { start } = setup()
  const listener = () => undefined
  process.on('SIGINT', listener)
  const counts: number[] = []
  const onRemoved = (name: string | symbol) => {
    if (name === 'SIGINT') counts.push(process.listenerCount('SIGINT'))
  }
  process.on('removeListener', onRemoved)
  onTestFinished(() => void process.off('removeListener', onRemoved))
  start()
  await nextTurn()
  expect([process.listeners('SIGINT').includes(listener), counts.at(-1)]).toEqual([true, 0])
})
