import { expect, test } from 'vitest'
import { failed, failure, success, type FailureCode } from '../../../electron/contract/failures.ts'
import type { ReplacedModel } from '../../../electron/contract/library.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import type { Inspection } from '../../../electron/recognition/found-file.ts'
import { multipartOpenState, registeredState, replacingState, uploadRecord } from '../../support/records.ts'
import { aborted, later } from '../queue/hand-queue.ts'
import { setupCommands } from './commands-setup.ts'

const identity = { sizeBytes: 5_000, mtimeNs: 1n, inode: 7n, sample: 's' }
const changed = { ...identity, sample: 'other' }
const unknown = { sizeBytes: 0, mtimeNs: 0n, inode: 0n }

/** Commands that find a file in this state when they inspect it. */
function setup(found: Partial<Inspection> = {}) {
  const { recognition, target } = uploadRecord()
  const inspected: string[] = []
  const context = setupCommands(async ({ path }) => {
    inspected.push(path)
    return { recognition, target, identity, failure: null, ...found }
  })
  const { rows, add } = context
  return {
    ...context,
    inspected,
    addFailed(code: FailureCode, given: Partial<UploadRecord> = {}) {
      const id = add({ identity, ...given })
      rows.applyEvent(id, 'refuse', { failure: failure(code) })
      return id
    },
    addInReview: (given: Partial<UploadRecord> = {}) => add({ identity, phase: 'review', ...given }),
    stateOf(id: string) {
      const row = rows.get(id)
      return row && [row.live.phase, row.record.failure?.code ?? null]
    },
  }
}

test('retries waiting uploads at once, and changes none that did not fail', async () => {
  const { commands, queue, rows, run, started, clock, add, stateOf, inspected } = setup()
  const [id, running] = [add(), add()]
  queue.add([id, running])
  for (const one of [id, running]) rows.applyEvent(one, 'begin')
  await run(id).end(later(clock.now() + 60_000))
  rows.applyEvent(id, 'trouble', { failure: failure('file-being-written') }, clock.now() + 60_000)
  expect(await commands.retry([id, running, 'unknown'])).toEqual(success(undefined))
  expect(started()).toEqual([id, running, id])
  expect([stateOf(id), stateOf(running), inspected]).toEqual([['waiting', null], ['checking', null], []])
})

test.for<[FailureCode, UploadRecord['state']]>([
  ['forbidden', multipartOpenState(5_000)],
  ['upload-ended', { kind: 'queued', started: false }],
])('a retry after %s continues with what storage has, if it is of use', async ([code, state]) => {
  const { commands, queue, rows, addFailed, inspected } = setup()
  const id = addFailed(code, { state: multipartOpenState(5_000) })
  expect(await commands.retry([id])).toEqual(success(undefined))
  expect(rows.get(id)).toMatchObject({ live: { phase: 'waiting' }, record: { failure: null, state } })
  expect([queue.has(id), inspected]).toEqual([true, []])
})

test('inspects a file again that was the reason, and keeps what was sent of the same bytes only', async () => {
  const state = multipartOpenState(5_000)
  const retry = async (found: Partial<Inspection>) => {
    const { commands, queue, rows, addFailed, forgotten, cleanups, inspected } = setup(found)
    const id = addFailed('file-unreadable', { state })
    await commands.retry([id])
    expect([queue.has(id), cleanups]).toEqual([true, ['left behind']])
    expect(inspected).toEqual([rows.get(id)?.record.path])
    return { kind: rows.get(id)?.record.state.kind, isForgotten: forgotten.includes(id) }
  }
  expect(await retry({})).toEqual({ kind: 'multipart-open', isForgotten: false })
  expect(await retry({ identity: changed })).toEqual({ kind: 'queued', isForgotten: true })
})

test.for<[string, FailureCode, Partial<Inspection>, boolean, string]>([
  ['has other bytes', 'file-unreadable', { identity: changed }, true, 'review'],
  ['was broken and has the same bytes', 'file-part-missing', {}, true, 'review'],
  ['was sound and has the same bytes', 'file-unreadable', {}, true, 'waiting'],
  ['has other bytes and need not be reviewed', 'file-unreadable', { identity: changed }, false, 'waiting'],
])('decides whether a file is reviewed that %s', async ([, code, found, mustReview, phase]) => {
  const { commands, queue, addFailed, stateOf } = setup(found)
  const id = addFailed(code)
  await commands.retry([id], ({ failure: reason }) => mustReview && reason === null)
  expect([stateOf(id), queue.has(id)]).toEqual([[phase, null], phase === 'waiting'])
})

