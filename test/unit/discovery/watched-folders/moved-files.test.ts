import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { findMovedFiles } from '../../../../electron/discovery/watched-folders/moved-files.ts'
import type { WatchedFolder } from '../../../../electron/discovery/watched-folders/watched-folder.ts'
import { setupWatchedFolder } from '../../../support/watched-folder.ts'

const offeredNames = ({ offeredFiles }: WatchedFolder) =>
  offeredFiles.map(({ path }) => basename(path)).sort()

test('no longer offers a file that is gone, and offers it again when it returns', async () => {
  const { write, watch, enqueued, advance, root, folder } = await setupWatchedFolder()
  for (const name of ['a', 'b']) write(`${name}.safetensors`)
  const watched = await watch()
  renameSync(join(folder, 'a.safetensors'), join(root, 'a.safetensors'))
  await watched.rescan()
  expect(offeredNames(watched)).toEqual(['b.safetensors'])
  renameSync(join(root, 'a.safetensors'), join(folder, 'a.safetensors'))
  await watched.rescan()
  await advance(watched, 12_000)
  expect([enqueued, offeredNames(watched)]).toEqual([[], ['a.safetensors', 'b.safetensors']])
})

test('matches moved files of the same size and time by their names', () => {
  const state = { sizeBytes: 5, mtimeMs: 1_000 }
  const known = ['a.pt', 'b.pt', 'c.pt'].map((name) => ({
    ...state,
    path: `/w/${name}`,
    state: 'offered' as const,
  }))
  const models = ['/x/c.pt', '/x/a.pt', '/x/new.pt', '/x/other.pt'].map((path) => ({
    ...state,
    path,
    name: path,
    modelType: null,
  }))
  const found = findMovedFiles(known, { models, incompleteReason: null, unread: [] }, () => false)
  expect(found.moves.map(({ from, file }) => [from, file.path])).toEqual([
    ['/w/c.pt', '/x/c.pt'],
    ['/w/a.pt', '/x/a.pt'],
    ['/w/b.pt', '/x/new.pt'],
  ])
  expect(found.newModels.map(({ path }) => path)).toEqual(['/x/other.pt'])
})

type Move = (paths: { readonly from: string; readonly to: string }) => void

test.for<[what: string, isDeclined: boolean, move: Move]>([
  ['an offered file that is renamed', false, ({ from, to }) => renameSync(from, to)],
  ['a declined file that is renamed', true, ({ from, to }) => renameSync(from, to)],
  [
    'a declined file that takes the place of another one',
    true,
    ({ from, to }) => {
      writeFileSync(to, 'other')
      renameSync(from, to)
    },
  ],
  [
    'the files of a declined folder that is renamed',
    true,
    ({ from, to }) => renameSync(dirname(from), dirname(to)),
  ],
])('does not enqueue %s, also after a restart', async ([_what, isDeclined, move]) => {
  const { write, watch, enqueued, advance, folder } = await setupWatchedFolder()
  write('here/a.safetensors')
  write('z.safetensors')
  const first = await watch()
  if (isDeclined) first.markKnown(first.offeredFiles)
  mkdirSync(join(folder, 'there'))
  move({ from: join(folder, 'here/a.safetensors'), to: join(folder, 'there/b.safetensors') })
  await first.rescan()
  await advance(first, 12_000)
  first.close()
  const second = await watch()
  await advance(second, 12_000)
  expect([enqueued, second.pendingCount]).toEqual([[], 0])
  expect(second.offeredFiles).toHaveLength(isDeclined ? 0 : 2)
})

test('searches the folder for a reported file that may have been moved, and does not enqueue it', async () => {
  const { write, watch, enqueued, advance, folder, searches, clock } = await setupWatchedFolder()
  write('a.safetensors')
  const watched = await watch()
  watched.markKnown(watched.offeredFiles)
  const searchCount = searches.length
  clock.advance(60_000)
  renameSync(join(folder, 'a.safetensors'), join(folder, 'b.safetensors'))
  watched.onFileChanged(join(folder, 'b.safetensors'))
  await expect.poll(() => clock.waits()).toEqual([10 * 60_000])
  expect(searches).toHaveLength(searchCount + 1)
  await advance(watched, 12_000)
  expect([enqueued, watched.pendingCount]).toEqual([[], 0])
})

test('enqueues no moved file while the search did not read its old path', async () => {
  const { write, watch, enqueued, advance, folder, conditions } = await setupWatchedFolder()
  write('b/2.safetensors')
  const watched = await watch()
  mkdirSync(join(folder, 'a'))
  renameSync(join(folder, 'b/2.safetensors'), join(folder, 'a/1.safetensors'))
  conditions.maxEntries = 4
  await watched.rescan()
  await advance(watched, 12_000)
  expect([watched.state, enqueued, watched.pendingCount]).toEqual(['too-many', [], 0])
  conditions.maxEntries = 10_000
  await watched.rescan()
  expect([watched.pendingCount, offeredNames(watched)]).toEqual([0, ['1.safetensors']])
})
