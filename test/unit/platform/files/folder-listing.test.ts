import { mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { existingNames } from '../../../../electron/platform/files/folder-listing.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ferry-listing-'))
})
afterEach(() => rm(folder, { recursive: true }))

const add = (name: string) => writeFile(join(folder, name), '')
/** As if nothing in the folder had changed for an hour. */
const settle = (agoSeconds = 3_600) => {
  const at = Math.round(Date.now() / 1_000) - agoSeconds
  return utimes(folder, at, at)
}

test('returns the names that exist, spelled as in the folder', async () => {
  await add('a.PNG')
  await add('b.json')
  await settle()
  expect(await existingNames(folder, ['a.png', 'b.json', 'c.json'])).toEqual(['a.PNG', 'b.json'])
})

test('sees files that are added and removed after the folder was listed', async () => {
  await add('a.json')
  await settle()
  expect(await existingNames(folder, ['a.json', 'b.json'])).toEqual(['a.json'])
  await add('b.json')
  await rm(join(folder, 'a.json'))
  expect(await existingNames(folder, ['a.json', 'b.json'])).toEqual(['b.json'])
  await settle(1_800)
  expect(await existingNames(folder, ['a.json', 'b.json'])).toEqual(['b.json'])
})

test('does not rely on a listing of a folder that was changed a moment ago', async () => {
  await add('a.json')
  const { mtime } = await stat(folder)
  expect(await existingNames(folder, ['a.json', 'b.json'])).toEqual(['a.json'])
  await add('b.json')
  // A file system with coarse times leaves the folder's time as it was.
  await utimes(folder, mtime, mtime)
  expect(await existingNames(folder, ['a.json', 'b.json'])).toEqual(['a.json', 'b.json'])
})
