import { expect, test } from 'vitest'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { registeredState, replacingState } from '../../support/records.ts'
import { aborted } from '../queue/hand-queue.ts'
import { setupCommands } from './commands-setup.ts'

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
