import { expect, onTestFinished, test } from 'vitest'
import {
  callChannel,
  calls,
  type CallAnswer,
  type CallHandlers,
  type CallName,
} from '../../../electron/contract/calls.ts'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import { setupIpc } from '../../../electron/desktop/ipc.ts'
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
  const store = createUploadStore(database, environment)
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

test('an exception of a handler is logged and answered', async () => {
  const error = new Error('a defect')
  const { log, lines } = createTestEnvironment(standingClock())
  setupIpc({
    handlers: { settings: () => Promise.reject(error) } as unknown as CallHandlers,
    engine: fakeEngine({ queueRestored: async () => {} }),
    window: { webContentsId: () => 1 },
    log,
    onAnswered: () => {},
  })
  onTestFinished(() => {
    for (const name of Object.keys(calls) as CallName[]) ipcMain.removeHandler(callChannel(name))
  })
  const page = { id: 1, mainFrame: { url: pageAddress, parent: null } } as unknown as HostContents
  const answer = await invoke(page, callChannel('settings'), [undefined])
  expect(JSON.parse(String(answer))).toEqual(failed(failure('unexpected')))
  expect(lines).toEqual([
    { level: 'error', message: 'a call handler threw an exception', facts: { name: 'settings', error } },
  ])
})
