import { mkdtemp, rm, writeFile, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { missingPathFailure } from '../../../electron/cli/missing-path.ts'

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

// On Windows a link needs a privilege, and a name that is too long looks like one that does not exist.
test.skipIf(process.platform === 'win32')(
  'accepts links whose file is gone, and names that the system refuses',
  async () => {
    await symlink(join(folder, 'gone'), join(folder, 'link'))
    for (const name of ['link', 'x'.repeat(300)])
      expect(await missingPathFailure(join(folder, name))).toBe(null)
  },
)
