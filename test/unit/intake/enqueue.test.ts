import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { failure, success } from '../../../electron/contract/failures.ts'
import type { OnConflict } from '../../../electron/contract/library.ts'
import type { ReviewGroup } from '../../../electron/contract/review.ts'
import type { UploadProposal } from '../../../electron/contract/review.ts'
import { Intake, type EnqueueRequest } from '../../../electron/intake/enqueue.ts'
import { reviewPolicyOf } from '../../../electron/intake/review/upload-policy.ts'
import type { FoundFile } from '../../../electron/recognition/found-file.ts'
import { valueOf } from '../../support/engine.ts'
import { foundFile, uploadRecord } from '../../support/records.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'
import { handQueue } from '../queue/hand-queue.ts'

const team = { id: 'team_01', name: 'Studio North' }
const suggested = (name: string) => ({
  displayName: name,
  modelType: 'loras',
  modelPath: `models/loras/${name}`,
})

/** Intake of files that are inspected as LoRAs, with their failures. */
function setup(records = [uploadRecord({ id: 'before', position: 7_000 })]) {
  const { rows, environment, breakJournal, repairJournal } = rowsOnJournal(records)
  const { queue } = handQueue({ held: true })
  const state = {
    policy: reviewPolicyOf({ review: 'when-needed' }),
    hasTeam: true,
    onConflict: 'ask' as OnConflict,
    groups: [] as readonly ReviewGroup[],
    offer: null as string | null,
    /** Delays each inspection. */
    inspecting: Promise.resolve(),
    inspectionCount: 0,
  }
  const [events, inspecting]: [string[], number[]] = [[], []]
  const commands = {
    allow: () => success(false),
    continueUpload: async () => success(false),
    approve: () => success(false),
  }
  const intake = new Intake({
    rows,
    queue,
    accounts: { list: () => [] },
    commands,
    queueRestored: async () => {},
    environment,
    inspect: async ({ name, sizeBytes, failure: reason }) => {
      state.inspectionCount += 1
      await state.inspecting
      return {
        recognition: uploadRecord().recognition,
        target: suggested(name),
        identity: { sizeBytes, mtimeNs: 1n, inode: 1n },
        failure: reason,
      }
    },
    resolveTeam: () => (state.hasTeam ? { accountId: 'alice', team } : null),
    onConflict: () => state.onConflict,
    typeOffers: () => () => state.offer,
    reviewPolicy: () => state.policy,
    review: {
      findGroups: () => ({ groups: state.groups, missingCompanions: [] }),
      inspecting: (_review, count) => inspecting.push(count),
      loadLibrary: async ({ teamId }) => void events.push(`load ${teamId}`),
    },
    warmUp: () => events.push('warm up'),
    batchEnqueued: (ids) => events.push(`batch of ${ids.length}`),
    enqueued: (ids) => events.push(`all ${ids.length}`),
    rememberDrop: (ids) => `drop of ${ids.length}`,
  })
  const enqueue = async (files: readonly FoundFile[], request: EnqueueRequest = {}) =>
    valueOf(await intake.enqueueFound({ files, skipped: [] }, request))
  const added = () => rows.ids().flatMap((id) => (id === 'before' ? [] : (rows.get(id)?.record ?? [])))
  return {
    intake,
    enqueue,
    added,
    state,
    events,
    inspecting,
    queue,
    commands,
    breakJournal,
    repairJournal,
    environment,
  }
}

const needsDecision: readonly ReviewGroup[] = [{ kind: 'licence', files: [{ id: 'a', licence: 'nc' }] }]
const unsafe = failure('file-suspicious')

test('queues files behind all others, and reports the refused ones', async () => {
  const { enqueue, added, queue, events, environment } = setup()
  const report = await enqueue([
    foundFile('a'),
    foundFile('b', { failure: failure('file-empty') }),
    foundFile('c'),
  ])
  const [a, b, c] = added()
  expect(report).toEqual({
    added: 2,
    refused: 1,
    skipped: [],
    drop: 'drop of 3',
    newIds: [a?.id, b?.id, c?.id],
  })
  expect([a, b, c].map((record) => record?.phase)).toEqual(['waiting', 'failed', 'waiting'])
  const positions = [a, b, c].map((record) => record?.position ?? 0)
  expect(positions).toEqual([...positions].sort((one, other) => one - other))
  expect(positions[0]).toBeGreaterThan(7_000)
  expect(a).toMatchObject({ addedAtMs: environment.now(), accountId: 'alice', team, allowed: false })
  expect(a?.state).toEqual({ kind: 'queued', started: false })
  expect([a, b, c].map((record) => queue.has(record?.id ?? ''))).toEqual([true, false, true])
  expect(events).toEqual(['warm up', 'batch of 3', 'all 3'])
})

