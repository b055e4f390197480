import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  linkSync,
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
import { writeText } from '../../fixtures/model-files.ts'
import { imported, pickleOf, text } from '../../fixtures/pickles.ts'
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

/** A PyTorch file that imports this name, of one size and with one sample: the name is between two sampled parts. */
function pickleImporting(module: string, name: string): Buffer {
  const padding = 'x'.repeat(100 - module.length - name.length)
  const [before, after] = [100_000, 300_000].map((count) => text('x'.repeat(count)))
  return pickleOf(before ?? '', '0', imported(module, name), '0', text(padding), '0', after ?? '')
}
const sound = pickleImporting('collections', 'OrderedDict')
const dangerous = pickleImporting('posix', 'system')

/** Writes other bytes into a file and sets its time back, as a program that hides it would. */
function overwrite(path: string, bytes: Buffer): void {
  const { atime, mtime } = statSync(path)
  writeFileSync(path, bytes)
  utimesSync(path, atime, mtime)
}

async function addPickle({ app, folder }: Awaited<ReturnType<typeof setup>>) {
  const { path } = await writeText(join(folder, 'files/a.pt'), sound)
  // A whole second, which every file system stores exactly.
  utimesSync(path, 1_700_000_000, 1_700_000_000)
  const [id = ''] = await app.add(path)
  return { path, id }
}

test('a file that was overwritten while waiting, with its old time, is scanned again', async () => {
  const context = await setup()
  const { app, cloud } = context
  await app.calls.pauseAll(undefined)
  const { path, id } = await addPickle(context)
  overwrite(path, dangerous)
  await app.calls.resumeAll(undefined)
  expect(await app.settled(id)).toMatchObject({ phase: 'failed', failure: { code: 'file-dangerous' } })
  expect(cloud.operations.filter(({ kind }) => kind === 'storage')).toEqual([])
  // It is sent once the user allows what was found.
  app.engine.allow([id])
  expect(await app.settled(id)).toMatchObject({ phase: 'registered' })
})

test.each<[string, (path: string) => void, string | undefined]>([
  ['refused if it can run code now', (path) => overwrite(path, dangerous), 'file-dangerous'],
  [
    'registered without sending it again if it only has other permissions',
    (path) => chmodSync(path, 0o600),
    undefined,
  ],
])('a file that was touched while it was sent is %s', async (_name, touch, code) => {
  const context = await setup()
  const { app, cloud } = context
  const held = context.cloud.hold('put-object', 200_000)
  const { path, id } = await addPickle(context)
  await held.arrived
  touch(path)
  held.release()
  await app.until(() => app.row(id).phase === 'retrying' || app.row(id).failure)
  context.clock.advance(60_000)
  const { failure } = await app.settled(id)
  expect([failure?.code, cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([code, code ? 0 : 1])
  expect(context.countOf('put-object')).toBe(1)
})

test('a file in parts that was touched while paused is continued, not sent again', async () => {
  const partSizeBytes = 5_242_880
  const context = await setup({
    cloud: { partSizeBytes },
    settings: { singlePutLimitBytes: partSizeBytes, streamsMost: 2 },
  })
  const { app, cloud } = context
  const held = cloud.hold('put-part', 'answer')
  const path = await context.file('a.safetensors', { sizeBytes })
  const [id = ''] = await app.add(path)
  await held.arrived
  await app.until(() => app.row(id).inFlightBytes === 2 * partSizeBytes)
  const paused = app.calls.pause({ ids: [id] })
  held.release()
  await paused
  chmodSync(path, 0o600)
  linkSync(path, `${path}.linked`)
  await app.calls.resume({ ids: [id] })
  expect(await app.settled(id)).toMatchObject({ phase: 'registered', failure: null })
  const parts = cloud.operations.filter(({ name }) => name === 'put-part')
  expect([parts.length, context.countOf('initiateMultipart')]).toEqual([3, 1])
})
