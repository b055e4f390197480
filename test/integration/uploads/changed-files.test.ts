import { appendFileSync, rmSync, utimesSync } from 'node:fs'
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
