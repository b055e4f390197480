import { rmSync } from 'node:fs'
import process from 'node:process'
import { expect, onTestFinished, test } from 'vitest'
import { failed, failure } from '../../../electron/contract/failures.ts'
import { openJournal } from '../../../electron/journal/journal-file.ts'
import { createUploadStore } from '../../../electron/journal/upload-store.ts'
import { registeredState, uploadRecord } from '../../support/records.ts'
import {
  bytesOf,
  proceed,
  setupConflictCheck as setup,
  targetAt,
  type ConflictCheckSetup,
} from './conflict-check-setup.ts'

test('sends no file again of which the server can not say whether its model still exists', async () => {
  const { add, check, duplicates, store } = setup([], { current: failed(failure('offline')) })
  const { id, identity, team, target } = add('a', bytesOf(1_000, 1))
  store.add([
    uploadRecord({ identity, team, target, phase: 'registered', state: registeredState('m1', 2 ** 50) }),
  ])
  expect(await check(id)).toEqual({ kind: 'done' })
  expect(duplicates).toMatchObject([{ id, model: { id: 'm1' } }])
})

test('sends a file again if all models that other processes have registered of it are deleted', async () => {
  const current = failed(failure('not-found'))
  const { add, check, listed, duplicates, store, lookedUp } = setup([], { current })
  const { id, identity, team, target } = add('a', bytesOf(1_000, 1))
  for (const modelId of ['m1', 'm2'])
    store.add([
      uploadRecord({ identity, team, target, phase: 'registered', state: registeredState(modelId, 2 ** 50) }),
    ])
  expect(await check(id)).toEqual(proceed)
  expect([lookedUp.sort(), listed, duplicates]).toEqual([['m1', 'm2'], [], []])
})

/** The same journal with an upload of another process, which is the parent of this one. */
function setupWithOtherProcess(options: ConflictCheckSetup = {}) {
  const context = setup([], options)
  const target = targetAt('models/loras/x.safetensors')
  const own = context.add('file', bytesOf(9_000, 1), { target })
  const { database } = openJournal(context.folder, 0)
  onTestFinished(() => database.close())
  const theirs = createUploadStore(database, 'theirs', context.environment)
  database.prepare(`UPDATE runners SET pid = ? WHERE id = 'theirs'`).run(process.ppid)
  const other = uploadRecord({ path: own.path, identity: own.identity, target })
  theirs.add([other])
  return { ...context, own, theirs, other }
}

test('waits for another process that sends the file, without reading the file meanwhile', async () => {
  const { own, theirs, other, check, rows, clock } = setupWithOtherProcess()
  theirs.claimFile(other)
  const first = await check(own.id)
  expect(first).toMatchObject({
    kind: 'retry',
    failure: { code: 'other-process', detail: `process ${process.ppid}` },
    atMs: clock.now() + 1_000,
  })
  if (first.kind !== 'retry') throw new Error('it does not wait')
  rows.applyEvent(own.id, 'begin')
  rows.applyEvent(own.id, 'trouble', { failure: first.failure }, first.atMs)
  rmSync(own.path)
  const again = await check(own.id)
  // The same object, so that the journal is not written.
  expect(again.kind === 'retry' && again.failure).toBe(first.failure)
  theirs.releaseFile({ id: other.id })
  expect(await check(own.id)).toEqual(proceed)
})
