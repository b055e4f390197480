import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { setup } from '../../support/engine.ts'

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
  expect(app.engine.snapshot().journalSetAside).toBeNull()
})
