import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createStoredChoices } from '../../../electron/journal/account-store.ts'
import { openJournal } from '../../../electron/journal/journal-file.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'

test('a choice that does not fit on the disk is a failure and leaves the earlier one', () => {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-choices-'))
  const { database } = openJournal(folder, 0)
  onTestFinished(() => {
    database.close()
    rmSync(folder, { recursive: true })
  })
  const choices = createStoredChoices(database, createTestEnvironment(standingClock()))
  expect(choices.set('team', 'first')).toEqual({ ok: true, value: undefined })
  database.exec(
    `PRAGMA max_page_count = ${Number(database.prepare('PRAGMA page_count').get()?.['page_count'])}`,
  )
  expect(choices.set('team', 'x'.repeat(100_000))).toMatchObject({
    ok: false,
    failure: { code: 'journal-full' },
  })
  expect([choices.get('team'), database.isTransaction]).toEqual(['first', false])
})
