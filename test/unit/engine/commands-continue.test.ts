import { expect, test } from 'vitest'
import { failure, success } from '../../../electron/contract/failures.ts'
import { uploadRecord } from '../../support/records.ts'
import { aborted } from '../queue/hand-queue.ts'
import { setupCommands } from './commands-setup.ts'

test('allows only files that failed because they can run code, in the queue or in review', () => {
  const { commands, queue, rows, addFailed, addInReview, stateOf } = setupCommands()
  const [asked, broken] = [addFailed('file-dangerous'), addFailed('file-empty')]
  const inReview = addInReview({ failure: failure('file-dangerous') })
  expect(commands.allow([broken])).toEqual(success(false))
  expect(commands.allow([asked, broken, inReview])).toEqual(success(true))
  expect(
    [asked, broken, inReview].map((id) => [stateOf(id), rows.get(id)?.record.allowed, queue.has(id)]),
  ).toEqual([
    [['waiting', null], true, true],
    [['failed', 'file-empty'], false, false],
    [['review', 'file-dangerous'], true, false],
  ])
  commands.disallow([asked, inReview])
  expect([asked, inReview].map((id) => rows.get(id)?.record.allowed)).toEqual([true, false])
})

test('approves uploads in review that have no failure, or an accepted one', () => {
  const { commands, queue, add, addInReview, breakJournal, stateOf } = setupCommands()
  const [sound, unsafe, broken, waiting, late] = [
    addInReview(),
    addInReview({ failure: failure('file-dangerous'), allowed: true }),
    addInReview({ failure: failure('file-empty') }),
    add(),
    addInReview(),
  ]
  expect([sound, unsafe, broken, waiting, 'unknown'].map((id) => commands.approve(id))).toEqual(
    [true, true, false, false, false].map(success),
  )
  expect(stateOf(unsafe)).toEqual(['waiting', null])
  breakJournal()
  expect(commands.approve(late)).toMatchObject({ ok: false, failure: { code: 'journal-trouble' } })
  expect([sound, broken, late].map((id) => queue.has(id))).toEqual([true, false, false])
})

test('stops uploads of an account that wait or run, until an account with access signs in', async () => {
  const { commands, queue, rows, run, add, addFailed, addInReview, stateOf } = setupCommands()
  const [waiting, running, paused, other] = [add(), add(), add(), add({ accountId: 'cloud.example bob' })]
  const [inReview, broken] = [addInReview(), addFailed('file-empty')]
  rows.applyEvent(paused, 'pause')
  await queue.setHeld(true)
  queue.add([waiting, other])
  await queue.setHeld(false)
  queue.add([running])
  const suspended = commands.suspendAccount('cloud.example alice')
  for (const id of [waiting, running]) await run(id).end(aborted)
  await suspended
  const ids = [waiting, running, paused, other, inReview, broken]
  const signedOut = ['failed', 'signed-out']
  const rest = [
    ['paused', null],
    ['waiting', null],
    ['review', null],
    ['failed', 'file-empty'],
  ]
  expect(ids.map(stateOf)).toEqual([signedOut, signedOut, ...rest])
  commands.resumeWaiting(({ id }) => id === waiting)
  expect(ids.map(stateOf)).toEqual([['waiting', null], signedOut, ...rest])
  commands.resumeAfter('signed-out')
  expect(ids.map(stateOf)).toEqual([['waiting', null], ['waiting', null], ...rest])
})

test('leaves uploads alone that a command’s engine has read, until one is to be continued', async () => {
  const { commands, queue, rows, stateOf } = setupCommands()
  const [waiting, other, signedOut] = [
    uploadRecord(),
    uploadRecord(),
    uploadRecord({ phase: 'failed', failure: failure('signed-out') }),
  ]
  rows.add([waiting, other, signedOut])
  rows.restore([waiting, other, signedOut], { isRequested: false })
  const ids = [waiting, other, signedOut].map(({ id }) => id)
  commands.resumeWaiting(() => true)
  commands.resumeAfter('signed-out')
  commands.refuseWaiting(waiting.accountId, () => false)
  expect(ids.map((id) => [...(stateOf(id) ?? []), queue.has(id)])).toEqual([
    ['waiting', null, false],
    ['waiting', null, false],
    ['failed', 'signed-out', false],
  ])
  expect(await commands.continueUpload(waiting.id)).toEqual(success(true))
  expect(ids.map((id) => queue.has(id))).toEqual([true, false, false])
})
