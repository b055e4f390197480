import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { setup, valueOf } from '../../support/engine.ts'

test('a damaged journal is renamed and the page gets the file name', async () => {
  const { folder, open } = await setup({ as: null })
  const home = join(folder, 'damaged')
  mkdirSync(home)
  writeFileSync(join(home, 'journal.sqlite'), 'no database at all, '.repeat(50))
  const { engine } = await open({}, home)
  expect(engine.snapshot().journalSetAside).toMatch(/^journal\.sqlite\.damaged-\d{4}-/)
  expect(engine.snapshot().rows).toEqual([])
})

test('an intact journal gives the page no file name', async () => {
  const { app } = await setup({ as: null })
  const { journalSetAside, isIncomplete } = app.engine.snapshot()
  expect([journalSetAside, isIncomplete]).toEqual([null, false])
})

test('uploads that can be read are continued, and the page is told that others cannot', async () => {
  const { app, home, file, open } = await setup()
  await app.pauseNow()
  const [invalid = '', other = ''] = await app.add([await file('a.safetensors'), await file('b.safetensors')])
  await app.stop()
  const database = new DatabaseSync(join(home, 'journal.sqlite'))
  database.prepare("UPDATE uploads SET recognition = '{' WHERE id = ?").run(invalid)
  database.close()
  const again = await open()
  expect(again.engine.snapshot().isIncomplete).toBe(true)
  valueOf(await again.calls.resumeAll(undefined))
  expect((await again.settled(other)).phase).toBe('registered')
  expect(again.rows().map(({ id }) => id)).toEqual([other])
})
