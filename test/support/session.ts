import { onTestFinished } from 'vitest'
import { createSession } from '../../electron/accounts/session.ts'
import { login } from '../../electron/cloud/auth.ts'
import { createCloudClient } from '../../electron/cloud/client.ts'
import { ALICE } from '../cloud/accounts.ts'
import { startCloud } from '../cloud/cloud.ts'
import { valueOf } from './engine.ts'
import { runningClock, createTestEnvironment, type HandClock } from './hand-clock.ts'
import { createMemorySecretStore } from './memory-secret-store.ts'

export const accountId = 'cloud alice'

/** A new session of Alice; its access token is valid for one hour. */
export async function setupSession(clock: HandClock = runningClock()) {
  const environment = createTestEnvironment(clock)
  const cloud = await startCloud({ now: clock.now })
  onTestFinished(() => cloud.close())
  const secretStore = createMemorySecretStore({ answersLater: true })
  const client = createCloudClient(cloud.url, environment)
  /** A session as after the next start or of another data folder: with the same keychain, but no tokens in memory. */
  const anotherSession = (hasLeft = () => false) =>
    createSession({ accountId, client, secretStore, environment, hasLeft })
  const session = anotherSession()
  const pair = valueOf(await login(client, ALICE.email, ALICE.password))
  valueOf(await session.replaceTokens(pair))
  cloud.forgetOperations()
  return {
    cloud,
    clock,
    environment,
    secretStore,
    session,
    pair,
    anotherSession,
    /** Signs in again and returns the new pair. */
    async signInAgain() {
      const next = valueOf(await login(client, ALICE.email, ALICE.password))
      valueOf(await session.replaceTokens(next))
      return next
    },
    refreshes: () => cloud.operations.filter(({ name }) => name === 'refresh').map(({ status }) => status),
    storedPair: () =>
      JSON.parse(secretStore.entries.get(`session ${accountId}`) ?? 'null') as Record<string, unknown>,
  }
}
