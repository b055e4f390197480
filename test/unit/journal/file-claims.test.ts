import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { expect, onTestFinished, test } from 'vitest'
import { failure } from '../../../electron/contract/failures.ts'
import { openJournal } from '../../../electron/journal/journal-file.ts'
import { createUploadStore } from '../../../electron/journal/upload-store.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { valueOf } from '../../support/engine.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import {
  multipartOpenState,
  registeredState,
  replacingState,
  storedState,
  uploadRecord,
} from '../../support/records.ts'

/** A journal with this process and another one, which lives until it is said to have ended. */
function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-claims-'))
  const environment = createTestEnvironment(standingClock())
  const open = (runner: string): Opened => {
    const { database } = openJournal(folder, 0)
    onTestFinished(() => database.close())
    const store = createUploadStore(database, runner, environment, () => 'this boot')
    // A runner with the id of this process would be one from before a reboot.
    database.prepare('UPDATE runners SET pid = ?').run(process.ppid)
    return { database, store }
  }
  const [ours, theirs] = [open('ours'), open('theirs')]
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return {
    database: ours.database,
    ours: ours.store,
    theirs: theirs.store,
    endTheirs: () => theirs.store.close(),
    openThird: () => open('third').store,
  }
}

interface Opened {
  readonly database: ReturnType<typeof openJournal>['database']
  readonly store: ReturnType<typeof createUploadStore>
}

const identity = { sizeBytes: 20_971_520, mtimeNs: 1n, inode: 7n }
const target = { displayName: 'a', modelType: 'vae', modelPath: 'models/vae/a.safetensors' }
const path = '/models/vae/a.safetensors'
const record = (given: Partial<UploadRecord> = {}) => uploadRecord({ path, identity, target, ...given })
const claimed = { kind: 'claimed', isContinued: false }

/** Adds an upload of each process, lets the other process claim its own, and claims ours. */
function claimAfter({ ours, theirs }: ReturnType<typeof setup>, other: UploadRecord, own = record()) {
  theirs.add([other])
  expect(valueOf(theirs.claimFile(other))).toEqual(claimed)
  ours.add([own])
  return valueOf(ours.claimFile(own))
}

test('a file that another process has claimed is held, under any path', () => {
  const context = setup()
  const own = record({ path: '/other/link.safetensors' })
  const held = { kind: 'held', pid: process.ppid }
  expect(claimAfter(context, record(), own)).toEqual(held)
  expect(valueOf(context.ours.claimFile(own))).toEqual(held)
})

test('a registered upload with another sample is of another file, on a disk without inodes', () => {
  const { ours, theirs } = setup()
  const sampled = (sample: string) => ({ ...identity, inode: 0n, sample })
  const state = registeredState('m1', 2 ** 50)
  const own = record({ identity: sampled('a') })
  theirs.add([record({ identity: sampled('b'), phase: 'registered', state })])
  ours.add([own])
  expect(valueOf(ours.claimFile(own))).toEqual(claimed)
  theirs.add([record({ identity: sampled('a'), phase: 'registered', state })])
  expect(valueOf(ours.claimFile(own))).toMatchObject({ kind: 'registered' })
})

test('a file in the queue of another process is free until that process claims it', () => {
  const { ours, theirs } = setup()
  const [own, other] = [record(), record()]
  theirs.add([other])
  ours.add([own])
  expect(valueOf(ours.claimFile(own))).toEqual(claimed)
  expect(valueOf(theirs.claimFile(other))).toMatchObject({ kind: 'held' })
})

test.each<[string, Partial<UploadRecord>]>([
  ['server', { accountId: 'other.example alice' }],
  ['team', { team: { id: 'team_other', name: 'Other' } }],
  ['library path', { target: { ...target, modelPath: 'models/vae/b.safetensors' } }],
  ['inode', { identity: { ...identity, inode: 8n } }],
  ['modification time', { identity: { ...identity, mtimeNs: 2n } }],
])('a claim is for one %s', (_what, other) => {
  expect(claimAfter(setup(), record(other))).toEqual(claimed)
})

test('a paused upload of another process holds its file until its run has ended', () => {
  const context = setup()
  const [own, other] = [record(), record()]
  expect(claimAfter(context, other, own)).toMatchObject({ kind: 'held' })
  context.theirs.save([{ ...other, phase: 'paused' }])
  expect(valueOf(context.ours.claimFile(own))).toMatchObject({ kind: 'held' })
  context.theirs.releaseFile({ id: other.id })
  expect(valueOf(context.ours.claimFile(own))).toEqual(claimed)
})

