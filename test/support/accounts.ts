import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { onTestFinished } from 'vitest'
import { createAccounts } from '../../electron/accounts/accounts.ts'
import { pollPairing, startPairing } from '../../electron/cloud/pairing.ts'
import { directConnection } from '../../electron/platform/network/proxy-resolver.ts'
import { createAccountStore } from '../../electron/journal/account-store.ts'
import { openJournal } from '../../electron/journal/journal-file.ts'
import { ALICE, ALICES_TEAM_ID } from '../cloud/accounts.ts'
import { startCloud, type CloudOptions } from '../cloud/cloud.ts'
import { valueOf } from './engine.ts'
import { runningClock, createTestEnvironment, type HandClock } from './hand-clock.ts'
import { createMemorySecretStore } from './memory-secret-store.ts'

/**
 * Accounts with their own cloud, journal and secret store; `start` creates another instance, as the next start or
 * another data folder with the same keychain would.
 */
export async function setupAccounts(options: CloudOptions = {}, clock: HandClock = runningClock()) {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-accounts-'))
  const environment = createTestEnvironment(clock)
  const cloud = await startCloud({ now: clock.now, ...options })
  const { database } = openJournal(folder, 0)
  onTestFinished(async () => {
    database.close()
    rmSync(folder, { recursive: true })
    await cloud.close()
  })
  const secretStore = createMemorySecretStore({ answersLater: true })
  const accountStore = createAccountStore(database, environment)
  const asked: string[] = []
  const answers = { isConfirmed: true }
  const start = () =>
    createAccounts({
      accountStore,
      secretStore,
      environment,
      proxies: directConnection,
      confirmAccount: async (account) => {
        asked.push(account.email)
        return answers.isConfirmed
      },
    })
  const accounts = start()
  return {
    cloud,
    accountStore,
    database,
    secretStore,
    clock,
    accounts,
    start,
    environment,
    /** Accounts about which the user was asked, and what the user answers. */
    asked,
    answers,
    signIn: async () => valueOf(await accounts.signIn(cloud.url, ALICE.email, ALICE.password)),
    states: () => accounts.list().map(({ state }) => state),
    /** A new device key of Alice, as issued by a confirmed pairing. */
    async newDeviceKey(teamId = ALICES_TEAM_ID) {
      const client = accounts.clientFor(cloud.url)
      const { userCode, deviceCode } = valueOf(await startPairing(client, neverAborted))
      cloud.confirmPairing(userCode, ALICE.email, teamId)
      const key = valueOf(await pollPairing(client, deviceCode))
      if (key === null) throw new Error('the pairing is not confirmed')
      return key
    },
  }
}

export const neverAborted = new AbortController().signal

/** Lets changes of accounts fail as on a full disk; the returned function ends that. */
export function refuseAccounts(database: DatabaseSync): () => void {
  for (const event of ['INSERT', 'UPDATE'])
    database.exec(
      `CREATE TRIGGER no_room_${event} BEFORE ${event} ON accounts BEGIN SELECT RAISE(ABORT, 'no room'); END`,
    )
  return () => database.exec('DROP TRIGGER no_room_INSERT; DROP TRIGGER no_room_UPDATE')
}
