import { rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import type { LibraryModel } from '../../../electron/contract/library.ts'
import { bytesOf, modelOf as model, proceed, setupConflictCheck as setup } from './conflict-check-setup.ts'

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