test('a claim of a process from before a reboot does not hold its file', () => {
  const context = setup()
  const own = record()
  expect(claimAfter(context, record(), own)).toMatchObject({ kind: 'held' })
  context.database.prepare('UPDATE runners SET boot = ? WHERE id = ?').run('another boot', 'theirs')
  expect(valueOf(context.ours.claimFile(own))).toEqual(claimed)
})

test('an upload that is held has no claim itself', () => {
  const { ours, theirs } = setup()
  const [own, other] = [record(), record()]
  theirs.add([other])
  // Ours has claimed another path, and is moved to the path of theirs.
  const before = { ...own, target: { ...target, modelPath: 'models/vae/b.safetensors' } }
  ours.add([before])
  expect(valueOf(ours.claimFile(before))).toEqual(claimed)
  expect(valueOf(theirs.claimFile(other))).toEqual(claimed)
  ours.save([own])
  expect(valueOf(ours.claimFile(own))).toMatchObject({ kind: 'held' })
  expect(valueOf(theirs.claimFile(other))).toEqual(claimed)
})

test('a process releases all of its files at once, and no other ones', () => {
  const context = setup()
  const [own, other] = [record(), record()]
  expect(claimAfter(context, other, own)).toMatchObject({ kind: 'held' })
  context.ours.releaseFile('all')
  expect(valueOf(context.ours.claimFile(own))).toMatchObject({ kind: 'held' })
  context.theirs.releaseFile('all')
  expect(valueOf(context.ours.claimFile(own))).toEqual(claimed)
})

test('an adopted upload has no claim', () => {
  const { ours, theirs, endTheirs, openThird } = setup()
  const other = record()
  theirs.add([other])
  valueOf(theirs.claimFile(other))
  endTheirs()
  expect(valueOf(ours.claimQueue()).map(({ id }) => id)).toEqual([other.id])
  ours.add([record({ path: '/models/another.safetensors', identity: { ...identity, inode: 9n } })])
  const third = openThird()
  const own = record()
  third.add([own])
  expect(valueOf(third.claimFile(own))).toEqual(claimed)
})

const replaces = {
  modelId: 'old',
  name: 'Old',
  path: target.modelPath,
  fate: 'delete',
  asidePath: 'models/vae/a (1).safetensors',
} as const

test('an upload replaces the model that a dead process has displaced for the stored file', () => {
  const context = setup()
  const { ours, endTheirs } = context
  const own = record({ library: { onConflict: 'rename' } })
  const other = record({ state: storedState(), library: { onConflict: 'replace', replaces } })
  expect(claimAfter(context, other, own)).toMatchObject({ kind: 'held' })
  endTheirs()
  expect(valueOf(ours.claimFile(own))).toEqual({ kind: 'claimed', isContinued: true })
  const { state, library } = other
  expect(ours.find(own.id)).toMatchObject({ state, library: { ...library, onConflict: 'rename' } })
  expect([ours.find(other.id), ours.displacedModels()]).toEqual([null, []])
})

test('an upload does not take over a replacement that has not begun', () => {
  const context = setup()
  const own = record({ library: { onConflict: 'rename' } })
  const other = record({ state: storedState(), library: { replaces: { ...replaces, asidePath: null } } })
  expect(claimAfter(context, other, own)).toMatchObject({ kind: 'held' })
  context.endTheirs()
  expect(valueOf(context.ours.claimFile(own))).toEqual({ kind: 'claimed', isContinued: true })
  expect(context.ours.find(own.id)?.library).toEqual(own.library)
})

test('a model that a dead process has displaced is listed if nothing of its upload is taken over', () => {
  const context = setup()
  const own = record({ state: storedState() })
  const other = record({ library: { onConflict: 'replace', replaces } })
  expect(claimAfter(context, other, own)).toMatchObject({ kind: 'held' })
  context.endTheirs()
  expect(valueOf(context.ours.claimFile(own))).toEqual(claimed)
  expect(context.ours.displacedModels()).toMatchObject([
    { modelId: 'old', path: replaces.path, displacedPath: replaces.asidePath },
  ])
})

test('an upload takes over the parts of a process that has ended, and its row', () => {
  const context = setup()
  const { ours, theirs, endTheirs } = context
  const [own, other] = [record(), record({ state: multipartOpenState(5_242_880) })]
  expect(claimAfter(context, other, own)).toMatchObject({ kind: 'held' })
  theirs.parts.add(other.id, { number: 1, etag: '"e"', checksum: 1 })
  endTheirs()
  expect(valueOf(ours.claimFile(own))).toEqual({ kind: 'claimed', isContinued: true })
  expect(ours.find(own.id)?.state).toEqual(other.state)
  expect([ours.parts.list(own.id).length, ours.find(other.id), ours.abandonedUploads()]).toEqual([
    1,
    null,
    [],
  ])
})