test('a file that is still rejected is reported, with what was found this time', async () => {
  const { commands, queue, rows, addFailed, rejected, stateOf } = setup({
    failure: failure('file-empty'),
    identity: changed,
  })
  const id = addFailed('file-cut-short')
  expect(await commands.retry([id])).toEqual(success(undefined))
  expect([stateOf(id), rejected, queue.has(id)]).toEqual([['failed', 'file-empty'], [id], false])
  expect(rows.get(id)?.record.identity).toEqual(changed)
})

test('a file that grows while it is inspected is being written, unless it has not changed', async () => {
  const reasonWith = async (sample: string) => {
    const context = setup()
    const mtimeNs = BigInt(context.clock.now()) * 1_000_000n
    const { commands, addFailed, stateOf } = setup({
      failure: failure('file-cut-short'),
      identity: { ...identity, mtimeNs, sample },
    })
    const id = addFailed('file-empty', { identity: { ...identity, mtimeNs } })
    await commands.retry([id])
    return stateOf(id)?.[1]
  }
  expect([await reasonWith('other'), await reasonWith('s')]).toEqual(['file-being-written', 'file-cut-short'])
})

test('keeps what is known of a file that cannot be inspected now', async () => {
  const { commands, rows, addFailed, forgotten, stateOf } = setup({
    failure: failure('file-missing'),
    identity: unknown,
  })
  const id = addFailed('file-unreadable', { state: multipartOpenState(5_000) })
  await commands.retry([id])
  expect([stateOf(id), forgotten]).toEqual([['failed', 'file-missing'], []])
  expect(rows.get(id)?.record).toMatchObject({ identity, state: { kind: 'multipart-open' } })
})

test('does nothing for an upload that is removed or continued while its file is inspected', async () => {
  const { commands, addFailed, rows, queue } = setup()
  const [gone, resumed] = [addFailed('file-empty'), addFailed('file-empty')]
  const retried = [commands.retry([gone]), commands.retry([resumed])]
  rows.remove([gone])
  rows.applyEvent(resumed, 'resume', { failure: null })
  expect(await Promise.all(retried)).toEqual([success(undefined), success(undefined)])
  expect([queue.has(gone), queue.has(resumed)]).toEqual([false, false])
})

test('a file that may run code stays allowed while it has the same bytes', async () => {
  const { commands, add, rows, queue, stateOf } = setup({ failure: failure('file-dangerous') })
  const addAllowed = (given: Partial<UploadRecord>) => {
    const id = add({ identity, allowed: true, ...given })
    rows.applyEvent(id, 'refuse', { failure: failure('file-unreadable') })
    return id
  }
  const [same, other] = [addAllowed({}), addAllowed({ identity: changed })]
  await commands.retry([same, other])
  expect([stateOf(same), stateOf(other)]).toEqual([
    ['waiting', null],
    ['failed', 'file-dangerous'],
  ])
  expect([queue.has(same), queue.has(other)]).toEqual([true, false])
})

test('allows only files that failed because they can run code, in the queue or in review', () => {
  const { commands, queue, rows, addFailed, addInReview, stateOf } = setup()
  const [asked, broken] = [addFailed('file-dangerous'), addFailed('file-empty')]
  const inReview = addInReview({ failure: failure('file-dangerous') })
  expect(commands.allow([broken])).toEqual(success(false))
  expect(commands.allow([asked, broken, inReview])).toEqual(success(true))
  expect(
    [asked, broken, inReview].map((id) => [stateOf(id), rows.get(id)?.record.allowed, queue.has(id)]),
  ).toEqual([
    [['waiting', null], true, true],
    [['failed', 'file-empty'], false, false],
    [['review', null], true, false],
  ])
})

test('approves uploads in review that have no failure', () => {
  const { commands, queue, add, addInReview, breakJournal } = setup()
  const [sound, broken, waiting, late] = [
    addInReview(),
    addInReview({ failure: failure('file-empty') }),
    add(),
    addInReview(),
  ]
  expect([sound, broken, waiting, 'unknown'].map((id) => commands.approve(id))).toEqual(
    [true, false, false, false].map(success),
  )
  breakJournal()
  expect(commands.approve(late)).toMatchObject({ ok: false, failure: { code: 'journal-trouble' } })
  expect([sound, broken, late].map((id) => queue.has(id))).toEqual([true, false, false])
})

