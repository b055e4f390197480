import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { writeText } from '../../fixtures/model-files.ts'
import { imported, pickleOf, torchZip } from '../../fixtures/pickles.ts'
import { setup } from '../../support/engine.ts'

/** Queues a model of several files and a PyTorch file that was allowed, and stops the app. */
async function setupQueue() {
  const harness = await setup()
  const { app, folder, file, home } = harness
  await app.calls.pauseAll(undefined)
  await writeText(join(folder, 'files/sdxl/model_index.json'), '{}')
  await writeText(join(folder, 'files/sdxl/tokenizer/vocab.json'), '{}')
  await file('sdxl/vae/a.safetensors')
  await writeText(
    join(folder, 'files/style.pt'),
    torchZip(pickleOf(imported('some_trainer.callbacks', 'Checkpoint'))),
  )
  await app.add([join(folder, 'files/sdxl'), join(folder, 'files/style.pt')], {
    allow: new Set(['file-suspicious']),
  })
  const idOf = (name: string) => app.rows().find(({ fileName }) => fileName === name)?.id ?? ''
  const ids = ['model_index.json', 'vocab.json', 'a.safetensors', 'style.pt'].map(idOf)
  await app.stop()
  // An older version took no samples and stored no boundary.
  const database = new DatabaseSync(join(home, 'journal.sqlite'))
  database.exec(`UPDATE uploads SET device = NULL, sample = NULL, seen = json_remove(seen, '$.boundary')`)
  return { ...harness, ids, database }
}

test('sends the files of an older version’s journal once they were inspected again', async () => {
  const { ids, database, open } = await setupQueue()
  database.close()
  const app = await open()
  await app.calls.resumeAll(undefined)
  const rows = await Promise.all(ids.map((id) => app.settled(id)))
  expect(rows.map(({ fileName, phase, failure }) => [fileName, phase, failure?.code])).toEqual([
    ['model_index.json', 'registered', undefined],
    ['vocab.json', 'registered', undefined],
    ['a.safetensors', 'registered', undefined],
    ['style.pt', 'failed', 'file-suspicious'],
  ])
  const style = ids[3] ?? ''
  app.engine.allow([style])
  expect((await app.settled(style)).phase).toBe('registered')
})

test('does not send a companion that an older version found through a link to another place', async () => {
  const { ids, database, folder, open, cloud } = await setupQueue()
  const { path } = await writeText(join(folder, 'home/credentials.json'), 'secret')
  const { size, mtimeNs, ino } = statSync(path, { bigint: true })
  const [, id = ''] = ids
  database
    .prepare('UPDATE uploads SET path = ?, size_bytes = ?, mtime_ns = ?, inode = ? WHERE id = ?')
    .run(path, size, String(mtimeNs), String(ino), id)
  database.close()
  const app = await open()
  await app.calls.resumeAll(undefined)
  expect(await app.settled(id)).toMatchObject({ phase: 'failed', failure: { code: 'file-link' } })
  await app.calls.retry({ ids: [id] })
  expect(await app.settled(id)).toMatchObject({ phase: 'failed', failure: { code: 'file-link' } })
  expect(JSON.stringify(cloud.operations)).not.toContain('vocab.json')
})
