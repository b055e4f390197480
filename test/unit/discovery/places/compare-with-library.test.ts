import { expect, test } from 'vitest'
import type { LibraryModel } from '../../../../electron/contract/library.ts'
import { createComparison } from '../../../../electron/discovery/places/compare-with-library.ts'
import type { LocalModel } from '../../../../electron/discovery/scan/walk-models.ts'
import { libraryModel } from '../../../support/library-model.ts'

const identity = { sizeBytes: 5, mtimeNs: 1n, inode: 1n }
const file = (path: string, change: Partial<LocalModel> = {}): LocalModel => ({
  path,
  sizeBytes: 5,
  mtimeMs: 0,
  modelType: 'loras',
  name: path,
  identity,
  ...change,
})
const compare = (models: readonly LibraryModel[], hash: string | null = null, queued: string[] = []) =>
  createComparison({ models, queuedPaths: new Set(queued), knownHash: () => hash })

test('only equal hashes show that the team has a model', () => {
  const model = libraryModel('models/loras/other.safetensors', { sha256: 'aa' })
  expect(compare([model], 'aa')([file('/m/a.safetensors')])).toBe('in-library')
  expect(compare([model], 'bb')([file('/m/other.safetensors')])).toBe('new')
  expect(compare([model])([file('/m/a.safetensors')])).toBe('new')
})

test('a model of the same name and size is said to be that, and nothing of a name alone', () => {
  const unhashed = libraryModel('models/loras/Grain.safetensors')
  const hashed = libraryModel('models/loras/grain.safetensors', { sha256: 'aa' })
  expect(compare([unhashed], 'bb')([file('/m/grain.safetensors')])).toBe('same-name-and-size')
  expect(compare([hashed])([file('/m/grain.safetensors')])).toBe('same-name-and-size')
  expect(compare([hashed])([file('/m/grain.safetensors', { sizeBytes: 6 })])).toBe('new')
})

test('a file that is in the queue under its real path is recognised', () => {
  const linked = file('/link/a', { realPath: '/disk/a' })
  expect(compare([], null, ['/disk/a'])([linked])).toBe('queued')
  expect(compare([], null, ['/link/a'])([linked])).toBe('new')
})

test('of a model of several files, the team must have all, in folders of the same names', () => {
  const parts = ['unet/x.safetensors', 'vae/x.safetensors'].map((part) =>
    file(`/m/wan/${part}`, { modelFolder: '/m/wan' }),
  )
  const models = ['unet', 'vae'].map((part) => libraryModel(`models/diffusers/wan/${part}/x.safetensors`))
  expect(compare(models)(parts)).toBe('same-name-and-size')
  expect(compare(models.slice(1))(parts)).toBe('new')
  const ofOther = ['unet', 'vae'].map((part) => libraryModel(`models/diffusers/other/${part}/x.safetensors`))
  expect(compare(ofOther)(parts)).toBe('new')
  const withoutPath = ['unet', 'vae'].map(() => libraryModel('x.safetensors', { modelPath: null }))
  expect(compare(withoutPath)(parts)).toBe('new')
})
