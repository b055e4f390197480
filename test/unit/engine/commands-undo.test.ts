import { expect, test } from 'vitest'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { registeredState, replacingState } from '../../support/records.ts'
import { aborted } from '../queue/hand-queue.ts'
import { setupCommands } from './commands-setup.ts'

test('undoes a drop and returns what it has removed', async () => {
  const { commands, queue, rows, run, undo, add } = setupCommands()
  const [waiting, running, gone] = [add(), add(), add()]
  const drop = undo.rememberDrop([waiting, running, gone])
  queue.add([running])
  await commands.cancel([gone])
  const undone = commands.undoAdd(drop)
  await run(running).end(aborted)
  expect(await undone).toEqual(success([waiting, running]))
  expect(rows.ids()).toEqual([])
  expect(await commands.undoAdd('unknown')).toEqual(success([]))
})

const alreadyThere = { kind: 'duplicate', sha256: 'ab'.repeat(32), modelId: 'm', finishedAtMs: 1 } as const

test.for<[string, Partial<UploadRecord>, boolean]>([
  ['was registered stays', { phase: 'registered', state: registeredState('m', 1) }, false],
  ['has replaced a model stays', { state: replacingState('m') }, false],
  ['was in the library before is undone', { phase: 'registered', state: alreadyThere }, true],
])('a drop with an upload that %s', async ([, given, isUndone]) => {
  const { commands, rows, undo, add } = setupCommands()
  const [finished, waiting] = [add(given), add()]
  const undone = await commands.undoAdd(undo.rememberDrop([finished, waiting]))
  expect(undone).toEqual(isUndone ? success([waiting]) : failed(failure('undo-too-late')))
  expect(rows.has(waiting)).toBe(!isUndone)
})

test('a drop is not undone while or after one of its uploads is registered', async () => {
  const { commands, queue, rows, run, undo, add } = setupCommands()
  const [first, waiting] = [add(), add()]
  const drop = undo.rememberDrop([first, waiting])
  queue.add([first])
  rows.applyEvent(first, 'begin')
  rows.applyEvent(first, 'register')
  expect(await commands.undoAdd(drop)).toEqual(failed(failure('undo-too-late')))
  rows.applyEvent(first, 'requeue')
  const undone = commands.undoAdd(drop)
  rows.applyEvent(first, 'begin')
  rows.applyEvent(first, 'register')
  rows.applyEvent(first, 'registered', { state: registeredState('m', 1) })
  await run(first).end({ kind: 'done' })
  expect(await undone).toEqual(failed(failure('undo-too-late')))
  expect([rows.has(waiting), queue.has(waiting), queue.has(first)]).toEqual([true, true, false])
})

test('undoing an approval returns what is not in the review yet, also a stopped upload', async () => {
  const { commands, queue, rows, run, undo, add, forgotten } = setupCommands()
  const changed = add({ phase: 'review', failure: failure('file-empty') })
  const [running, paused] = [add(), add({ phase: 'paused' })]
  const refused = add({ phase: 'failed', failure: failure('forbidden') })
  const approval = undo.rememberApproval([changed, running, paused, refused])
  queue.add([running])
  const undone = commands.undoAdd(approval)
  await run(running).end(aborted)
  expect(await undone).toEqual(success([changed, running, paused, refused]))
  const left = rows.ids().map((id) => [rows.get(id)?.live.phase, rows.get(id)?.record.failure?.code])
  expect(left).toEqual([
    ['review', 'file-empty'],
    ['review', undefined],
    ['review', undefined],
    ['review', undefined],
  ])
  expect(queue.has(running)).toBe(false)
  // Nothing that was sent is continued.
  expect(forgotten).toEqual([changed, running, paused, refused])
})

test('undoing an approval moves the model back that a file was about to replace', async () => {
  const { commands, rows, undo, add, cleanups } = setupCommands()
  const replaces = { modelId: 'old', name: 'Old', fate: 'disable', path: 'a', asidePath: 'a (2)' } as const
  const id = add({ library: { onConflict: 'replace', replaces } })
  expect(await commands.undoAdd(undo.rememberApproval([id]))).toEqual(success([id]))
  const expected = { onConflict: 'replace', replaces: { ...replaces, asidePath: null } }
  expect([rows.get(id)?.record.library, cleanups]).toEqual([expected, ['left behind']])
})

test('an approval that can’t be undone leaves its uploads in the queue', async () => {
  const { commands, queue, rows, run, undo, add, failCommits } = setupCommands()
  const id = add()
  const approval = undo.rememberApproval([id])
  const repair = failCommits()
  expect(await commands.undoAdd(approval)).toMatchObject({ ok: false })
  expect([rows.get(id)?.live.phase, queue.has(id)]).toEqual(['waiting', true])
  repair()
  const undone = commands.undoAdd(approval)
  await run(id).end(aborted)
  expect(await undone).toEqual(success([id]))
})

test('does not restore an upload that was restored, begun and removed again', async () => {
  const { commands, rows, run, add } = setupCommands()
  const id = add()
  await commands.cancel([id])
  expect(commands.undoRemove([id])).toEqual(success([id]))
  rows.change(id, { state: { kind: 'queued', started: true } })
  const cancelled = commands.cancel([id])
  await run(id).end(aborted)
  await cancelled
  expect([commands.undoRemove([id]), rows.has(id)]).toEqual([success([]), false])
})
