import { expect, test } from 'vitest'
import type { Session } from '../../../electron/accounts/session.ts'
import { deviceSigner, sessionSigner } from '../../../electron/accounts/signers.ts'
import type { Credential } from '../../../electron/cloud/client.ts'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'

const signedOut = failed(failure('signed-out'))
const locked = failed(failure('keychain-locked'))
const stale = (kind: Credential['kind']): Credential =>
  kind === 'device' ? { kind, token: 'stale' } : { kind, token: 'stale', teamId: null }

test.each<[Result<string>, Result<string>]>([
  [success('dk-1'), success('dk-2 after stale')],
  [locked, signedOut],
])('a device signs with its key, or with a newer one after a refusal (%j)', async (key, replacement) => {
  const refusedKeys: string[] = []
  const signer = deviceSigner(
    async () => key,
    async (refusedKey) => {
      refusedKeys.push(refusedKey)
      return replacement
    },
  )
  const credentialOf = (result: Result<string>) =>
    result.ok ? success({ kind: 'device', token: result.value }) : result
  expect(await signer.credential()).toEqual(credentialOf(key))
  expect(await signer.renew(stale('device'))).toEqual(credentialOf(replacement))
  expect(await signer.replacementFor(stale('device'))).toEqual(credentialOf(replacement))
  expect(refusedKeys).toEqual(['stale', 'stale'])
})

test.each(['north', null])('a session signs with its current tokens for one team (%s)', async (teamId) => {
  const sessionOf = (name: string) =>
    ({
      token: async () => success(name),
      renew: async (token: string) => success(`${name} renewed from ${token}`),
      replacementFor: async (token: string) => success(`${name} instead of ${token}`),
    }) as unknown as Session
  let current = sessionOf('first')
  const signer = sessionSigner(() => current, teamId)
  const credentialOf = (token: string) => success({ kind: 'session', token, teamId })
  expect(await signer.credential()).toEqual(credentialOf('first'))
  current = sessionOf('next')
  expect(await signer.credential()).toEqual(credentialOf('next'))
  expect(await signer.renew(stale('session'))).toEqual(credentialOf('next renewed from stale'))
  expect(await signer.replacementFor(stale('session'))).toEqual(credentialOf('next instead of stale'))
})
