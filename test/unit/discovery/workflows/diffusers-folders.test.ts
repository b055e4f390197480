import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { findDiffusersFolders } from '../../../../electron/discovery/workflows/diffusers-folders.ts'
import { createFileReader } from '../../../../electron/discovery/scan/mounts.ts'
import type { LocalModel } from '../../../../electron/discovery/scan/walk-models.ts'
import type { NeededModel } from '../../../../electron/discovery/workflows/needed-models.ts'
import { standingClock } from '../../../support/hand-clock.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'modelferry-folders-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
})
const at = (name: string) => join(root, ...name.split('/'))

const needed = (name: string, isFolder = true): NeededModel => ({
  name,
  modelType: 'diffusers',
  typeSource: 'loader',
  url: null,
  sha256: null,
  isOff: false,
  nodes: [],
  ...(isFolder ? { isFolder: true as const } : {}),
})
const readFiles = createFileReader({
  mountQueue: { run: (_path, call) => call() },
  timers: standingClock().timers,
})
const file = (name: string, sizeBytes = 5): LocalModel => ({
  path: at(name),
  sizeBytes,
  mtimeMs: 0,
  modelType: null,
  name,
})
/** Creates a folder with an index and returns the file of its weights. */
function createDiffusersFolder(name: string, sizeBytes = 5): LocalModel {
  mkdirSync(at(name), { recursive: true })
  writeFileSync(join(at(name), 'model_index.json'), '{}')
  return file(`${name}/unet/model.safetensors`, sizeBytes)
}
async function pathFor(name: string, local: readonly LocalModel[]): Promise<string | null> {
  const found = (await findDiffusersFolders([needed(name)], local, readFiles)).get(name)
  return found ? found.path.slice(root.length + 1).replaceAll('\\', '/') : null
}

test('finds a folder by its whole name or by the last part of it', async () => {
  const local = [createDiffusersFolder('hub/black-forest/flux'), createDiffusersFolder('other/sdxl')]
  expect(await pathFor('black-forest/flux', local)).toBe('hub/black-forest/flux')
  expect(await pathFor('stability/sdxl', local)).toBe('other/sdxl')
  expect(await pathFor('sd', local)).toBeNull()
  expect(await pathFor('black-forest/dev', local)).toBeNull()
})

test('prefers the folder of its type, then the whole name, then the last part', async () => {
  const byPart = createDiffusersFolder('a/flux')
  const byName = createDiffusersFolder('b/black-forest/flux')
  const byType = createDiffusersFolder('c/diffusers/black-forest/flux')
  const name = 'black-forest/flux'
  for (const local of [
    [byPart, byName, byType],
    [byType, byName, byPart],
  ]) {
    expect(await pathFor(name, local)).toBe('c/diffusers/black-forest/flux')
    expect(
      await pathFor(
        name,
        local.filter((one) => one !== byType),
      ),
    ).toBe('b/black-forest/flux')
  }
  const types = await Promise.all(
    [[byType], [byName]].map((local) => findDiffusersFolders([needed(name)], local, readFiles)),
  )
  expect(types.map((found) => found.get(name)?.modelType)).toEqual(['diffusers', null])
})