test('continues uploads that are paused, being paused, or failed, and no others', async () => {
  const { commands, queue, rows, run, add, addFailed, addInReview } = setup()
  const [paused, pausing, waiting] = [add(), add(), add()]
  const ids = [paused, addFailed('forbidden'), addInReview({ failure: failure('file-dangerous') }), pausing]
  rows.applyEvent(paused, 'pause')
  queue.add([pausing])
  rows.applyEvent(pausing, 'begin')
  const pause = commands.pause([pausing])
  const others = [waiting, addInReview(), 'unknown']
  const results = await Promise.all([...ids, ...others].map((id) => commands.continueUpload(id)))
  expect(results).toEqual([true, true, true, true, false, false, false].map(success))
  expect([run(pausing).pause.isRequested, rows.get(pausing)?.record.phase]).toEqual([false, 'waiting'])
  expect(ids.map((id) => queue.has(id))).toEqual([true, true, false, true])
  await pause
})

const replaces: ReplacedModel = {
  ...{ modelId: 'old', name: 'Old', path: 'models/loras/style.safetensors' },
  ...{ fate: 'delete', asidePath: null },
}

test.for<[string, FailureCode, 'keep-both' | 'replace', UploadRecord['library'] | null]>([
  ['a taken path', 'path-taken', 'replace', { onConflict: 'replace', fate: 'disable' }],
  ['a path taken in the queue', 'path-taken-here', 'keep-both', { onConflict: 'keep-both', fate: 'disable' }],
  ['an old model that stays', 'old-model-stays', 'keep-both', { onConflict: 'ask' }],
  ['an old model that stays, to be replaced', 'old-model-stays', 'replace', null],
  ['another failure', 'forbidden', 'replace', null],
])('applies the decision about %s', async ([, code, choice, library]) => {
  const { commands, queue, rows, addFailed, add } = setup()
  const before = { onConflict: 'ask', replaces } as const
  const id = addFailed(code, { library: before })
  const paused = add({ library: before })
  rows.applyEvent(paused, 'pause')
  expect(await commands.decide({ ids: [id, paused], choice, fate: 'disable' })).toEqual(success(undefined))
  expect(rows.get(id)?.record.library).toEqual(library ?? before)
  expect([queue.has(id), rows.get(paused)?.live.phase]).toEqual([library !== null, 'paused'])
})

test('a chosen path is used if it is valid, and needs no further decision', async () => {
  const { commands, rows, queue, addFailed } = setup()
  const id = addFailed('path-taken', { library: { onConflict: 'rename', replaces } })
  const rename = (path: string) => commands.decide({ ids: [id], choice: 'rename', fate: 'disable', path })
  expect(await rename('/etc/style')).toMatchObject({ ok: false, failure: { code: 'target-path' } })
  expect(queue.has(id)).toBe(false)
  expect(await rename('models/loras/mine.safetensors')).toEqual(success(undefined))
  expect(rows.get(id)?.record).toMatchObject({
    target: { modelPath: 'models/loras/mine.safetensors' },
    library: {},
    failure: null,
  })
  expect(queue.has(id)).toBe(true)
})

test('skips the uploads that wait for a decision', async () => {
  const { commands, rows, addFailed } = setup()
  const [asked, other] = [addFailed('path-taken'), addFailed('forbidden')]
  expect(await commands.decide({ ids: [asked, other], choice: 'skip', fate: 'disable' })).toEqual(
    success(undefined),
  )
  expect(rows.ids()).toEqual([other])
})

test('stops the uploads of an account that wait or run, until one with access has signed in', async () => {
  const { commands, queue, rows, run, add, addFailed, addInReview, stateOf } = setup()
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

test('undoes a drop and returns what it has removed', async () => {
  const { commands, queue, rows, run, undo, add } = setup()
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
  ['was registered', { phase: 'registered', state: registeredState('m', 1) }, false],
  ['has replaced a model', { state: replacingState('m') }, false],
  ['was in the library before', { phase: 'registered', state: alreadyThere }, true],
])('a drop is undone only before a model of it is in the library: one %s', async ([, given, isUndone]) => {
  const { commands, rows, undo, add } = setup()
  const [finished, waiting] = [add(given), add()]
  const undone = await commands.undoAdd(undo.rememberDrop([finished, waiting]))
  expect(undone).toEqual(isUndone ? success([waiting]) : failed(failure('undo-too-late')))
  expect(rows.has(waiting)).toBe(!isUndone)
})

test('a drop is not undone while one of it is being registered, or once that was done meanwhile', async () => {
  const { commands, queue, rows, run, undo, add } = setup()
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
