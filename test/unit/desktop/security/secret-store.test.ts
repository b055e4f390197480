import { expect, test } from 'vitest'
import { failed, failure, success, type FailureCode } from '../../../../electron/contract/failures.ts'
import type { Log } from '../../../../electron/platform/environment.ts'
import type { Keychain } from '../../../../electron/platform/keychain.ts'
import { createSessionSecretStore } from '../../../../electron/desktop/security/secret-store.ts'

function setup() {
  const warnings: unknown[] = []
  const log: Log = { info() {}, warn: (...line) => void warnings.push(line), error() {} }
  const stored = new Map<string, string>()
  /** Until when writing a secret takes. */
  const delays = new Map<string, Promise<void>>()
  let failureCode: FailureCode | null = null
  const answer = <T>(value: () => T) => (failureCode ? failed(failure(failureCode)) : success(value()))
  const keychain: Keychain = {
    get: async (name) => answer(() => stored.get(name) ?? null),
    async set(name, secret) {
      const done = answer(() => void stored.set(name, secret))
      await delays.get(name)
      return done
    },
    delete: async (name) => answer(() => void stored.delete(name)),
    isStuck: () => false,
    onRecovered: () => {},
  }
  const states: string[] = []
  const secretStore = createSessionSecretStore({ keychain, log })
  secretStore.onStateChange(() => states.push(secretStore.state()))
  return {
    stored,
    delays,
    secretStore,
    failWith(code: FailureCode | null) {
      failureCode = code
    },
  }
}

test('secrets stay in memory for this session when there is no keychain', async () => {
  const { secretStore, failWith } = setup()
  failWith('keychain-absent')
  expect(await secretStore.set('a', 'secret')).toEqual(success(undefined))
  expect(await secretStore.get('a')).toEqual(success('secret'))
  expect(secretStore.state()).toBe('absent')
  expect(await secretStore.delete('a')).toEqual(success(undefined))
  expect(await secretStore.get('a')).toMatchObject({ ok: false, failure: { code: 'keychain-absent' } })
})

test('the next write moves a secret from memory into an unlocked keychain', async () => {
  const { stored, secretStore, failWith } = setup()
  await secretStore.set('a', 'first')
  failWith('keychain-locked')
  await secretStore.set('a', 'second')
  expect(await secretStore.get('a')).toEqual(success('second'))
  failWith(null)
  await secretStore.set('a', 'third')
  expect([stored.get('a'), secretStore.state()]).toEqual(['third', 'ok'])
})

test('deleting fails when a locked keychain may still hold the secret', async () => {
  const { secretStore, failWith } = setup()
  failWith('keychain-locked')
  await secretStore.set('a', 'secret')
  expect(await secretStore.delete('a')).toMatchObject({ ok: false, failure: { code: 'keychain-locked' } })
})

test('a secret that is replaced while it is moved to the keychain stays in memory', async () => {
  const { stored, delays, secretStore, failWith } = setup()
  failWith('keychain-locked')
  await secretStore.set('a', 'first')
  failWith(null)
  const { promise, resolve } = Promise.withResolvers<void>()
  delays.set('a', promise)
  const checked = secretStore.recheck()
  await expect.poll(() => stored.get('a')).toBe('first')
  delays.clear()
  failWith('keychain-locked')
  await secretStore.set('a', 'newer')
  resolve()
  await checked
  expect(await secretStore.get('a')).toEqual(success('newer'))
})

test('recheck moves secrets into an unlocked keychain', async () => {
  const { stored, secretStore, failWith } = setup()
  failWith('keychain-locked')
  await secretStore.set('a', 'secret')
  expect(await secretStore.recheck()).toBe('locked')
  failWith(null)
  expect([await secretStore.recheck(), secretStore.state(), [...stored]]).toEqual([
    'ok',
    'ok',
    [['a', 'secret']],
  ])
})
