import { statSync, utimesSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import {
  findLocalHashes,
  modelsAt,
  type KnownHashes,
} from '../../../../electron/discovery/workflows/local-hashes.ts'
import type { NeededModel } from '../../../../electron/discovery/workflows/needed-models.ts'
import { createFileReader } from '../../../../electron/discovery/scan/mounts.ts'
import { localModelAt, type LocalModel } from '../../../../electron/discovery/scan/walk-models.ts'
import { identityOf } from '../../../../electron/platform/files/file-identity.ts'
import { standingClock } from '../../../support/hand-clock.ts'
import { createModelFolder } from '../model-folder.ts'

const needed = (name: string, sha256: string | null): NeededModel => ({
  name,
  modelType: 'loras',
  typeSource: 'loader',
  url: null,
  sha256,
  isOff: false,
  nodes: [],
})

async function modelsIn(root: string, ...names: readonly string[]): Promise<readonly LocalModel[]> {
  const models = await Promise.all(names.map((name) => localModelAt(join(root, name))))
  return models.filter((model) => model !== null)
}

/** The given hashes of the files as they are now. */
function knownHashes(root: string, hashes: Readonly<Record<string, string>>): KnownHashes {
  const files = Object.entries(hashes).map(([name, sha256]) => {
    const path = join(root, name)
    return { path, sha256, identity: identityOf(statSync(path, { bigint: true })) }
  })
  return {
    peek: (path, { mtimeNs }) =>
      files.find((file) => file.path === path && file.identity.mtimeNs === mtimeNs)?.sha256 ?? null,
    filesWith: (sha256) => files.filter((file) => file.sha256 === sha256),
  }
}

const readFiles = createFileReader({
  mountQueue: { run: (_path, call) => call() },
  timers: standingClock().timers,
})

const [x, y] = ['a'.repeat(64), 'b'.repeat(64)]

test('finds known hashes of files with the name or the hash of a needed model', async () => {
  const root = createModelFolder('loras/x.pt', 'other/renamed.pt', 'other/unrelated.pt')
  const known = knownHashes(root, { 'loras/x.pt': y, 'other/renamed.pt': x, 'other/unrelated.pt': 'c' })
  const models = await modelsIn(root, 'loras/x.pt', 'other/unrelated.pt')
  const neededModels = [needed('X.pt', x), needed('unrelated.pt', null)]
  const found = await findLocalHashes(neededModels, models, known, readFiles)
  expect([...found].map(([path, sha256]) => [basename(path), sha256])).toEqual([
    ['x.pt', y],
    ['renamed.pt', x],
  ])
  const paths = [...found.keys(), join(root, 'gone.pt')]
  expect((await modelsAt(paths, readFiles)).map(({ path }) => basename(path))).toEqual(['x.pt', 'renamed.pt'])
})

test('ignores the hash of a file that has changed or is gone', async () => {
  const root = createModelFolder('x.pt', 'same.pt')
  const known = knownHashes(root, { 'x.pt': y, 'same.pt': x })
  const models = await modelsIn(root, 'x.pt')
  for (const name of ['x.pt', 'same.pt']) utimesSync(join(root, name), 1, 1)
  expect([...(await findLocalHashes([needed('x.pt', x)], models, known, readFiles))]).toEqual([])
  const gone = {
    peek: () => x,
    filesWith: () => [{ path: join(root, 'gone.pt'), identity: knownIdentity(root) }],
  }
  expect([...(await findLocalHashes([needed('y.pt', x)], [], gone, readFiles))]).toEqual([])
})

const knownIdentity = (root: string) => identityOf(statSync(join(root, 'x.pt'), { bigint: true }))
