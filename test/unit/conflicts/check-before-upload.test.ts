import { rmSync, utimesSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { expect, test, vi } from 'vitest'
import { maxListingAgeMs } from '../../../electron/conflicts/check-before-upload.ts'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import type { LibraryModel } from '../../../electron/contract/library.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { IndexedModels } from '../../../electron/library/model-index.ts'
import { readSample } from '../../../electron/platform/files/file-identity.ts'
import { hangFolderOf } from '../../support/hang-folder.ts'
import {
  multipartOpenState,
  registeredState,
  replacingState,
  storedState,
  uploadRecord,
} from '../../support/records.ts'
import {
  bytesOf,
  modelOf as model,
  proceed,
  setupConflictCheck as setup,
  sha256Of,
  targetAt,
} from './conflict-check-setup.ts'

const registeredAs = (modelId: string) => ({
  phase: 'registered' as const,
  state: registeredState(modelId, 1),
})
test('sends a file to the path of a listed model that is gone, though the listing was replaced meanwhile', async () => {
  const other = model('a', bytesOf(1_000, 1))
  const current = failed(failure('not-found'))
  const { add, check, lookedUp } = setup([other], { listedAgoMs: 60_000, current })
  const { id } = add('a', bytesOf(2_000, 2), { target: targetAt(other.modelPath ?? '') })
  expect([await check(id), lookedUp]).toEqual([proceed, ['a']])
})

test.for(['ask', 'skip', 'rename', 'replace'] as const)(
  'sends a file to the path of a model that was deleted while it was hashed, with the decision %s',
  async (onConflict) => {
    const other = model('a', bytesOf(5_000, 1))
    const { add, check, clock, lookedUp, recordOf } = setup([other], {
      current: failed(failure('not-found')),
      onHash: () => clock.advance(60_000),
    })
    const target = targetAt(other.modelPath ?? '')
    const { id } = add('file', bytesOf(5_000, 2), { target, library: { onConflict } })
    expect([await check(id), lookedUp]).toEqual([proceed, ['a']])
    expect(recordOf(id)).toMatchObject({ target, library: { onConflict } })
    expect(recordOf(id)?.library?.replaces).toBeUndefined()
  },
)

test('finds the model that another upload has registered at the path while the file was hashed', async () => {
  const target = targetAt('models/loras/x.safetensors')
  const models = [model('of the same size', bytesOf(5_000, 3))]
  const { add, check, rows } = setup(models, {
    onHash() {
      rows.restore([{ ...other, ...registeredAs('m1') }])
      models.push({ ...model('m1', bytesOf(9_000, 1)), modelPath: target.modelPath })
    },
  })
  const other = add('other', bytesOf(9_000, 1), { target })
  const file = add('file', bytesOf(5_000, 2), { target, position: -1 })
  expect(await check(file.id)).toMatchObject({
    kind: 'failed',
    failure: { code: 'path-taken', params: { modelId: 'm1' } },
  })
})

test('compares a file whose disk was mounted again only if its new numbers can be written', async () => {
  const bytes = bytesOf(5_000, 1)
  const { add, breakJournal, check, duplicates, recordOf, rows } = setup([model('m1', bytes)])
  async function addRemounted(name: string) {
    const { id, identity, path } = add(name, bytes)
    await using file = await open(path)
    const sample = await readSample(file, bytes.length)
    expect(rows.change(id, { identity: { ...identity, inode: identity.inode + 1n, sample } }).ok).toBe(true)
    return { id, current: { ...identity, sample } }
  }
  const [found, unwritten] = [await addRemounted('found'), await addRemounted('unwritten')]
  expect(await check(found.id)).toEqual({ kind: 'done' })
  expect(recordOf(found.id)?.identity).toEqual(found.current)
  breakJournal()
  expect(await check(unwritten.id)).toMatchObject({
    kind: 'failed',
    failure: { code: 'journal-trouble' },
  })
  expect(duplicates.map(({ id }) => id)).toEqual([found.id])
})

test('does not hash files whose size no model has', async () => {
  const models = [1, 2, 3].map((number) => model(`other ${number}`, bytesOf(1_000 + number, number)))
  const { add, check, hashed } = setup(models)
  const files = Array.from({ length: 10 }, (_, index) => add(`file ${index}`, bytesOf(5_000 + index, index)))
  expect(await Promise.all(files.map(({ id }) => check(id)))).toEqual(files.map(() => proceed))
  expect(hashed).toEqual([])
})

test('searches neither all uploads nor all models for those of a file’s size and path', async () => {
  const { add, check, rows } = setup([model('other', bytesOf(1_000, 1))])
  const searches = [
    vi.spyOn(rows, 'ids'),
    vi.spyOn(rows, 'finished'),
    vi.spyOn(IndexedModels.prototype, 'list'),
  ]
  const [file] = [add('a', bytesOf(5_000, 1)), add('b', bytesOf(5_001, 1))]
  expect(await check(file.id)).toEqual(proceed)
  for (const search of searches) expect(search).not.toHaveBeenCalled()
})

test('does not hash a file for a registered one that is gone if their samples differ', async () => {
  const { add, check, rows, hashed } = setup()
  const sampled = (name: string, sample: string, given: Partial<UploadRecord> = {}) => {
    const record = add(name, bytesOf(9_000, 1), given)
    rows.change(record.id, { identity: { ...record.identity, sample } })
    return record
  }
  const registered = sampled('registered', 'a', registeredAs('m1'))
  const queued = sampled('queued', 'b')
  rmSync(registered.path)
  expect(await check(queued.id)).toEqual(proceed)
  expect(hashed).toEqual([])
})

test.each([
  ['new', {}],
  ['begun', { state: multipartOpenState(5_000) }],
])('finds the copy that was registered during the check of a %s upload', async (_name, given) => {
  const bytes = bytesOf(9_000, 1)
  const target = targetAt('models/loras/x.safetensors')
  const state = { ...registeredState('m1', 1), sha256: sha256Of(bytes) }
  const { add, check, duplicates, rows } = setup([], {
    unlisted: [{ ...model('m1', bytes), modelPath: target.modelPath }],
    onHash: () => rows.restore([{ ...copy, phase: 'registered', state }]),
  })
  // It is gone, so the file is hashed.
  rmSync(add('other', bytesOf(9_000, 2), registeredAs('m0')).path)
  const file = add('file', bytes, { target, position: 1, ...given })
  const copy = add('copy', bytes, { target, position: 2 })
  expect(await check(file.id)).toEqual({ kind: 'done' })
  expect(duplicates).toMatchObject([{ id: file.id, model: { id: 'm1' } }])
})

test('hashes only the file whose size a model has, and finds the duplicate', async () => {
  const bytes = bytesOf(5_003, 3)
  const { add, check, hashed, duplicates } = setup([model('there', bytes)])
  const files = Array.from({ length: 5 }, (_, index) => add(`file ${index}`, bytesOf(5_000 + index, index)))
  for (const { id } of files) await check(id)
  expect([hashed, duplicates.map(({ id }) => id)]).toEqual([[files[3]?.path], [files[3]?.id]])
})

test('hashes two queued files of one size only if their samples are equal', async () => {
  const { add, check, hashed } = setup()
  const [one, other] = [add('one', bytesOf(9_000, 1)), add('other', bytesOf(9_000, 2))]
  for (const { id } of [one, other]) await check(id)
  expect(hashed).toEqual([])
  const same = add('same', bytesOf(9_000, 1))
  expect(await check(same.id)).toMatchObject({ kind: 'retry', failure: { code: 'same-as-other' } })
  expect(hashed).toEqual([same.path, one.path])
})

test('hashes a file for models of other computers, not for uploads whose samples differ', async () => {
  const { add, check, hashed } = setup([model('of another', bytesOf(8_000, 7))])
  for (const fill of [1, 2, 3]) add(`epoch ${fill}`, bytesOf(9_000, fill), registeredAs(`model ${fill}`))
  const last = add('epoch 4', bytesOf(9_000, 4))
  expect(await check(last.id)).toEqual(proceed)
  expect(hashed).toEqual([])
  const again = add('a copy', bytesOf(9_000, 2))
  await check(again.id)
  expect(hashed).toEqual([again.path])
  const theirs = add('of their size', bytesOf(8_000, 8))
  await check(theirs.id)
  expect(hashed).toEqual([again.path, theirs.path])
})

test('leaves it to sending to report a disk that does not respond', async () => {
  const { add, check, hashed } = setup([model('m1', bytesOf(1_000, 1))])
  const { id, path } = add('a', bytesOf(1_000, 1))
  await hangFolderOf(path)
  expect([await check(id), hashed]).toEqual([proceed, []])
})

test('hashes a file if the local file of a registered model of its size has changed', async () => {
  const { add, check, hashed } = setup()
  const before = add('epoch 1', bytesOf(9_000, 1), registeredAs('model'))
  writeFileSync(before.path, bytesOf(9_000, 2))
  utimesSync(before.path, 1, 1)
  const copy = add('a copy', bytesOf(9_000, 1))
  await check(copy.id)
  expect(hashed).toEqual([copy.path])
})

test('waits for a later upload of the same bytes to a path that workflows look for', async () => {
  const { add, check } = setup()
  const bytes = bytesOf(9_000, 1)
  const copy = add('copy', bytes, { target: targetAt('models/loras/backup/x.safetensors') })
  const kept = add('kept', bytes, { target: targetAt('models/loras/x.safetensors') })
  expect(await check(copy.id)).toMatchObject({
    kind: 'retry',
    failure: { code: 'same-as-other', params: { name: 'models/loras/x.safetensors' } },
  })
  expect(await check(kept.id)).toEqual(proceed)
})

test('does not wait for a better copy once bytes were sent', async () => {
  const { add, check } = setup()
  const bytes = bytesOf(9_000, 1)
  const target = targetAt('models/loras/backup/x.safetensors')
  const copy = add('copy', bytes, { target, state: { kind: 'queued', started: true } })
  const kept = add('kept', bytes, { target: targetAt('models/loras/x.safetensors') })
  expect(await check(copy.id)).toEqual(proceed)
  expect(await check(kept.id)).toMatchObject({ kind: 'retry', failure: { code: 'same-as-other' } })
})

test('waits for a worse copy that has passed the check and not begun to send, until it ends', async () => {
  const { add, check, takeWaiters } = setup()
  const bytes = bytesOf(9_000, 1)
  const copy = add('copy', bytes, { target: targetAt('models/loras/backup/x.safetensors') })
  expect(await check(copy.id)).toEqual(proceed)
  const kept = add('kept', bytes, { target: targetAt('models/loras/x.safetensors') })
  expect(await check(kept.id)).toMatchObject({ kind: 'retry', failure: { code: 'same-as-other' } })
  expect(takeWaiters(copy.id)).toEqual([kept.id])
  expect(await check(kept.id)).toEqual(proceed)
})

test('asks before it sends a file to the path of another one that has passed the check', async () => {
  const { add, check } = setup()
  const target = targetAt('models/loras/x.safetensors')
  const passed = add('passed', bytesOf(9_000, 1), { target })
  expect(await check(passed.id)).toEqual(proceed)
  // Such as one that is moved to the top.
  const first = add('first', bytesOf(9_000, 2), { target, position: -1 })
  expect(await check(first.id)).toMatchObject({
    kind: 'failed',
    failure: { code: 'path-taken-here', params: { uploadId: passed.id } },
  })
})

test('waits to replace the model of another upload that has passed the check, until it ends', async () => {
  const { add, check, takeWaiters } = setup()
  const target = targetAt('models/loras/x.safetensors')
  const passed = add('passed', bytesOf(9_000, 1), { target })
  await check(passed.id)
  const first = add('first', bytesOf(8_000, 2), { target, position: -1, library: { onConflict: 'replace' } })
  expect(await check(first.id)).toMatchObject({ kind: 'retry', failure: { code: 'path-goes-first' } })
  expect(takeWaiters(passed.id)).toEqual([first.id])
  expect(await check(first.id)).toEqual(proceed)
})

test('does not send the rest of a begun file to the path of another one that runs', async () => {
  const { add, check, takeWaiters } = setup()
  const target = targetAt('models/loras/x.safetensors')
  const running = add('running', bytesOf(8_000, 1), { target })
  expect(await check(running.id)).toEqual(proceed)
  const begun = add('begun', bytesOf(9_000, 2), { target, position: -1, state: multipartOpenState(5_000) })
  expect(await check(begun.id)).toMatchObject({ kind: 'failed', failure: { code: 'path-taken-here' } })
  takeWaiters(running.id)
  expect(await check(begun.id)).toEqual(proceed)
})

test('a begun upload waits for a copy that runs, and continues if that fails', async () => {
  const { add, check, takeWaiters, recordOf } = setup()
  const copy = add('copy', bytesOf(9_000, 1))
  expect(await check(copy.id)).toEqual(proceed)
  const state = multipartOpenState(5_000)
  const begun = add('begun', bytesOf(9_000, 1), { position: -1, state })
  expect(await check(begun.id)).toMatchObject({ kind: 'retry', failure: { code: 'same-as-other' } })
  expect(takeWaiters(copy.id)).toEqual([begun.id])
  expect(await check(begun.id)).toEqual(proceed)
  expect(recordOf(begun.id)?.state).toEqual(state)
})

test('of two begun copies the one of which more is sent goes first, such as after an interruption', async () => {
  const { add, check, setSent } = setup()
  const bytes = bytesOf(9_000, 1)
  const state = multipartOpenState(1_000)
  const earlier = add('earlier', bytes, { state, target: targetAt('models/loras/x.safetensors') })
  const later = add('later', bytes, { state, target: targetAt('models/loras/backup/x.safetensors') })
  setSent(earlier.id, 1_000)
  setSent(later.id, 8_000)
  expect(await check(earlier.id)).toMatchObject({ kind: 'retry', failure: { code: 'same-as-other' } })
  expect(await check(later.id)).toEqual(proceed)
})

test('a file and a later part of a model with its bytes and path do not wait for each other', async () => {
  const { add, check } = setup()
  const bytes = bytesOf(9_000, 1)
  const target = targetAt('models/diffusers/sdxl/unet/x.safetensors')
  const group = { key: 'k', name: 'sdxl', kind: 'diffusers' } as const
  const alone = add('alone', bytes, { target, position: 1 })
  const part = add('part', bytes, {
    target,
    position: 2,
    recognition: { ...uploadRecord().recognition, group },
    library: { onConflict: 'replace' },
  })
  expect(await check(part.id)).toMatchObject({ kind: 'retry', failure: { code: 'same-as-other' } })
  expect(await check(alone.id)).toEqual(proceed)
})

test('a file waits for a later part of a model with its bytes at another path', async () => {
  const { add, check } = setup()
  const bytes = bytesOf(9_000, 1)
  const group = { key: 'k', name: 'sdxl', kind: 'diffusers' } as const
  const alone = add('alone', bytes, { target: targetAt('models/loras/x.safetensors') })
  const path = 'models/diffusers/backup/sdxl/unet/x.safetensors'
  const recognition = { ...uploadRecord().recognition, group }
  const part = add('part', bytes, { target: targetAt(path), recognition })
  expect(await check(alone.id)).toMatchObject({
    kind: 'retry',
    failure: { code: 'same-as-other', params: { name: path } },
  })
  expect(await check(part.id)).toEqual(proceed)
})

test('a begun upload is a duplicate once a copy of its file is registered', async () => {
  const bytes = bytesOf(9_000, 1)
  const { add, check, duplicates } = setup([model('m1', bytes)])
  add('copy', bytes, { phase: 'registered', state: { ...registeredState('m1', 1), sha256: sha256Of(bytes) } })
  const begun = add('begun', bytes, { state: multipartOpenState(5_000) })
  expect(await check(begun.id)).toEqual({ kind: 'done' })
  expect(duplicates.map(({ id, model: { id: modelId } }) => [id, modelId])).toEqual([[begun.id, 'm1']])
})

test('does not wait for a copy once all bytes are stored', async () => {
  const { add, check } = setup()
  const copy = add('copy', bytesOf(9_000, 1))
  await check(copy.id)
  const stored = add('stored', bytesOf(9_000, 1), { state: storedState() })
  expect(await check(stored.id)).toEqual(proceed)
})

test('names the model at the best path among those with the same bytes', async () => {
  const bytes = bytesOf(5_000, 1)
  const at = (id: string, modelPath: string, status = 'active') => ({
    ...model(id, bytes),
    modelPath,
    status,
  })
  const models = [
    at('copy', 'models/loras/backup/x.safetensors'),
    at('disabled', 'models/loras/a.safetensors', 'disabled'),
    at('kept', 'models/loras/style/x.safetensors'),
  ]
  const { add, check, duplicates } = setup(models)
  const file = add('file', bytes, { target: targetAt('models/loras/y.safetensors') })
  await check(file.id)
  expect(duplicates.map(({ model: { id } }) => id)).toEqual(['kept'])
})

test('names the model at the path of the upload, even a disabled one, before others with the same bytes', async () => {
  const bytes = bytesOf(5_000, 1)
  const modelPath = 'models/loras/backup/y.safetensors'
  const models = [
    { ...model('elsewhere', bytes), modelPath: 'models/loras/y.safetensors' },
    { ...model('without a path', bytes), modelPath: null },
    { ...model('here', bytes), modelPath: modelPath.toUpperCase(), status: 'disabled' },
  ]
  const { add, check, duplicates } = setup(models)
  await check(add('file', bytes, { target: targetAt(modelPath) }).id)
  expect(duplicates.map(({ model: { id } }) => id)).toEqual(['here'])
})

test('a path of a multi-file model needs the same bytes at this path', async () => {
  const bytes = bytesOf(5_000, 1)
  const path = 'models/diffusers/sdxl/vae/config.json'
  const elsewhere = { ...model('elsewhere', bytes), modelPath: 'models/diffusers/sdxl/unet/config.json' }
  const recognition = {
    ...uploadRecord().recognition,
    group: { key: 'k', name: 'sdxl', kind: 'diffusers' },
  } as const
  const target = targetAt(path)
  const without = setup([elsewhere])
  without.add('other', bytes, { recognition, target: targetAt('models/diffusers/sdxl/unet/config.json') })
  expect(await without.check(without.add('file', bytes, { recognition, target }).id)).toEqual(proceed)
  const found = setup([elsewhere, { ...model('here', bytes), modelPath: path }])
  await found.check(found.add('file', bytes, { recognition, target }).id)
  expect(found.duplicates.map(({ model: { id } }) => id)).toEqual(['here'])
})

test.each([
  [1_000, 2_000],
  [5_000_000, 4_000],
  [30_000_000, 15_000],
])('waits for the listing of a file of %i bytes for %i ms at most', async (sizeBytes, limitMs) => {
  const { add, check, clock } = setup([], { listing: new Promise(() => {}) })
  const { id } = add('a', bytesOf(sizeBytes, 1))
  const checking = check(id)
  await expect.poll(() => clock.waits()).toEqual([limitMs])
  clock.advance(limitMs)
  expect(await checking).toEqual(proceed)
})

const keyless = { ...model('m1', bytesOf(8_000, 2)), modelPath: 'models/loras/x.safetensors', sha256: null }

test.for<[string, Result<LibraryModel>, boolean]>([
  ['is its own', success({ ...keyless, storageKey: 'ours' }), false],
  ['is another one', success({ ...keyless, storageKey: 'theirs' }), true],
  ['was deleted', failed(failure('not-found')), false],
  ['cannot be looked up', failed(failure('server-trouble', { status: 503 })), false],
])('a stored upload replaces the model at its path only if it %s', async ([, current, isReplaced]) => {
  const { add, check, lookedUp, recordOf } = setup([keyless], { current })
  const { id } = add('file', bytesOf(9_000, 1), {
    target: targetAt(keyless.modelPath),
    state: storedState({ storageKey: 'ours' }),
    library: { onConflict: 'replace' },
  })
  expect(await check(id)).toEqual(proceed)
  expect(lookedUp).toEqual(['m1'])
  expect(recordOf(id)?.library?.replaces?.modelId).toBe(isReplaced ? 'm1' : undefined)
})

test('looks up no model at the path of a stored upload whose hash or storage key is listed', async () => {
  const sha256 = sha256Of(bytesOf(8_000, 2))
  for (const known of [{ sha256 }, { storageKey: 'theirs' }, { sha256, storageKey: 'theirs' }]) {
    const { add, check, lookedUp, recordOf } = setup([{ ...keyless, ...known }])
    const { id } = add('file', bytesOf(9_000, 1), {
      target: targetAt(keyless.modelPath),
      state: storedState({ storageKey: 'ours' }),
      library: { onConflict: 'replace' },
    })
    expect([await check(id), lookedUp]).toEqual([proceed, []])
    expect(recordOf(id)?.library?.replaces?.modelId).toBe('m1')
  }
})

test('compares a stored upload with the present library, one in parts with a listing of the usual age', async () => {
  const { add, check, maxAges } = setup()
  const library = { onConflict: 'rename' } as const
  await check(add('stored', bytesOf(8_000, 1), { state: storedState(), library }).id)
  await check(add('in parts', bytesOf(9_000, 1), { state: multipartOpenState(5_000), library }).id)
  expect(maxAges).toEqual([0, undefined])
})

test('applies a decision about a begun upload only before a replacement or registration', async () => {
  const replaces = {
    modelId: 'old',
    name: 'Old',
    path: keyless.modelPath,
    fate: 'disable',
    asidePath: null,
  } as const
  const pathOf = async (given: Partial<UploadRecord>) => {
    const { add, check, recordOf } = setup([keyless])
    const { id } = add('file', bytesOf(9_000, 1), {
      target: targetAt(keyless.modelPath),
      state: multipartOpenState(5_000),
      library: { onConflict: 'rename' },
      ...given,
    })
    expect(await check(id)).toEqual(proceed)
    return recordOf(id)?.target.modelPath
  }
  expect(await pathOf({})).toBe('models/loras/x-2.safetensors')
  expect(await pathOf({ library: {} })).toBe(keyless.modelPath)
  expect(await pathOf({ library: { onConflict: 'rename', replaces } })).toBe(keyless.modelPath)
  expect(await pathOf({ state: replacingState('new') })).toBe(keyless.modelPath)
})

test('keeps the failure object of a repeated wait until the name of the other upload changes', async () => {
  const { add, check, clock, rows } = setup()
  const bytes = bytesOf(9_000, 1)
  const first = add('first', bytes, { target: targetAt('models/loras/x.safetensors') })
  const { id } = add('second', bytes, { target: targetAt('models/loras/copies/x.safetensors') })
  const failureNow = async () => {
    const result = await check(id)
    if (result.kind !== 'retry') throw new Error(`the check ended with ${result.kind}`)
    expect(result.atMs).toBe(clock.now() + 5_000)
    rows.applyEvent(id, 'begin')
    rows.applyEvent(id, 'trouble', { failure: result.failure }, result.atMs)
    return result.failure
  }
  const before = await failureNow()
  expect(await failureNow()).toBe(before)
  rows.change(first.id, { target: targetAt('models/loras/y.safetensors') })
  expect(await failureNow()).toMatchObject({ params: { name: 'models/loras/y.safetensors' } })
})

test('an upload that runs again is not among those that wait for another one', async () => {
  const { add, check, takeWaiters, rows } = setup()
  const [first, second] = [add('first', bytesOf(9_000, 1)), add('second', bytesOf(9_000, 1))]
  await check(first.id)
  expect(await check(second.id)).toMatchObject({ kind: 'retry' })
  rows.applyEvent(first.id, 'pause')
  // The first one has ended, but its waiting uploads were not taken.
  await check(second.id)
  expect(takeWaiters(first.id)).toEqual([])
})

test.for([
  ['is just added', 0, 5_000],
  ['was added before the clock was set back', -60_000, 5_000],
  ['has waited for a minute', 60_000, 65_000],
  ['has waited for days', 2 ** 40, 300_000],
] as const)(
  'a listing from shortly before a file was added is new enough for one that %s',
  ([, agoMs, maxMs]) => {
    const { clock } = setup()
    expect(maxListingAgeMs({ addedAtMs: clock.now() - agoMs }, clock)).toBe(maxMs)
  },
)