test('skips a file that the queue already has', async () => {
  const { enqueue } = setup([uploadRecord({ path: '/models/a', fileName: 'a', accountId: 'alice', team })])
  expect(await enqueue([foundFile('a')])).toEqual({
    added: 0,
    refused: 0,
    skipped: [{ name: 'a', reason: 'queued' }],
  })
})

test('skips a file that another request is still adding for the team, and no longer after a failure', async () => {
  const { enqueue, added, intake, breakJournal, repairJournal } = setup()
  const [first, second] = await Promise.all([
    enqueue([foundFile('a')]),
    enqueue([foundFile('a'), foundFile('b')]),
  ])
  expect([first.added, second.added, second.skipped]).toEqual([1, 1, [{ name: 'a', reason: 'queued' }]])
  expect(added().map(({ fileName }) => fileName)).toEqual(['a', 'b'])
  breakJournal()
  const add = () => intake.enqueueFound({ files: [foundFile('c')], skipped: [] }, {})
  expect((await add()).ok).toBe(false)
  repairJournal()
  expect(valueOf(await add()).added).toBe(1)
})

test('adds a file that another request was adding, if that ends without it', async () => {
  const { intake, enqueue, added, state } = setup()
  const inspected = Promise.withResolvers<void>()
  state.inspecting = inspected.promise
  const aborting = new AbortController()
  const first = intake.enqueueFound({ files: [foundFile('a')], skipped: [] }, { signal: aborting.signal })
  const second = enqueue([foundFile('a'), foundFile('b')])
  await expect.poll(() => state.inspectionCount).toBe(2)
  aborting.abort()
  inspected.resolve()
  expect(valueOf(await first).added).toBe(0)
  expect(await second).toMatchObject({ added: 2, skipped: [], newIds: { length: 2 } })
  expect(added().map(({ fileName }) => fileName)).toEqual(['b', 'a'])
})

test('counts each upload that continues, also of a file that another request was adding', async () => {
  const stopped = uploadRecord({ id: 'before', accountId: 'alice', team, phase: 'failed' })
  const { enqueue, commands } = setup([stopped])
  commands.continueUpload = async () => success(true)
  const again = foundFile(stopped.fileName, { path: stopped.path })
  const [first, second] = await Promise.all([enqueue([foundFile('a')]), enqueue([again, foundFile('a')])])
  expect([first.added, second.added, second.skipped]).toEqual([1, 2, []])
})

test('stops waiting for the files of another request after an abort', async () => {
  const { intake, enqueue, state } = setup()
  const inspected = Promise.withResolvers<void>()
  state.inspecting = inspected.promise
  const aborting = new AbortController()
  const first = enqueue([foundFile('a')])
  const second = intake.enqueueFound({ files: [foundFile('a')], skipped: [] }, { signal: aborting.signal })
  await expect.poll(() => state.inspectionCount).toBe(1)
  aborting.abort()
  expect(valueOf(await second).added).toBe(0)
  inspected.resolve()
  expect((await first).added).toBe(1)
})

test.for([
  ['its request is aborted', 'request'],
  ['the intake is closed', 'intake'],
] as const)('cancels a scan when %s, and adds nothing', async ([_what, aborted]) => {
  const { intake, added } = setup()
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-enqueue-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'a.safetensors'), 'x')
  const aborting = new AbortController()
  const adding = intake.enqueue([folder], { signal: aborting.signal })
  if (aborted === 'request') aborting.abort()
  else await intake.close()
  expect([await adding, added()]).toEqual([success({ added: 0, refused: 0, skipped: [] }), []])
})

test('adds no file twice that another request records while refused files are continued', async () => {
  const refused = uploadRecord({ path: '/models/b', fileName: 'b', accountId: 'alice', team })
  const { enqueue, added, commands } = setup([refused])
  const continuing = Promise.withResolvers<void>()
  commands.continueUpload = async () => {
    await continuing.promise
    return success(false)
  }
  const first = enqueue([foundFile('a')])
  const second = enqueue([foundFile('a'), foundFile('b')])
  await first
  continuing.resolve()
  await second
  expect(added().filter(({ fileName }) => fileName === 'a')).toHaveLength(1)
})

