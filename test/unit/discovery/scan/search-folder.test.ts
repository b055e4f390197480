import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { searchFolder } from '../../../../electron/discovery/scan/search-folder.ts'

const limits = { entries: 1_000, walkMs: 60_000, graceMs: 60_000 }

function createFolder(): string {
  const root = mkdtempSync(join(tmpdir(), 'modelferry-folder-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  for (const name of ['a', 'b', 'c']) {
    mkdirSync(join(root, name))
    writeFileSync(join(root, name, 'x.safetensors'), Buffer.alloc(2_000, 1))
  }
  return root
}

/** The number of models, and why they may not be all. */
const search = async (path: string, change: Partial<typeof limits> = {}) => {
  const { models, incompleteReason: cut } = await searchFolder(path, { ...limits, ...change })
  return [models.length, cut]
}

test('searches a folder completely or gives the reason why not', async () => {
  const root = createFolder()
  expect(await search(root)).toEqual([3, null])
  expect(await search(root, { entries: 5 })).toEqual([1, 'too-many'])
  // The folder itself and its three entries use up the limit.
  expect(await search(root, { entries: 4 })).toEqual([0, 'too-many'])
  expect(await search(root, { walkMs: -1 })).toEqual([0, 'too-slow'])
  expect(await search(root, { walkMs: -1, entries: 1 })).toEqual([0, 'too-slow'])
  expect(await search(join(root, 'none'))).toEqual([0, 'gone'])
  expect(await search(join(root, 'a/x.safetensors'))).toEqual([0, 'gone'])
})

test.runIf(process.platform === 'linux')('returns the folders that can’t be read', async () => {
  const root = createFolder()
  const longNames = (count: number) => Array.from({ length: count }, () => 'x'.repeat(250))
  const [inner, outer] = [join(root, 'inner'), join(root, ...longNames(10))]
  mkdirSync(join(inner, ...longNames(7)), { recursive: true })
  mkdirSync(outer, { recursive: true })
  // Now the last path is longer than any path may be: it can't be read, by whichever user the test runs.
  renameSync(inner, join(outer, 'inner'))
  onTestFinished(() => renameSync(join(outer, 'inner'), inner))
  const { incompleteReason, unread } = await searchFolder(outer, limits)
  expect([incompleteReason, unread.length]).toEqual([null, 1])
})
