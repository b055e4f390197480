import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { missingPathFailure, missingPathFailures } from '../../../electron/cli/missing-path.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paths-'))
  await writeFile(join(folder, 'flux.safetensors'), '')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('proposes the closest name in the folder of a path that does not exist', async () => {
  const path = join(folder, 'flax.safetensors')
  expect(await missingPathFailure(path)).toMatchObject({
    code: 'path-not-found',
    params: { path, hasSimilar: 'yes', similar: join(folder, 'flux.safetensors') },
  })
})

test.each(['wan.gguf', 'missing/flux.safetensors', 'flux.safetensors/inside'])(
  'proposes nothing for %s',
  async (name) => {
    expect(await missingPathFailure(join(folder, name))).toMatchObject({
      code: 'path-not-found',
      params: { hasSimilar: 'no', similar: '' },
    })
  },
)

test('accepts files and folders', async () => {
  await mkdir(join(folder, 'loras'))
  for (const name of ['flux.safetensors', 'loras'])
    expect(await missingPathFailure(join(folder, name))).toBe(null)
})

// On Windows a link needs a privilege, and a name that is too long looks like one that does not exist.
test.skipIf(process.platform === 'win32')(
  'accepts links whose file is gone, and names that the system refuses',
  async () => {
    await symlink(join(folder, 'gone'), join(folder, 'link'))
    for (const name of ['link', 'x'.repeat(300)])
      expect(await missingPathFailure(join(folder, name))).toBe(null)
  },
)

test('finds the missing ones among several paths', async () => {
  const missing = join(folder, 'a.gguf')
  const failures = await missingPathFailures([join(folder, 'flux.safetensors'), missing])
  expect([...failures.keys()]).toEqual([missing])
})

test('proposes names for the first 20 missing paths only', async () => {
  const missing = Array.from({ length: 25 }, (_none, index) => join(folder, `flux.safetensor${index}`))
  const failures = await missingPathFailures(missing)
  const proposed = [...failures.values()].filter(({ params }) => params['hasSimilar'] === 'yes')
  expect([failures.size, proposed.length]).toEqual([25, 20])
})
