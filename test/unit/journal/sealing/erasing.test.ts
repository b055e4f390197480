import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createAccountStore } from '../../../../electron/journal/account-store.ts'
import { openJournal } from '../../../../electron/journal/journal-file.ts'
import { createSeal, type Seal } from '../../../../electron/journal/sealing/seal.ts'
import {
  createSealedAccounts,
  type SealedAccounts,
} from '../../../../electron/journal/sealing/sealed-accounts.ts'
import { createUploadStore } from '../../../../electron/journal/upload-store.ts'
import { account, uploadRecord } from '../../../support/records.ts'
import { unfinishedIn } from '../../../support/rows-on-journal.ts'
import { openTestJournal } from '../../../support/test-journal.ts'

const alice = account('alice', { state: 'signed-out', hasLeft: true })
const user = { account: alice, hasOtherUsers: false }

/** The journal of a user who has signed out. */
function setup() {
  const { folder, database, environment } = openTestJournal()
  createAccountStore(database, environment).save(alice)
  const store = createUploadStore(database, environment)
  return { folder, database, environment, store, sealed: createSealedAccounts(database, environment, folder) }
}

function sealAll(sealed: SealedAccounts, seal: Seal): void {
  for (let left: unknown = 'more'; left === 'more';) {
    const step = sealed.sealNext(user, seal)
    left = step.ok && step.value
  }
}

function unsealAll(sealed: SealedAccounts, seal: Seal): void {
  for (let afterId: number | undefined = 0; afterId !== undefined;) {
    const part = sealed.unsealNext(seal, afterId)
    afterId = part.ok ? part.value?.id : undefined
  }
}

test('waits with erasing while the journal is in use, and waits for locks as before then', () => {
  const { folder, database, store, sealed, environment } = setup()
  store.add([uploadRecord()])
  const timeout = () => database.prepare('PRAGMA busy_timeout').get()
  const before = timeout()
  sealAll(sealed, createSeal())
  const { database: other } = openJournal(folder, 0)
  other.exec('BEGIN; SELECT count(*) FROM choices')
  expect([sealed.erase(), sealed.needsErasing()]).toEqual([false, true])
  other.exec('COMMIT')
  other.exec('BEGIN IMMEDIATE')
  expect([sealed.erase(), sealed.needsErasing(), environment.lines.length]).toEqual([false, true, 1])
  other.exec('COMMIT')
  other.close()
  expect([sealed.erase(), sealed.needsErasing(), timeout()]).toEqual([true, false, before])
})

test('rewrites the journal again after more was sealed or discarded', () => {
  const { store, sealed, database } = setup()
  store.add(Array.from({ length: 201 }, () => uploadRecord()))
  const seal = createSeal()
  sealed.sealNext(user, seal)
  const schemaVersion = () => Number(database.prepare('PRAGMA schema_version').get()?.['schema_version'])
  /** Whether erasing rewrites the journal. */
  const isRewritten = () => {
    const before = schemaVersion()
    sealed.erase({ isLast: false })
    return schemaVersion() > before
  }
  expect([isRewritten(), isRewritten()]).toEqual([true, false])
  sealed.sealNext(user, seal)
  expect([isRewritten(), isRewritten()]).toEqual([true, false])
  sealed.discard({ seals: [seal.id], parts: [] })
  expect([isRewritten(), isRewritten()]).toEqual([true, false])
})

test('the journal is to be erased after parts were discarded', () => {
  const { store, sealed } = setup()
  store.add([uploadRecord()])
  const [kept, discarded] = [createSeal(), createSeal()]
  sealAll(sealed, discarded)
  expect([sealed.erase(), sealed.needsErasing()]).toEqual([true, false])
  sealAll(sealed, kept)
  sealed.erase()
  sealed.discard({ seals: [discarded.id], parts: [] })
  expect([sealed.seals().map(({ id }) => id), sealed.needsErasing()]).toEqual([[kept.id], true])
})

test('copies of damaged journals are sealed, deleted with the journal’s free space, and returned', () => {
  const { folder, sealed, store } = setup()
  store.add([uploadRecord()])
  const copy = join(folder, 'journal.sqlite.damaged-1')
  writeFileSync(copy, 'x'.repeat(1_200_000))
  const seal = createSeal()
  sealAll(sealed, seal)
  expect([existsSync(copy), sealed.erase(), existsSync(copy)]).toEqual([true, true, false])
  unsealAll(sealed, seal)
  expect(readFileSync(copy, 'utf8')).toBe('x'.repeat(1_200_000))
  expect(unfinishedIn(store)).toHaveLength(1)
})