const part = (number: number) => ({ number, etag: `"${number}"`, checksum: number })
const partNumbers = (store: ReturnType<typeof setup>['ours'], { id }: UploadRecord) =>
  store.parts.list(id).map(({ number }) => number)

/** Ours waits for theirs, which has two parts in storage. */
function waitFor(context: ReturnType<typeof setup>) {
  const state = multipartOpenState(5_242_880)
  const [own, other] = [record(), record({ state })]
  expect(claimAfter(context, other, own)).toMatchObject({ kind: 'held' })
  context.theirs.parts.add(other.id, part(1))
  context.theirs.parts.add(other.id, part(2))
  const waiting = { ...own, failure: failure('other-process') }
  context.ours.save([waiting])
  return { own: waiting, other, state }
}

/** Another process has stopped its upload, and ours continues it. */
function continueStopped(context: ReturnType<typeof setup>) {
  const { own, other, state } = waitFor(context)
  const stopped = { ...other, phase: 'paused' as const }
  context.theirs.save([stopped])
  context.theirs.releaseFile({ id: other.id })
  expect(valueOf(context.ours.claimFile(own))).toEqual({ kind: 'claimed', isContinued: true })
  const continued = { ...own, state }
  context.ours.save([continued])
  return { own: continued, other: stopped }
}

const queuedState = { kind: 'queued', started: false } as const

test('an upload continues with the parts of one that a living process has stopped, and that one stays', () => {
  const context = setup()
  const { own, other } = continueStopped(context)
  const { ours } = context
  expect([ours.find(own.id)?.state, partNumbers(ours, own)]).toEqual([own.state, [1, 2]])
  expect([ours.find(other.id), partNumbers(ours, other)]).toEqual([other, [1, 2]])
})

test('a stopped upload that is resumed gets the parts that another process has sent meanwhile', () => {
  const context = setup()
  const { own, other } = continueStopped(context)
  const { ours, theirs } = context
  ours.parts.add(own.id, part(3))
  expect(valueOf(theirs.claimFile(other))).toMatchObject({ kind: 'held' })
  const completing = { ...own.state.multipart, completing: true } as const
  ours.save([{ ...own, phase: 'paused', state: { ...own.state, multipart: completing } }])
  ours.releaseFile({ id: own.id })
  expect(valueOf(theirs.claimFile(other))).toEqual({ kind: 'claimed', isContinued: true })
  expect(partNumbers(theirs, other)).toEqual([1, 2, 3])
  const state = { kind: 'multipart-open', multipart: completing }
  expect(theirs.find(other.id)?.state).toEqual(state)
  // Nothing is new, and what is older does not replace it.
  expect(valueOf(theirs.claimFile({ ...other, ...theirs.find(other.id) }))).toEqual({
    kind: 'claimed',
    isContinued: true,
  })
})

test('a multipart upload that two uploads share is abandoned with the second one', () => {
  const context = setup()
  const { own, other } = continueStopped(context)
  const { ours, theirs } = context
  theirs.remove([other.id])
  expect([theirs.abandonedUploads(), partNumbers(ours, own)]).toEqual([[], [1, 2]])
  ours.remove([own.id])
  expect(ours.abandonedUploads()).toMatchObject([{ uploadId: own.state.multipart.uploadId }])
})

test('two uploads share a multipart upload although the inode of the file has changed', () => {
  const context = setup()
  const { own, other } = continueStopped(context)
  const { ours, theirs } = context
  ours.save([{ ...own, identity: { ...identity, inode: 99n } }])
  theirs.remove([other.id])
  expect([theirs.abandonedUploads(), partNumbers(ours, own)]).toEqual([[], [1, 2]])
})

test('an upload gets new parts of its multipart upload from a failed one of an ended process', () => {
  const context = setup()
  const { own, other } = continueStopped(context)
  const { ours, theirs, endTheirs } = context
  const failedUpload = { ...other, phase: 'failed' } as const
  theirs.save([failedUpload])
  theirs.parts.add(other.id, part(3))
  endTheirs()
  expect(valueOf(ours.claimFile(own))).toEqual({ kind: 'claimed', isContinued: true })
  expect([partNumbers(ours, own), ours.find(other.id)]).toEqual([[1, 2, 3], failedUpload])
})

