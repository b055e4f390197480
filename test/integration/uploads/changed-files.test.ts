import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { setup } from '../../support/engine.ts'

const sizeBytes = 12_000_000

/** Starts an upload and holds it after a third of its bytes. */
async function startAndHoldUpload() {
  const context = await setup()
  const held = context.cloud.hold('put-object', 4_000_000)
  const path = await context.file('a.safetensors', { sizeBytes })
  const [id = ''] = await context.app.add(path)
  await held.arrived
  return { ...context, id, path, release: held.release }
}

test.each<[string, (path: string) => void, string]>([
  ['changed', (path) => appendFileSync(path, 'more'), 'file-changed'],
  ['is gone', (path) => rmSync(path), 'file-missing'],
])('a file that %s while waiting is not sent', async (_name, change, code) => {
  const { app, cloud, file } = await setup()
  await app.calls.pauseAll(undefined)
  const path = await file('a.safetensors')
  const [id = ''] = await app.add(path)
  change(path)
  await app.calls.resumeAll(undefined)
  expect(await app.settled(id)).toMatchObject({ phase: 'failed', failure: { code } })
  expect(cloud.operations.filter(({ kind }) => kind === 'storage')).toEqual([])
})

/** Writes a private file of the same size and time beside the folder of a file. */
function writeLookalike(path: string): string {
  const secret = join(dirname(dirname(path)), 'id_ed25519')
  const { size, atime, mtime } = statSync(path)
  writeFileSync(secret, Buffer.alloc(size, 'secret'))
  utimesSync(secret, atime, mtime)
  return secret
}

test.each<[string, (path: string, secret: string) => void]>([
  [
    'a link',
    (path, secret) => {
      rmSync(path)
      symlinkSync(secret, path)
    },
  ],
  ['a file', (path, secret) => renameSync(secret, path)],
  [
    'a link to its folder',
    (path, secret) => {
      renameSync(dirname(path), `${dirname(path)}.away`)
      symlinkSync(`${dirname(secret)}/private`, dirname(path))
    },
  ],
])('a file replaced by %s of the same size and time while waiting is not sent', async (_name, replace) => {
  const { app, cloud, file } = await setup()
  await app.calls.pauseAll(undefined)
  const path = await file('drop/a.safetensors')
  // A whole second, which every file system stores exactly.
  utimesSync(path, 1_700_000_000, 1_700_000_000)
  const [id = ''] = await app.add(path)
  const secret = writeLookalike(path)
  mkdirSync(join(dirname(secret), 'private'))
  copyFileSync(secret, join(dirname(secret), 'private/a.safetensors'))
  utimesSync(join(dirname(secret), 'private/a.safetensors'), 1_700_000_000, 1_700_000_000)
  replace(path, secret)
  await app.calls.resumeAll(undefined)
  expect(await app.settled(id)).toMatchObject({ phase: 'failed', failure: { code: 'file-changed' } })
  expect(cloud.operations.filter(({ kind }) => kind === 'storage')).toEqual([])
})

test('a link in place of a file is refused on retry, and the file is sent when it is back', async () => {
  const { app, file } = await setup()
  await app.calls.pauseAll(undefined)
  const path = await file('drop/a.safetensors')
  const [id = ''] = await app.add(path)
  renameSync(path, `${path}.moved`)
  symlinkSync(`${path}.moved`, path)
  await app.calls.resumeAll(undefined)
  await app.settled(id)
  await app.calls.retry({ ids: [id] })
  expect((await app.settled(id)).failure).toEqual({
    code: 'file-link',
    params: { name: 'a.safetensors' },
  })
  const bytes = readFileSync(path)
  rmSync(path)
  writeFileSync(path, bytes)
  await app.calls.retry({ ids: [id] })
  expect(await app.settled(id)).toMatchObject({ phase: 'registered' })
})

test('a changed file is inspected and sent again on retry', async () => {
  const { app, cloud, id, path, file, release } = await startAndHoldUpload()
  utimesSync(path, 1, 1)
  release()
  await app.settled(id)
  await file('a.safetensors', { sizeBytes: sizeBytes + 8 })
  await app.calls.retry({ ids: [id] })
  expect(await app.settled(id)).toMatchObject({ phase: 'registered', sizeBytes: sizeBytes + 8 })
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toMatchObject([{ file_size: sizeBytes + 8 }])
})
