import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { openJournal } from '../../../electron/journal/journal-file.ts'
import { createUploadStore } from '../../../electron/journal/upload-store.ts'
import { ALICE, ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { startProcess } from '../../support/command-line.ts'
import { setup as setupEngine, valueOf } from '../../support/engine.ts'
import { createTestEnvironment, runningClock } from '../../support/hand-clock.ts'
import { openKeyring } from '../../support/own-keyring.ts'
import { uploadRecord } from '../../support/records.ts'

/** As after months of use: encrypting them takes 12 transactions. */
const uploadCount = 2_400

/** A signed-in account with many uploads, a command line and a keyring of its own. */
async function setup() {
  const { cloud, folder } = await setupEngine({ as: null })
  const home = join(folder, 'command-home')
  const keyrings = [await openKeyring(folder)]
  onTestFinished(async () => {
    for (const keyring of keyrings) await keyring.end()
  })
  const start = (words: readonly string[], input?: string) => {
    const { environment } = keyrings.at(-1) ?? {}
    return startProcess(words, { MODELFERRY_SERVER: cloud.url, MODELFERRY_HOME: home, ...environment }, input)
  }
  const login = () => start(['login', '--email', ALICE.email], `${ALICE.password}\n`).ended
  expect((await login()).code).toBe(0)
  const [account] = (await start(['accounts', '--json']).ended).json()
  const accountId = String(account?.['id'])
  addUploads(home, accountId)
  // Long enough not to occur in a megabyte of encrypted bytes by chance.
  const texts = ['zq-models-', ALICE.email, ALICE.id, ALICES_TEAM_ID, 'Studio North', accountId]
  // Proves that the search finds what there is.
  expect(textsIn(home, texts)).toEqual(texts)
  return {
    start,
    login,
    /** Which of the account's texts the data folder has. */
    readable: () => textsIn(home, texts),
    counts: () => countsOf(home),
    /**
     * Reads the journal until the returned function is called. Erasing waits for that for 0.2 s; without, it may have
     * ended before a busy machine kills the process.
     */
    keepReading() {
      const journal = new DatabaseSync(join(home, 'journal.sqlite'), { readOnly: true })
      journal.exec('BEGIN; SELECT count(*) FROM uploads')
      return () => journal.close()
    },
    keyring: () => keyrings.at(-1),
    /** Ends the keyring and unlocks it again, as after a restart of the computer. */
    async unlock() {
      await keyrings.at(-1)?.end()
      keyrings.push(await openKeyring(folder))
    },
  }
}

function addUploads(home: string, accountId: string): void {
  const { database } = openJournal(home, Date.now())
  const store = createUploadStore(database, createTestEnvironment(runningClock()))
  const team = { id: ALICES_TEAM_ID, name: 'Studio North' }
  const records = Array.from({ length: uploadCount }, (_none, index) =>
    uploadRecord({
      accountId,
      team,
      path: `/zq-models-folder/${index}.safetensors`,
      fileName: `zq-models-${index}.safetensors`,
    }),
  )
  valueOf(store.add(records))
  store.close()
  database.close()
}

function textsIn(home: string, texts: readonly string[]): readonly string[] {
  const files = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const contents = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name)))
  return texts.filter((text) => contents.some((content) => content.includes(text)))
}

function countsOf(home: string) {
  const journal = new DatabaseSync(join(home, 'journal.sqlite'), { readOnly: true })
  const counts = journal
    .prepare('SELECT (SELECT count(*) FROM sealed) AS sealed, (SELECT count(*) FROM uploads) AS uploads')
    .get()
  journal.close()
  return { sealed: Number(counts?.['sealed']), uploads: Number(counts?.['uploads']) }
}

test.each([
  ['at its start', ({ sealed }: { readonly sealed: number }) => sealed > 0],
  ['in the middle', ({ sealed }: { readonly sealed: number }) => sealed > 6],
  ['before it erases', ({ uploads }: { readonly uploads: number }) => uploads === 0],
])('a logout that is killed %s is completed by the next command', async (_when, isReached) => {
  const { start, login, readable, counts, keepReading } = await setup()
  const stopReading = keepReading()
  const logout = start(['logout'])
  await expect.poll(counts, { interval: 5, timeout: 30_000 }).toSatisfy(isReached)
  logout.kill('SIGKILL')
  expect((await logout.ended).signal).toBe('SIGKILL')
  stopReading()
  const status = await start(['accounts']).ended
  expect(status.out).not.toContain('zq-')
  expect(readable()).toEqual([])
  expect((await login()).code).toBe(0)
  expect(counts()).toEqual({ sealed: 0, uploads: uploadCount })
})

test('a keychain that is locked while uploads are encrypted loses none of them', async () => {
  const { start, login, readable, counts, keyring, unlock } = await setup()
  const logout = start(['logout'])
  await expect.poll(counts, { interval: 5, timeout: 30_000 }).toSatisfy(({ sealed }) => sealed > 0)
  await keyring()?.lock()
  expect((await logout.ended).code).toBe(0)
  expect(readable()).toEqual([])
  await unlock()
  expect((await login()).code).toBe(0)
  expect(counts()).toEqual({ sealed: 0, uploads: uploadCount })
})

test('a logout with a locked keychain says that everything is still readable', async () => {
  const { start, counts, keyring, unlock } = await setup()
  await keyring()?.lock()
  const logout = await start(['logout']).ended
  expect(logout.out).toBe('No account was signed in.\n')
  expect(logout.err).toContain(`Uploads and history of ${ALICE.email} are still readable`)
  expect(counts()).toEqual({ sealed: 0, uploads: uploadCount })
  await unlock()
  expect((await start(['logout']).ended).code).toBe(0)
  expect(counts().uploads).toBe(0)
})