test('an upload gets the new parts of each upload that shares its multipart upload', () => {
  const context = setup()
  const { own, other } = continueStopped(context)
  const { ours, theirs, openThird } = context
  const third = openThird()
  const another = record({ state: own.state, phase: 'paused' })
  third.add([another])
  theirs.parts.add(other.id, part(3))
  third.parts.add(another.id, part(4))
  expect(valueOf(ours.claimFile(own))).toEqual({ kind: 'claimed', isContinued: true })
  expect(partNumbers(ours, own)).toEqual([1, 2, 3, 4])
})

test('an upload that restarts drops its parts although another one shares them', () => {
  const context = setup()
  const { own, other } = continueStopped(context)
  const { ours } = context
  ours.save([{ ...own, state: queuedState }])
  expect([partNumbers(ours, own), partNumbers(ours, other), ours.abandonedUploads()]).toEqual([
    [],
    [1, 2],
    [],
  ])
})

test.each([failure('upload-ended'), failure('offline'), null])(
  'an upload does not take over again what it has given up (failure %#)',
  (met) => {
    const context = setup()
    const { ours, endTheirs } = context
    const { own, other } = continueStopped(context)
    const ended = { ...own, state: queuedState, failure: failure('upload-ended') }
    ours.save([ended])
    const next = { ...ended, failure: met }
    ours.save([next])
    expect(valueOf(ours.claimFile(next))).toEqual(claimed)
    endTheirs()
    expect(valueOf(ours.claimFile(next))).toEqual(claimed)
    expect(ours.find(other.id)).toEqual(other)
  },
)

test('an adopted upload that restarts gives up its parts', () => {
  const { ours, theirs, endTheirs } = setup()
  const other = record({ state: multipartOpenState(5_242_880) })
  theirs.add([other])
  endTheirs()
  expect(valueOf(ours.claimQueue())).toEqual([other])
  ours.save([{ ...other, state: queuedState }])
  expect([ours.find(other.id)?.state, ours.abandonedUploads().length]).toEqual([queuedState, 1])
})

test('an upload does not take over from one whose process has moved a model out of its way', () => {
  const context = setup()
  const { own, other } = waitFor(context)
  context.theirs.save([{ ...other, phase: 'paused', library: { replaces } }])
  context.theirs.releaseFile({ id: other.id })
  expect(valueOf(context.ours.claimFile(own))).toEqual(claimed)
})

test('a removed upload leaves its parts to the upload of another process that waits for it', () => {
  const context = setup()
  const { own, other, state } = waitFor(context)
  const { ours, theirs } = context
  theirs.remove([other.id])
  expect(theirs.abandonedUploads()).toEqual([])
  expect(valueOf(ours.claimFile(own))).toEqual({ kind: 'claimed', isContinued: true })
  expect([ours.find(own.id)?.state, partNumbers(ours, own)]).toEqual([state, [1, 2]])
})

test('a removed upload leaves its stored object to the upload of another process that waits for it', () => {
  const context = setup()
  const [own, other] = [record({ failure: failure('other-process') }), record({ state: storedState() })]
  expect(claimAfter(context, other, own)).toMatchObject({ kind: 'held' })
  context.theirs.remove([other.id])
  expect(valueOf(context.ours.claimFile(own))).toEqual({ kind: 'claimed', isContinued: true })
  expect(context.ours.find(own.id)?.state).toEqual(other.state)
})

test('an upload keeps what another process has left to it when it changes before it continues', () => {
  const context = setup()
  const { own, other, state } = waitFor(context)
  const { ours, theirs } = context
  theirs.remove([other.id])
  const changed = { ...own, phase: 'paused', position: own.position + 1, failure: null } as const
  ours.save([changed])
  expect([ours.find(own.id), partNumbers(ours, own), ours.abandonedUploads()]).toEqual([
    { ...changed, state },
    [1, 2],
    [],
  ])
  expect(valueOf(ours.claimFile(changed))).toEqual({ kind: 'claimed', isContinued: true })
})

test.each<[string, Partial<UploadRecord>]>([
  ['team', { team: { id: 'team_other', name: 'Other' } }],
  ['file', { identity: { ...identity, mtimeNs: 2n } }],
])('an upload of another %s keeps nothing that was left to it', (_what, change) => {
  const context = setup()
  const { own, other } = waitFor(context)
  context.theirs.remove([other.id])
  context.ours.save([{ ...own, ...change }])
  expect([context.ours.find(own.id)?.state, context.ours.abandonedUploads().length]).toEqual([queuedState, 1])
})

