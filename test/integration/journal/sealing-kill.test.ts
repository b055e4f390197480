import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import type { Account } from '../../../electron/contract/account.ts'
import { createAccountStore, storedAccounts } from '../../../electron/journal/account-store.ts'
import { openJournal } from '../../../electron/journal/journal-file.ts'
import { createSeal } from '../../../electron/journal/sealing/seal.ts'
import { createSealedAccounts } from '../../../electron/journal/sealing/sealed-accounts.ts'
import { createUploadStore } from '../../../electron/journal/upload-store.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { registeredRecord } from '../../support/records.ts'

const account: Account = {
  ...{
    id: 'cloud.example alice',
    kind: 'session',
    server: 'https://cloud.example/api/v1',
    personId: 'alice',
  },
  ...{ name: 'Alice', email: 'alice@studio.example', teams: [], state: 'signed-out', hasLeft: true },
}
const rowCount = 4_000

/** Kills a process that seals or unseals after this many steps; returns whether it was killed in the middle. */
async function killAfter(
  steps: number,
  folder: string,
  how: 'seal' | 'unseal',
  seal: object,
): Promise<boolean> {
  const script = join(import.meta.dirname, 'sealing-process.ts')
  const args = [script, folder, how, JSON.stringify(account), JSON.stringify(seal)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  let seen = 0
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'end') break
    seen += 1
    if (seen === steps) child.kill('SIGKILL')
  }
  const [, signal] = (await ended) as [number | null, string | null]
  return signal === 'SIGKILL'
}

test('kills while sealing and unsealing lose no row, wherever they hit', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-kills-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const environment = createTestEnvironment(standingClock())
  const open = () => {
    const { database } = openJournal(folder, 0)
    const count = (sql: string) => Number(database.prepare(sql).get()?.['count'])
    return {
      database,
      rows: () => count('SELECT count(*) AS count FROM uploads'),
      parts: () => count('SELECT count(*) AS count FROM sealed'),
    }
  }
  const first = open()
  createAccountStore(first.database, environment).save(account)
  const records = Array.from({ length: rowCount }, () => registeredRecord())
  createUploadStore(first.database, environment).add(records)
  first.database.close()

  const seal = createSeal()
  expect(await killAfter(3, folder, 'seal', seal)).toBe(true)
  const sealing = open()
  expect(sealing.rows()).toBeGreaterThan(0)
  expect(sealing.rows()).toBeLessThan(rowCount)
  sealing.database.close()
  expect(await killAfter(Infinity, folder, 'seal', seal)).toBe(false)
  const sealed = open()
  expect([sealed.rows(), storedAccounts(sealed.database)]).toEqual([0, []])
  sealed.database.close()

  expect(await killAfter(3, folder, 'unseal', seal)).toBe(true)
  const unsealing = open()
  expect(unsealing.rows()).toBeGreaterThan(0)
  expect(unsealing.parts()).toBeGreaterThan(0)
  const again = createSealedAccounts(unsealing.database, environment, folder)
  while (again.seals().length > 0) again.unsealNext(seal, 0)
  expect(unsealing.rows()).toBe(rowCount)
  const store = createUploadStore(unsealing.database, environment)
  expect(
    records.every((record) => JSON.stringify(store.find(record.id)?.state) === JSON.stringify(record.state)),
  ).toBe(true)
  unsealing.database.close()
})