test('records nothing of a proposal after an abort, even if it needs no decision', async () => {
  const { intake, added } = setup()
  const aborting = new AbortController()
  await intake.enqueueFound(
    { files: [foundFile('a')], skipped: [] },
    {
      signal: aborting.signal,
      async approve() {
        aborting.abort()
        return new Set()
      },
    },
  )
  expect(added()).toEqual([])
})

test('records nothing of a proposal that is aborted while another upload is continued', async () => {
  const stopped = uploadRecord({ id: 'before', accountId: 'alice', team, phase: 'failed' })
  const { intake, added, commands } = setup([stopped])
  const aborting = new AbortController()
  commands.continueUpload = async () => {
    aborting.abort()
    return success(false)
  }
  await intake.enqueueFound(
    { files: [foundFile(stopped.fileName, { path: stopped.path }), foundFile('a')], skipped: [] },
    { signal: aborting.signal, approve: async () => new Set() },
  )
  expect([aborting.signal.aborted, added()]).toEqual([true, []])
})

test('a question that a command can’t answer any more doesn’t keep the engine from ending', async () => {
  const { intake, added } = setup()
  const asked = Promise.withResolvers<void>()
  const approve = () => {
    asked.resolve()
    return new Promise<never>(() => undefined)
  }
  const adding = intake.enqueueFound({ files: [foundFile('a')], skipped: [] }, { approve })
  await asked.promise
  await intake.close()
  expect([await adding, added()]).toMatchObject([{ ok: true, value: { added: 0 } }, []])
})

test.for<[what: string, request: EnqueueRequest, groups: readonly ReviewGroup[], isReviewed: boolean]>([
  ['that need no decision', {}, [], false],
  ['that need one', {}, needsDecision, true],
  ['that need one and were approved', { review: 'approved' }, needsDecision, false],
  ['that were approved, and the app has found', { review: 'approved', isFound: true }, [], true],
  ['for an undecided team', { team: { accountId: 'alice', teamId: '', isUndecided: true } }, [], true],
  ['that join a review', { joinedReview: 'r1' }, [], true],
])('reviews files %s: %s', async ([_what, request, groups, isReviewed]) => {
  const { enqueue, added, state, queue, inspecting } = setup()
  state.groups = groups
  const report = await enqueue([foundFile('a')], request)
  const [record] = added()
  expect([record?.phase, queue.has(record?.id ?? ''), report.review !== undefined]).toEqual(
    isReviewed ? ['review', false, true] : ['waiting', true, false],
  )
  expect(record?.seen?.isFound).toBe(request.isFound)
  expect(inspecting.reduce((sum, count) => sum + count, 0)).toBe(0)
})

test('discarding the review ends the requests whose files are still inspected for it, and no others', async () => {
  const { intake, enqueue, added, state, events, inspecting } = setup()
  const [first, last] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const files = Array.from({ length: 300 }, (_, number) => foundFile(`${number}`))
  state.inspecting = first.promise
  const reviewed = enqueue(files, { joinedReview: 'r1' })
  await expect.poll(() => state.inspectionCount).toBe(200)
  state.inspecting = last.promise
  const confirmed = enqueue([foundFile('watched')], { review: 'confirmed' })
  await expect.poll(() => state.inspectionCount).toBe(201)
  first.resolve()
  await expect.poll(() => added().length).toBe(200)
  intake.discardReviewed('other')
  expect(added()).toHaveLength(200)
  intake.discardReviewed('r1')
  expect(await reviewed).toEqual({ added: 0, refused: 0, skipped: [] })
  expect(inspecting.reduce((sum, count) => sum + count, 0)).toBe(0)
  last.resolve()
  expect(await confirmed).toMatchObject({ added: 1 })
  expect(added().slice(200)).toMatchObject([{ fileName: 'watched', phase: 'waiting' }])
  expect(events.filter((event) => event.startsWith('batch'))).toEqual([
    'batch of 100',
    'batch of 100',
    'batch of 1',
  ])
  // The same files can be added again.
  expect(await enqueue(files.slice(200), { joinedReview: 'r1' })).toMatchObject({ added: 100 })
})

