import { rmSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import type { LibraryModel } from '../../../electron/contract/library.ts'
import { diskTimeoutFailure } from '../../../electron/platform/files/file-identity.ts'
import { uploadRecord } from '../../support/records.ts'
import {
  aborted,
  bytesOf,
  modelOf as model,
  proceed,
  setupConflictCheck as setup,
  targetAt,
} from './conflict-check-setup.ts'

test.for<[string, Result<LibraryModel> | undefined, string]>([
  ['still exists', undefined, 'done'],
  ['was deleted', failed(failure('not-found')), 'proceed'],
  ['cannot be looked up', failed(failure('server-trouble', { status: 503 })), 'proceed'],
  ['has other bytes now', success(model('m1', bytesOf(5_000, 2))), 'proceed'],
])('looks up the model of an older listing with the same bytes, which %s', async ([, current, kind]) => {
  const bytes = bytesOf(5_000, 1)
  const { add, check, lookedUp, rows } = setup([model('m1', bytes)], {
    listedAgoMs: 60_000,
    ...(current && { current }),
  })
  const { id } = add('file', bytes)
  expect(await check(id)).toMatchObject({ kind })
  expect(lookedUp).toEqual(['m1'])
  expect(rows.get(id)?.live.hashedBytes).toBe(0)
})

test('looks up no model of a recent listing', async () => {
  const bytes = bytesOf(5_000, 1)
  const { add, check, lookedUp } = setup([model('m1', bytes)])
  expect(await check(add('file', bytes).id)).toEqual({ kind: 'done' })
  expect(lookedUp).toEqual([])
})

test('looks up the model of a listing that was recent before the file was hashed', async () => {
  const bytes = bytesOf(5_000, 1)
  const { add, check, clock, lookedUp } = setup([model('m1', bytes)], {
    current: failed(failure('not-found')),
    onHash: () => clock.advance(60_000),
  })
  expect([await check(add('file', bytes).id), lookedUp]).toEqual([proceed, ['m1']])
})

test('looks up the path of a model if the listing lacks it', async () => {
  const bytes = bytesOf(5_000, 1)
  const target = targetAt('models/diffusers/sdxl/vae/config.json')
  const group = { key: 'k', name: 'sdxl', kind: 'diffusers' } as const
  const recognition = { ...uploadRecord().recognition, group }
  const kindWith = async (modelPath: string) => {
    const unnamed = { ...model('m1', bytes), modelPath: null }
    const { add, check } = setup([unnamed], { current: success({ ...unnamed, modelPath }) })
    return (await check(add('file', bytes, { target, recognition }).id)).kind
  }
  expect(await kindWith(target.modelPath)).toBe('done')
  expect(await kindWith('models/diffusers/sdxl/unet/config.json')).toBe('proceed')
})

test('fails if the duplicate could not be written', async () => {
  const bytes = bytesOf(5_000, 1)
  const { add, check } = setup([model('m1', bytes)], { written: failed(failure('journal-full')) })
  expect(await check(add('file', bytes).id)).toMatchObject({
    kind: 'failed',
    failure: { code: 'journal-full' },
  })
})

test('prevents no upload that is gone, or whose file cannot be read: sending reports why', async () => {
  const { add, check, hashed } = setup([model('m1', bytesOf(5_000, 1))])
  const { id, path } = add('file', bytesOf(5_000, 1))
  rmSync(path)
  expect(await check(id)).toEqual(proceed)
  expect(await check('unknown')).toEqual(proceed)
  expect(hashed).toEqual([])
})

test('compares a file with the library later if its disk does not respond', async () => {
  const bytes = bytesOf(5_000, 1)
  const { add, check, environment } = setup([model('m1', bytes)], { hashFailure: diskTimeoutFailure() })
  expect(await check(add('file', bytes).id)).toEqual({
    kind: 'retry',
    failure: diskTimeoutFailure(),
    atMs: environment.now() + 60_000,
  })
})

test('an abort ends the wait for the library at once', async () => {
  const controller = new AbortController()
  const { add, check, clock } = setup([], { listing: new Promise(() => {}) })
  const checking = check(add('file', bytesOf(5_000, 1)).id, controller.signal)
  await expect.poll(() => clock.waits()).toHaveLength(1)
  controller.abort()
  expect(await checking).toEqual(aborted)
})

test('an upload aborted while its file is hashed is not reported as a duplicate', async () => {
  const bytes = bytesOf(5_000, 1)
  const controller = new AbortController()
  const { add, check, duplicates } = setup([model('m1', bytes)], {
    listedAgoMs: 60_000,
    onHash: () => controller.abort(),
  })
  expect(await check(add('file', bytes).id, controller.signal)).toEqual(aborted)
  expect(duplicates).toEqual([])
})

test('an upload that is aborted while it is compared with a queued copy does not wait for that', async () => {
  const controller = new AbortController()
  const { add, check, takeWaiters } = setup([], { onHash: () => controller.abort() })
  const [copy, file] = [add('copy', bytesOf(9_000, 1)), add('file', bytesOf(9_000, 1))]
  expect(await check(file.id, controller.signal)).toEqual(aborted)
  expect(takeWaiters(copy.id)).toEqual([])
})

test('a copy that can not be hashed is not waited for', async () => {
  const { add, check } = setup([], { hashFailure: failure('file-unreadable') })
  add('copy', bytesOf(9_000, 1))
  expect(await check(add('file', bytesOf(9_000, 1)).id)).toEqual(proceed)
})

test('a copy that is paused, of another team or changed is not waited for', async () => {
  const { add, check, rows } = setup()
  const bytes = bytesOf(9_000, 1)
  const paused = add('paused', bytes)
  rows.applyEvent(paused.id, 'pause')
  add('of another team', bytes, { team: { id: 'team_02', name: 'Other' } })
  const changed = add('changed', bytes)
  writeFileSync(changed.path, bytesOf(9_001, 1))
  expect(await check(add('file', bytes).id)).toEqual(proceed)
})
