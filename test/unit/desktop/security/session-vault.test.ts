import { expect, test } from 'vitest'
import { failed, failure, success, type FailureCode } from '../../../../electron/contract/failures.ts'
import type { Log } from '../../../../electron/platform/environment.ts'
import type { Keychain } from '../../../../electron/platform/keychain.ts'
import { createSessionVault } from '../../../../electron/desktop/security/session-vault.ts'

const log: Log = { info() {}, warn() {}, error() {} }

function setup() {
  const kept = new Map<string, string>()
  let trouble: FailureCode | null = null
  const answer = <T>(value: () => T) => (trouble ? failed(failure(trouble)) : success(value()))
  const keychain: Keychain = {
    get: async (name) => answer(() => kept.get(name) ?? null),
    set: async (name, secret) => answer(() => void kept.set(name, secret)),
    delete: async (name) => answer(() => void kept.delete(name)),
    isStuck: () => false,
  }
  const states: string[] = []
  const vault = createSessionVault({ keychain, log })
  vault.onStateChange(() => states.push(vault.state()))
  return {
    ...{ kept, vault, states },
    breakWith(code: FailureCode | null) {
      trouble = code
    },
  }
}

test('with a keychain nothing stays in memory', async () => {
  const { kept, vault } = setup()
  await vault.set('a', 'secret')
  kept.clear()
  expect(await vault.get('a')).toEqual(success(null))
  expect(vault.state()).toBe('ok')
})

test('without one the secret lasts for this session, and it is known that it does', async () => {
  const { vault, breakWith } = setup()
  breakWith('keychain-absent')
  expect(await vault.set('a', 'secret')).toEqual(success(undefined))
  expect(await vault.get('a')).toEqual(success('secret'))
  expect(vault.state()).toBe('absent')
  expect(await vault.delete('a')).toEqual(success(undefined))
  expect(await vault.get('a')).toMatchObject({ ok: false, failure: { code: 'keychain-absent' } })
})

test.each<FailureCode>(['keychain-locked', 'keychain-slow'])('%s counts as locked', async (code) => {
  const { vault, breakWith } = setup()
  breakWith(code)
  await vault.set('a', 'secret')
  expect(vault.state()).toBe('locked')
})

test('a secret from memory moves into the keychain with the next change once it is open again', async () => {
  const { kept, vault, breakWith } = setup()
  await vault.set('a', 'first')
  breakWith('keychain-locked')
  await vault.set('a', 'second')
  expect(await vault.get('a')).toEqual(success('second'))
  breakWith(null)
  await vault.set('a', 'third')
  expect([kept.get('a'), vault.state()]).toEqual(['third', 'ok'])
})

test('a keychain that takes one secret gets all that memory holds before the note goes', async () => {
  const { kept, vault, states, breakWith } = setup()
  breakWith('keychain-locked')
  await vault.set('a', 'newer than the keychain’s')
  await vault.set('b', 'second')
  breakWith(null)
  await vault.set('c', 'third')
  expect([Object.fromEntries(kept), states]).toEqual([
    { a: 'newer than the keychain’s', b: 'second', c: 'third' },
    ['locked', 'ok'],
  ])
})

test('deleting says so when a locked keychain may still hold the secret', async () => {
  const { vault, breakWith } = setup()
  breakWith('keychain-locked')
  await vault.set('a', 'secret')
  expect(await vault.delete('a')).toMatchObject({ ok: false, failure: { code: 'keychain-locked' } })
})

test('a keychain that was unlocked takes what memory held, and the note goes', async () => {
  const { kept, vault, breakWith } = setup()
  breakWith('keychain-locked')
  await vault.set('a', 'secret')
  expect(await vault.recheck()).toBe('locked')
  breakWith(null)
  expect([await vault.recheck(), vault.state(), [...kept]]).toEqual(['ok', 'ok', [['a', 'secret']]])
})

test('a keychain that is gone by then is known to be gone', async () => {
  const { vault, breakWith } = setup()
  breakWith('keychain-absent')
  expect([await vault.recheck(), vault.state()]).toEqual(['absent', 'absent'])
})

test('each turn of the keychain is told once, whatever call has met it', async () => {
  const { vault, states, breakWith } = setup()
  breakWith('keychain-absent')
  await vault.get('a')
  await vault.set('a', 'secret')
  breakWith('keychain-locked')
  await vault.set('a', 'secret')
  breakWith(null)
  await vault.recheck()
  expect(states).toEqual(['absent', 'locked', 'ok'])
})
