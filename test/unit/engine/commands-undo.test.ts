import { expect, test } from 'vitest'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { registeredState, replacingState } from '../../support/records.ts'
import { aborted } from '../queue/hand-queue.ts'
import { setupCommands } from './commands-setup.ts'

const alreadyThere = { kind: 'duplicate', sha256: 'ab'.repeat(32), modelId: 'm', finishedAtMs: 1 } as const

test.for<[string, Partial<UploadRecord>]>([
  ['is registered', { phase: 'registered', state: registeredState('m', 1) }],
  ['has replaced a model', { state: replacingState('m') }],
  ['was in the library before', { phase: 'registered', state: alreadyThere }],
])('undoes the rest of a drop with an upload that %s', async ([, given]) => {
  const { commands, rows, undo, add } = setupCommands()
  const [finished, waiting] = [add(given), add()]
  const drop = undo.rememberDrop([finished, waiting])
  expect(await commands.undoAdd(drop)).toEqual(success([waiting]))
  expect(rows.ids()).toEqual([finished])
  expect(await commands.undoAdd(drop)).toEqual(failed(failure('undo-too-late')))
})

test('an upload that is being registered, or is until its run ends, stays when its drop is undone', async () => {
  const { commands, queue, rows, run, undo, add } = setupCommands()
  const [first, second, waiting] = [add(), add(), add()]
  const drop = undo.rememberDrop([first, second, waiting])
  queue.add([first, second])
  for (const event of ['begin', 'register'] as const) rows.applyEvent(first, event)
  const undone = commands.undoAdd(drop)
  for (const event of ['begin', 'register'] as const) rows.applyEvent(second, event)
  rows.applyEvent(second, 'registered', { state: registeredState('m', 1) })
  await run(second).end({ kind: 'done' })
  expect(await undone).toEqual(success([waiting]))
  expect([rows.ids(), queue.has(first), queue.has(second)]).toEqual([[first, second], true, false])
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
