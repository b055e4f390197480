import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Account } from '../../../electron/contract/account.ts'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import { openJournal } from '../../../electron/journal/journal-file.ts'
import { createUploadStore } from '../../../electron/journal/upload-store.ts'
import { createVerifier } from '../../../electron/uploads/verify.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { withVerification } from '../../support/records.ts'

/** A verifier of one registered upload, whose server asks for a delay of some minutes each time. */
function setup(state: Account['state']) {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-verifier-'))
  const { database } = openJournal(folder, 0)
  onTestFinished(() => {
    database.close()
    rmSync(folder, { recursive: true })
  })
  const environment = createTestEnvironment(standingClock())
  const store = createUploadStore(database, 'me', environment)
  const upload = withVerification({ kind: 'pending' })
  store.add([upload])
  const account: Account = {
    id: upload.accountId,
    kind: 'session',
    server: 'https://cloud.example',
    personId: 'alice',
    name: 'Alice',
    email: 'alice@example.com',
    teams: [upload.team],
    state,
  }
  const counts = { requests: 0, writes: 0 }
  const busy = failed(failure('server-trouble', { status: 503 }, { retryAfterMs: 300_000 }))
  let ended = Promise.withResolvers<void>()
  const verifier = createVerifier({
    rows: { get: () => undefined, change: () => success(undefined) },
    store: {
      find: store.find,
      unverified: store.unverified,
      save(records) {
        counts.writes += 1
        return store.save(records)
      },
    },
    accounts: {
      list: () => [account],
      accessFor() {
        counts.requests += 1
        return busy
      },
    },
    environment,
    verified: () => ended.resolve(),
  })
  return {
    counts,
    store,
    upload,
    async verifyOpen() {
      ended = Promise.withResolvers()
      verifier.verifyOpen()
      if (state === 'ready') await ended.promise
    },
  }
}

test('a verification that fails again for the same reason is not written again', async () => {
  const { counts, store, upload, verifyOpen } = setup('ready')
  await verifyOpen()
  await verifyOpen()
  expect(counts).toEqual({ requests: 2, writes: 1 })
  expect(store.find(upload.id)?.state).toMatchObject({
    verification: { kind: 'not-verified', reason: 'server-trouble', isFinal: false },
  })
})

test('an upload whose account is signed out stays to be verified without an attempt', async () => {
  const { counts, store, upload, verifyOpen } = setup('signed-out')
  await verifyOpen()
  await verifyOpen()
  expect(counts).toEqual({ requests: 0, writes: 0 })
  expect(store.unverified().map(({ id }) => id)).toEqual([upload.id])
})
