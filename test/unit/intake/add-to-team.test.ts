import { statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { success } from '../../../electron/contract/failures.ts'
import type { LibraryModel } from '../../../electron/contract/library.ts'
import { MountQueue } from '../../../electron/discovery/scan/mounts.ts'
import { createTeamAdder } from '../../../electron/intake/add-to-team.ts'
import { identityOf } from '../../../electron/platform/files/file-identity.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { createModelFolder } from '../discovery/model-folder.ts'

const from = { accountId: 'alice', teamId: 'studio' }
const to = { accountId: 'alice', teamId: 'lab' }
const confirm = async () => true

const libraryModel = (name: string, sha256: string): LibraryModel => ({
  id: name,
  displayName: name,
  modelType: 'loras',
  modelPath: `models/loras/${name}.safetensors`,
  sizeBytes: 2_000,
  sha256,
  status: 'active',
  createdAtMs: null,
  storageKey: null,
})

/** Library models, and the local file of each SHA-256. Calls about files below `/share` never return. */
function setup(models: readonly LibraryModel[], fileOf: Readonly<Record<string, string>>) {
  const clock = standingClock()
  const queue = new MountQueue(clock.timers, async () => () => '/')
  const added: { readonly name: string; readonly modelPath: string | undefined }[] = []
  const local = createModelFolder('a.safetensors')
  const identity = identityOf(statSync(join(local, 'a.safetensors'), { bigint: true }))
  const adder = createTeamAdder({
    store: { find: () => null, registeredAs: () => [] },
    rows: { get: () => undefined, ids: () => [] },
    library: { models: async () => success({ models, listedAtMs: 1, completeAtMs: 1, failure: null }) },
    hashCache: {
      filesWith(sha256) {
        const path = fileOf[sha256]
        return path === undefined
          ? []
          : [{ path: join(path === 'a.safetensors' ? local : '', path), identity }]
      },
    },
    signIns: {
      resolve: ({ accountId, teamId }) => ({ accountId, team: { id: teamId, name: teamId } }),
      hidden: () => new Set(),
    },
    intake: {
      async enqueueFound({ files, skipped = [] }, { targetOf }) {
        for (const file of files) added.push({ name: file.name, modelPath: targetOf?.(file).modelPath })
        return success({ added: files.length, refused: 0, skipped })
      },
    },
    mountQueue: {
      run: (path, call) =>
        queue.run(path, () => (path.startsWith('/share') ? new Promise(() => {}) : call())),
    },
    environment: createTestEnvironment(clock),
  })
  const add = () => adder.addModels({ choice: from, modelIds: models.map(({ id }) => id) }, to, confirm)
  return { add, added, clock, pathOfA: join(local, 'a.safetensors') }
}

test('skips a library model whose file is added as another model', async () => {
  const { add, added, pathOfA } = setup([libraryModel('one', 'x'), libraryModel('two', 'x')], {
    x: 'a.safetensors',
  })
  expect(await add()).toMatchObject({
    value: { added: 1, skipped: [{ name: 'two', reason: 'duplicate', kept: pathOfA }] },
  })
  expect(added).toEqual([{ name: basename(pathOfA), modelPath: 'models/loras/one.safetensors' }])
})

test('skips files on a share that is gone and adds the others', async () => {
  const shared = ['s1', 's2', 's3', 's4', 's5']
  const models = [...shared, 'here'].map((name) => libraryModel(name, name))
  const paths = Object.fromEntries(shared.map((name) => [name, `/share/${name}.safetensors`]))
  const { add, clock } = setup(models, { ...paths, here: 'a.safetensors' })
  const adding = add()
  await expect.poll(() => clock.waits()).toEqual([10_000, 15_000])
  clock.advance(10_000)
  // The other folder's call is made once this one counts as hanging.
  await expect.poll(() => clock.waits()).toEqual([5_000])
  clock.advance(5_000)
  // One file was read until now.
  await expect.poll(() => clock.waits()).toEqual([15_000])
  clock.advance(15_000)
  expect(await adding).toMatchObject({
    value: { added: 1, skipped: shared.map((name) => ({ name, reason: 'unresponsive' })) },
  })
})
