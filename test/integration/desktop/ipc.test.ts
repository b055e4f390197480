import { expect, onTestFinished, test } from 'vitest'
import {
  callChannel,
  calls,
  eventChannel,
  type CallAnswer,
  type CallHandlers,
  type CallName,
} from '../../../electron/contract/calls.ts'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import { createPageSender, setupIpc } from '../../../electron/desktop/ipc.ts'
import { pageAddress } from '../../../electron/desktop/security/ipc-sender.ts'
import { openJournal } from '../../../electron/journal/journal-file.ts'
import { createUploadStore } from '../../../electron/journal/upload-store.ts'
import { invoke, ipcMain } from '../../electron-host/ipc-main.ts'
import type { HostContents } from '../../electron-host/shapes.ts'
import { setup, valueOf } from '../../support/engine.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { uploadRecord } from '../../support/records.ts'
import { fakeEngine } from '../../support/fake-engine.ts'

/** The engine reads this many rows in three batches. */
const uploadCount = 300

test('all calls wait for the whole queue, except for those that the first paint needs', async () => {
  const { app: before, home, begin, environment } = await setup({ as: null })
  await before.stop()
  const { database } = openJournal(home, environment.now())
  const store = createUploadStore(database, 'before', environment)
  store.add(Array.from({ length: uploadCount }, (_none, position) => uploadRecord({ position })))
  store.close()
  database.close()
  const { app } = begin()
  const names = Object.keys(calls) as CallName[]
  const answered: CallName[] = []
  const handlers = {
    ...Object.fromEntries(names.map((name) => [name, async () => success(undefined)])),
    snapshot: async () => success(app.engine.snapshot()),
  }
  const page = { id: 1, mainFrame: { url: pageAddress, parent: null } } as unknown as HostContents
  setupIpc({
    handlers: handlers as unknown as CallHandlers,
    engine: app.engine,
    window: { webContentsId: () => page.id },
    log: environment.log,
    onAnswered: (name) => void answered.push(name),
  })
  onTestFinished(() => {
    for (const name of names) ipcMain.removeHandler(callChannel(name))
  })
  const ask = async <Name extends CallName>(name: Name) => {
    const text = String(await invoke(page, callChannel(name), []))
    return valueOf(JSON.parse(text) as Result<CallAnswer<Name>>)
  }
  // Calls without their arguments are refused, at the same time as others are answered.
  const all = Promise.all(names.map((name) => invoke(page, callChannel(name), [])))
  const snapshot = ask('snapshot')
  await ask('session')
  expect(app.rows().length).toBeLessThan(uploadCount)
  expect(new Set(answered)).toEqual(new Set(['session', 'settings', 'surroundings']))
  expect((await snapshot).rows).toHaveLength(uploadCount)
  await all
  expect(new Set(answered)).toEqual(new Set(names))
})

/** The calls of a desktop whose handlers answer with these; `call` is one of its page, or of another sender. */
function setupCalls(handlers: Partial<CallHandlers>, contentsId: number | null = 1) {
  const { log, lines } = createTestEnvironment(standingClock())
  const answered: CallName[] = []
  setupIpc({
    handlers: handlers as CallHandlers,
    engine: fakeEngine({ queueRestored: async () => {} }),
    window: { webContentsId: () => contentsId },
    log,
    onAnswered: (name) => void answered.push(name),
  })
  onTestFinished(() => {
    for (const name of Object.keys(calls)) ipcMain.removeHandler(callChannel(name as CallName))
  })
  return {
    lines,
    answered,
    async call(name: CallName, args: unknown, sender: object = {}) {
      const page = { id: 1, mainFrame: { url: pageAddress, parent: null }, ...sender }
      return JSON.parse(String(await invoke(page as unknown as HostContents, callChannel(name), [args])))
    },
  }
}

test('a handler gets the arguments of its call, and its answer goes to the page', async () => {
  const { call, answered, lines } = setupCalls({ openServer: async (args) => success(args as never) })
  expect(await call('openServer', { accountId: 'a' })).toEqual(success({ accountId: 'a' }))
  expect([answered, lines]).toEqual([['openServer'], []])
})

test.each<[string, object, number | null]>([
  ['no window is open', {}, null],
  ['another window', { id: 2 }, 1],
  ['a destroyed frame', { mainFrame: null }, 1],
  ['a subframe', { mainFrame: { url: pageAddress, parent: {} } }, 1],
  ['another page', { mainFrame: { url: 'https://a.example/', parent: null } }, 1],
])('a call is rejected because of its sender: %s', async (reason, sender, contentsId) => {
  const { call, answered, lines } = setupCalls({ settings: () => expect.unreachable() }, contentsId)
  expect(await call('settings', undefined, sender)).toEqual(failed(failure('bad-call')))
  expect(answered).toEqual([])
  expect(lines).toEqual([
    {
      level: 'error',
      message: 'a call from an unknown sender was rejected',
      facts: { name: 'settings', reason },
    },
  ])
})

test('a call with invalid arguments is rejected, and logged without them', async () => {
  const { call, answered, lines } = setupCalls({ openServer: () => expect.unreachable() })
  expect(await call('openServer', { accountId: 5, password: 'secret' })).toEqual(failed(failure('bad-call')))
  expect(answered).toEqual(['openServer'])
  expect(lines).toMatchObject([
    { level: 'error', message: 'a call with invalid arguments was rejected', facts: { name: 'openServer' } },
  ])
  expect(lines[0]?.facts['problems']).toContain('accountId: string')
  expect(JSON.stringify(lines)).not.toContain('secret')
})

test('an exception of a handler is logged and answered', async () => {
  const error = new Error('a defect')
  const { call, answered, lines } = setupCalls({ settings: () => Promise.reject(error) })
  expect(await call('settings', undefined)).toEqual(failed(failure('unexpected')))
  expect(answered).toEqual(['settings'])
  expect(lines).toEqual([
    { level: 'error', message: 'a call handler threw an exception', facts: { name: 'settings', error } },
  ])
})

test('events are sent to the page as text, if there is one', () => {
  const sent: unknown[] = []
  let contents: object | null = null
  const send = createPageSender({ webContents: () => contents as never })
  expect(send('command', 'find')).toBe(false)
  contents = { send: (...args: readonly unknown[]) => void sent.push(args) }
  expect(send('command', 'find')).toBe(true)
  expect(sent).toEqual([[eventChannel('command'), '"find"']])
})