test('a removed upload leaves nothing if its process has moved a model out of its way', () => {
  const context = setup()
  const { own, other } = waitFor(context)
  context.theirs.save([{ ...other, library: { replaces } }])
  context.theirs.remove([other.id])
  expect(context.theirs.abandonedUploads()).toHaveLength(1)
  expect(valueOf(context.ours.claimFile(own))).toEqual(claimed)
})

test('a removed upload leaves nothing to one that waits for something else', () => {
  const context = setup()
  const { own, other } = waitFor(context)
  context.ours.save([{ ...own, failure: failure('offline') }])
  context.theirs.remove([other.id])
  expect(context.theirs.abandonedUploads()).toHaveLength(1)
  expect(valueOf(context.ours.claimFile(own))).toEqual(claimed)
})

test.each(['another account', 'its own process', 'a process that has ended'])(
  'a removed upload leaves nothing to a waiting one of %s',
  (owner) => {
    const { ours, theirs, openThird } = setup()
    const third = openThird()
    const other = record({ state: multipartOpenState(5_242_880) })
    const waiting = record({ failure: failure('other-process') })
    theirs.add([other])
    if (owner === 'another account') ours.add([{ ...waiting, accountId: 'cloud.example bob' }])
    else if (owner === 'its own process') theirs.add([waiting])
    else third.add([waiting])
    third.close()
    theirs.remove([other.id])
    expect(theirs.abandonedUploads()).toHaveLength(1)
  },
)

test('of several uploads of a dead process, the one that is stored completely is taken over', () => {
  const { ours, theirs, endTheirs } = setup()
  const [own, open, stored] = [
    record(),
    record({ state: multipartOpenState(5_242_880) }),
    record({ state: storedState() }),
  ]
  theirs.add([open, stored])
  ours.add([own])
  endTheirs()
  expect(valueOf(ours.claimFile(own))).toEqual({ kind: 'claimed', isContinued: true })
  expect(ours.find(own.id)?.state).toEqual(stored.state)
  expect([ours.find(open.id), ours.find(stored.id)]).toEqual([open, null])
})

test.each<[string, Partial<UploadRecord>]>([
  ['has failed', { phase: 'failed', state: multipartOpenState(5_242_880) }],
  ['is registered and replaces a model', { state: replacingState('m1') }],
])('an upload of a dead process that %s stays as it is', (_what, given) => {
  const { ours, theirs, endTheirs } = setup()
  const [own, other] = [record(), record(given)]
  theirs.add([other])
  ours.add([own])
  endTheirs()
  expect(valueOf(ours.claimFile(own))).toEqual(claimed)
  expect(ours.find(other.id)).toEqual(other)
})

test('the journal is flushed with each commit again after a claim', () => {
  const { database, ours } = setup()
  const own = record()
  ours.add([own])
  const full = database.prepare('PRAGMA synchronous').get()
  valueOf(ours.claimFile(own))
  ours.releaseFile({ id: own.id })
  expect(database.prepare('PRAGMA synchronous').get()).toEqual(full)
})

test('a claim can be released within a transaction', () => {
  const context = setup()
  const [own, other] = [record(), record()]
  expect(claimAfter(context, other, own)).toMatchObject({ kind: 'held' })
  valueOf(context.theirs.transaction(() => context.theirs.releaseFile({ id: other.id })))
  expect(valueOf(context.ours.claimFile(own))).toEqual(claimed)
})

test('parts of another account of the team are not taken over', () => {
  const context = setup()
  const other = record({ accountId: 'cloud.example bob', state: multipartOpenState(5_242_880) })
  const own = record({ accountId: 'cloud.example alice' })
  expect(claimAfter(context, other, own)).toMatchObject({ kind: 'held' })
  context.endTheirs()
  expect(valueOf(context.ours.claimFile(own))).toEqual(claimed)
  expect(context.ours.find(other.id)).toEqual(other)
})

test('a model registered since the upload was added is its result, an older one is not', () => {
  const registered = (finishedAtMs: number) => {
    const { ours, theirs } = setup()
    const own = record({ addedAtMs: 100 })
    ours.add([own])
    theirs.add([record({ phase: 'registered', state: registeredState('m1', finishedAtMs) })])
    return valueOf(ours.claimFile(own))
  }
  expect(registered(100)).toMatchObject({ kind: 'registered', record: { state: { modelId: 'm1' } } })
  expect(registered(99)).toEqual(claimed)
})
