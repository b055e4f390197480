import { rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import type { LibraryModel } from '../../../electron/contract/library.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { readSample } from '../../../electron/platform/files/file-identity.ts'
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

test('hashes two queued files of one size only if their samples are equal', async () => {
  const { add, check, hashed } = setup()
  const [one, other] = [add('one', bytesOf(9_000, 1)), add('other', bytesOf(9_000, 2))]
  for (const { id } of [one, other]) await check(id)
  expect(hashed).toEqual([])
  const same = add('same', bytesOf(9_000, 1))
  expect(await check(same.id)).toMatchObject({ kind: 'retry', failure: { code: 'same-as-other' } })
  expect(hashed).toEqual([same.path, one.path])
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
