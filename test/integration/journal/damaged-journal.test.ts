import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { setup } from '../../support/engine.ts'

test('a damaged journal is set aside, and its file is named to the page', async () => {
  const { folder, open } = await setup({ as: null })
  const home = join(folder, 'damaged')
  mkdirSync(home)
  writeFileSync(join(home, 'journal.sqlite'), 'no database at all, '.repeat(50))
  const { engine } = await open({}, home)
  expect(engine.snapshot().journalSetAside).toMatch(/^journal\.sqlite\.damaged-\d{4}-/)
  expect(engine.snapshot().rows).toEqual([])
})

test('a journal that is sound names no file', async () => {
  const { app } = await setup({ as: null })
  expect(app.engine.snapshot().journalSetAside).toBeNull()
})
