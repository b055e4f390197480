import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createAccountStore, createStoredChoices } from '../../../electron/journal/account-store.ts'
import { openJournal } from '../../../electron/journal/journal-file.ts'
import type { Account } from '../../../electron/contract/account.ts'
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

const accountOf = (id: string, state: Account['state']): Account => ({
  id,
  kind: 'session',
  server: 'https://core.example',
  personId: id,
  name: id,
  email: `${id}@example.com`,
  teams: [],
  state,
})

test('lists accounts that another process has added or changed, and leaves out unreadable ones', () => {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-accounts-'))
  const journals = [openJournal(folder, 0).database, openJournal(folder, 0).database]
  onTestFinished(() => {
    for (const database of journals) database.close()
    rmSync(folder, { recursive: true })
  })
  const environment = createTestEnvironment(standingClock())
  const [ours, others] = journals.map((database) => createAccountStore(database, environment))
  const account = accountOf('one', 'ready')
  others?.save(account)
  const listed = ours?.list()
  expect(listed).toEqual([account])
  expect(ours?.list()).toBe(listed)
  others?.save({ ...account, state: 'signed-out' }, accountOf('two', 'ready'))
  expect(ours?.list()).toEqual([{ ...account, state: 'signed-out' }, accountOf('two', 'ready')])
  journals[1]?.exec("UPDATE accounts SET account = '{}' WHERE id = 'one'")
  expect(ours?.list()).toEqual([accountOf('two', 'ready')])
})