test.for([undefined, 'r1'])('records nothing after an abort (review %s)', async (joinedReview) => {
  const { intake, added, inspecting } = setup()
  const aborting = new AbortController()
  const files = {
    get files() {
      aborting.abort()
      return [foundFile('a')]
    },
    skipped: [],
  }
  await intake.enqueueFound(files, { ...(joinedReview ? { joinedReview } : {}), signal: aborting.signal })
  expect([added(), inspecting.reduce((sum, count) => sum + count, 0)]).toEqual([[], 0])
})

test('reports that the files could not be recorded', async () => {
  for (const request of [{}, { joinedReview: 'r1' }, { review: 'approved' }] as const) {
    const { intake, breakJournal, events, inspecting } = setup()
    breakJournal()
    const report = await intake.enqueueFound({ files: [foundFile('a')], skipped: [] }, request)
    expect([report.ok, events]).toEqual([false, ['warm up']])
    // None of them is shown as being inspected any more.
    expect(inspecting.reduce((sum, count) => sum + count, 0)).toBe(0)
  }
})

test('adds what was approved as it was shown, and nothing that was declined', async () => {
  const { intake, added, state, events } = setup()
  state.groups = needsDecision
  const skipped = [{ name: 'notes.txt', reason: 'not-a-model' }] as const
  const shown: UploadProposal[] = []
  const enqueue = async (isApproved: boolean) =>
    valueOf(
      await intake.enqueueFound(
        { files: [foundFile('a'), foundFile('b')], skipped },
        {
          review: 'first',
          async approve(proposal) {
            shown.push(proposal)
            return isApproved ? new Set() : null
          },
        },
      ),
    )
  expect(await enqueue(false)).toEqual({ added: 0, refused: 0, skipped })
  expect([added(), events]).toEqual([[], ['warm up', 'load team_01']])
  expect(await enqueue(true)).toMatchObject({ added: 2, skipped })
  expect(shown[1]).toMatchObject({ isReviewNeeded: true, skipped, queuedNames: [], groups: needsDecision })
  expect(added()).toEqual(shown[1]?.records)
})

test('allows only files beforehand that are as suspicious as the user has accepted', async () => {
  const { enqueue, added } = setup()
  const dangerous = failure('file-dangerous')
  const files = [foundFile('a', { failure: unsafe }), foundFile('b', { failure: dangerous }), foundFile('c')]
  await enqueue(files, { review: 'approved', allow: new Set(['file-suspicious']) })
  expect(added()).toMatchObject([
    { phase: 'waiting', allowed: true, failure: null },
    { phase: 'failed', allowed: false, failure: dangerous },
    { phase: 'waiting', allowed: false, failure: null },
  ])
})

test.for<[request: EnqueueRequest, target: object]>([
  [{}, suggested('a')],
  [{ target: { modelType: 'vae' } }, { ...suggested('a'), modelType: 'vae', modelPath: 'models/vae/a' }],
  [
    { target: { modelType: 'vae', modelPath: 'models/x/y' } },
    { displayName: 'a', modelType: 'vae', modelPath: 'models/x/y' },
  ],
  [
    { target: { displayName: 'A' }, targetOf: () => ({ displayName: 'B' }) },
    { ...suggested('a'), displayName: 'B' },
  ],
])('combines the suggested target with %j', async ([request, target]) => {
  const { enqueue, added } = setup()
  await enqueue([foundFile('a')], request)
  expect(added()[0]).toMatchObject({ target, seen: { target: suggested('a') } })
})

test('places files of a folder with a known target below it, and single ones as they are named', async () => {
  const { intake, added } = setup()
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-enqueue-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const paths = ['set/a.safetensors', 'set/deep/b.safetensors', 'set-2/c.safetensors', 'd.safetensors']
  for (const path of paths) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), path)
  }
  await intake.enqueuePlaced([
    { path: join(folder, 'set'), target: { modelPath: 'models/loras/mine' } },
    { path: join(folder, 'set-2'), target: {} },
    { path: join(folder, 'd.safetensors'), target: { modelPath: 'models/vae/d.safetensors' } },
  ])
  const targets = Object.fromEntries(added().map(({ fileName, target }) => [fileName, target.modelPath]))
  expect(targets).toEqual({
    'a.safetensors': 'models/loras/mine/a.safetensors',
    'b.safetensors': 'models/loras/mine/deep/b.safetensors',
    'c.safetensors': 'models/loras/c.safetensors',
    'd.safetensors': 'models/vae/d.safetensors',
  })
})
