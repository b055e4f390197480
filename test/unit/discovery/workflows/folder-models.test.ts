import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { folderModel, foldersFor } from '../../../../electron/discovery/workflows/folder-models.ts'
import type { LocalModel } from '../../../../electron/discovery/scan/walk-models.ts'
import type { Need } from '../../../../electron/discovery/workflows/workflow.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'modelferry-folders-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
})
const at = (name: string) => join(root, ...name.split('/'))

const need = (name: string, isFolder = true): Need => ({
  ...{ name, modelType: 'diffusers', url: null, sha256: null, isOff: false, nodes: [] },
  ...(isFolder ? { isFolder: true as const } : {}),
})
const file = (name: string, sizeBytes = 5): LocalModel => ({
  ...{ path: at(name), sizeBytes, mtimeMs: 0, modelType: null, name },
})
/** A folder with an index, and the file of its weights. */
function model(name: string, sizeBytes = 5): LocalModel {
  mkdirSync(at(name), { recursive: true })
  writeFileSync(join(at(name), 'model_index.json'), '{}')
  return file(`${name}/unet/model.safetensors`, sizeBytes)
}
async function pathFor(name: string, local: readonly LocalModel[]): Promise<string | null> {
  const found = (await foldersFor([need(name)], local)).get(name)
  return found ? found.path.slice(root.length + 1).replaceAll('\\', '/') : null
}

test('a folder is found by its whole name, or by the last part of it alone', async () => {
  const local = [model('hub/black-forest/flux'), model('other/sdxl')]
  expect(await pathFor('black-forest/flux', local)).toBe('hub/black-forest/flux')
  expect(await pathFor('stability/sdxl', local)).toBe('other/sdxl')
  expect(await pathFor('sd', local)).toBeNull()
  expect(await pathFor('black-forest/dev', local)).toBeNull()
})

test('names are compared without regard to case or to the kind of slash', async () => {
  const local = [model('hub/Black-Forest/FLUX')]
  expect(await pathFor('black-forest\\Flux', local)).toBe('hub/Black-Forest/FLUX')
})

test('the folder of its type counts most, then the whole name, then its last part', async () => {
  const byPart = model('a/flux')
  const byName = model('b/black-forest/flux')
  const byType = model('c/diffusers/black-forest/flux')
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
  const types = await Promise.all([[byType], [byName]].map((local) => foldersFor([need(name)], local)))
  expect(types.map((found) => found.get(name)?.modelType)).toEqual(['diffusers', null])
})

test('a folder without an index is passed over for the next of its name', async () => {
  mkdirSync(at('a/diffusers/flux/model_index.json'), { recursive: true })
  const local = [file('a/diffusers/flux/unet/model.safetensors'), model('b/flux')]
  expect(await pathFor('flux', local)).toBe('b/flux')
  expect(await pathFor('flux', local.slice(0, 1))).toBeNull()
})

test('its size is that of all files below it, each counted once', async () => {
  const unet = model('flux', 5)
  const local = [
    unet,
    unet,
    file('flux/vae/model.safetensors', 7),
    file('flux/x.safetensors', 1),
    file('y', 90),
  ]
  expect((await foldersFor([need('flux')], local)).get('flux')).toMatchObject({
    ...{ path: at('flux'), sizeBytes: 13, name: 'flux', mtimeMs: expect.any(Number) as number },
  })
})

test('a file deeper than such a model keeps them is no sign of it', async () => {
  model('flux')
  expect(await pathFor('flux', [file('flux/a/b/model.safetensors')])).toBe('flux')
  expect(await pathFor('flux', [file('flux/a/b/c/model.safetensors')])).toBeNull()
})

test('each folder that is named is found, and what is a file is not looked for', async () => {
  const local = [model('flux'), model('sdxl'), model('sd.safetensors')]
  const needs = [need('sd.safetensors', false), need('missing'), need('flux'), need('sdxl')]
  expect([...(await foldersFor(needs, local)).keys()]).toEqual(['flux', 'sdxl'])
  expect((await foldersFor(needs.slice(0, 1), local)).size).toBe(0)
})

test('a folder that a person picks is a model only with an index that is a file', async () => {
  mkdirSync(at('empty/model_index.json'), { recursive: true })
  const { path } = model('flux')
  const flux = dirname(dirname(path))
  expect(await folderModel(at('missing'), [], false)).toBeNull()
  expect(await folderModel(at('empty'), [], false)).toBeNull()
  expect(await folderModel(flux, [], true)).toMatchObject({
    path: flux,
    sizeBytes: 0,
    modelType: 'diffusers',
  })
})
