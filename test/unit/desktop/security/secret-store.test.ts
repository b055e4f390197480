import { expect, test } from 'vitest'
import { failed, failure, success, type FailureCode } from '../../../../electron/contract/failures.ts'
import type { Log } from '../../../../electron/platform/environment.ts'
import type { Keychain } from '../../../../electron/platform/keychain.ts'
import { createSessionVault } from '../../../../electron/desktop/security/secret-store.ts'

const log: Log = { info() {}, warn() {}, error() {} }

function setup() {
  const stored = new Map<string, string>()
  let failureCode: FailureCode | null = null
  const answer = <T>(value: () => T) => (failureCode ? failed(failure(failureCode)) : success(value()))
  const keychain: Keychain = {
    get: async (name) => answer(() => stored.get(name) ?? null),
    set: async (name, secret) => answer(() => void stored.set(name, secret)),
    delete: async (name) => answer(() => void stored.delete(name)),
    isStuck: () => false,
  }
  const states: string[] = []
  const vault = createSessionVault({ keychain, log })
  vault.onStateChange(() => states.push(vault.state()))
  return {
    ...{ stored, vault, states },
    failWith(code: FailureCode | null) {
      failureCode = code
    },
  }
}

test('secrets are not kept in memory when the keychain works', async () => {
  const { stored, vault } = setup()
  await vault.set('a', 'secret')
  stored.clear()
  expect(await vault.get('a')).toEqual(success(null))
  expect(vault.state()).toBe('ok')
})

test('secrets stay in memory for this session when there is no keychain', async () => {
  const { vault, failWith } = setup()
  failWith('keychain-absent')
  expect(await vault.set('a', 'secret')).toEqual(success(undefined))
  expect(await vault.get('a')).toEqual(success('secret'))
  expect(vault.state()).toBe('absent')
  expect(await vault.delete('a')).toEqual(success(undefined))
  expect(await vault.get('a')).toMatchObject({ ok: false, failure: { code: 'keychain-absent' } })
})

test.each<FailureCode>(['keychain-locked', 'keychain-slow'])('%s counts as locked', async (code) => {
  const { vault, failWith } = setup()
  failWith(code)
  await vault.set('a', 'secret')
  expect(vault.state()).toBe('locked')
})

test('the next write moves a secret from memory into an unlocked keychain', async () => {
  const { stored, vault, failWith } = setup()
  await vault.set('a', 'first')
  failWith('keychain-locked')
  await vault.set('a', 'second')
  expect(await vault.get('a')).toEqual(success('second'))
  failWith(null)
  await vault.set('a', 'third')
  expect([stored.get('a'), vault.state()]).toEqual(['third', 'ok'])
})

test('all secrets are moved to the keychain before the state becomes ok', async () => {
  const { stored, vault, states, failWith } = setup()
  failWith('keychain-locked')
  await vault.set('a', 'newer than the keychain’s')
  await vault.set('b', 'second')
  failWith(null)
  await vault.set('c', 'third')
  expect([Object.fromEntries(stored), states]).toEqual([
    { a: 'newer than the keychain’s', b: 'second', c: 'third' },
    ['locked', 'ok'],
  ])
})

test('deleting fails when a locked keychain may still hold the secret', async () => {
  const { vault, failWith } = setup()
  failWith('keychain-locked')
  await vault.set('a', 'secret')
  expect(await vault.delete('a')).toMatchObject({ ok: false, failure: { code: 'keychain-locked' } })
})

test('recheck moves secrets into an unlocked keychain', async () => {
  const { stored, vault, failWith } = setup()
  failWith('keychain-locked')
  await vault.set('a', 'secret')
  expect(await vault.recheck()).toBe('locked')
  failWith(null)
  expect([await vault.recheck(), vault.state(), [...stored]]).toEqual(['ok', 'ok', [['a', 'secret']]])
})

test('recheck detects a missing keychain', async () => {
  const { vault, failWith } = setup()
  failWith('keychain-absent')
  expect([await vault.recheck(), vault.state()]).toEqual(['absent', 'absent'])
})

test('each state change is reported once, whichever call detected it', async () => {
  const { vault, states, failWith } = setup()
  failWith('keychain-absent')
  await vault.get('a')
  await vault.set('a', 'secret')
  failWith('keychain-locked')
  await vault.set('a', 'secret')
  failWith(null)
  await vault.recheck()
  expect(states).toEqual(['absent', 'locked', 'ok'])
})
