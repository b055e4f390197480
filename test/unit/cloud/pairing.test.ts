import { expect, test } from 'vitest'
import { refresh } from '../../../electron/cloud/auth.ts'
import type { CloudClient } from '../../../electron/cloud/client.ts'
import { currentTeam, pollPairing, revokeDevice, startPairing } from '../../../electron/cloud/pairing.ts'
import { failed, failure, success, type FailureCode } from '../../../electron/contract/failures.ts'
import { createAnsweringClient, deviceSigner } from '../../support/answering-client.ts'

const { signal } = new AbortController()

test.each([
  [{}, 2_000, 300_000],
  [{ interval: null, expires_in: null }, 2_000, 300_000],
  [{ interval: 0, expires_in: 0 }, 1_000, 30_000],
  [{ interval: -5, expires_in: -5 }, 1_000, 30_000],
  [{ interval: 0.001, expires_in: 0.001 }, 1_000, 30_000],
  [{ interval: 5, expires_in: 900 }, 5_000, 900_000],
  [{ interval: 31, expires_in: 3_601 }, 30_000, 3_600_000],
  // A timer can't be longer than 2^31 ms, and would fire at once.
  [{ interval: 1e9, expires_in: 1e9 }, 30_000, 3_600_000],
  [{ interval: 1e300, expires_in: 1e300 }, 30_000, 3_600_000],
])('limits the times of the pairing %o', async (times, intervalMs, lifetimeMs) => {
  const client = createAnsweringClient(() => ({
    device_code: 'a',
    user_code: 'b',
    verification_uri: 'https://core.example/pair',
    ...times,
  }))
  expect(await startPairing(client, signal)).toMatchObject({ ok: true, value: { intervalMs, lifetimeMs } })
})

const address = 'https://core.example/'
test.each([
  ['device_code', 2_048, (length: number) => 'a'.repeat(length)],
  ['user_code', 40, (length: number) => 'b'.repeat(length)],
  ['verification_uri', 2_000, (length: number) => address.padEnd(length, 'c')],
])('accepts a pairing whose %s has up to %i characters', async (name, longest, ofLength) => {
  const pair = { device_code: 'a', user_code: 'b', verification_uri: address }
  const isAccepted = async (length: number) =>
    (
      await startPairing(
        createAnsweringClient(() => ({ ...pair, [name]: ofLength(length) })),
        signal,
      )
    ).ok
  expect([await isAccepted(longest), await isAccepted(longest + 1)]).toEqual([true, false])
})

test.each([
  'dk-a\r\nX: y',
  'dk-a b',
  'dk-',
  'dk-a\u0000',
  'dk-ключ',
  'sk-abcd',
  '',
  ` dk-a`,
  `dk-${'a'.repeat(8_000)}`,
])('does not accept %j as a device key', async (key) => {
  const answer = await pollPairing(
    createAnsweringClient(() => ({ raw_key: key })),
    'code',
  )
  expect(answer).toMatchObject({ ok: false, failure: { code: 'not-the-api' } })
  expect(JSON.stringify(answer)).not.toContain('dk-')
})

test.each([
  [{}, null],
  [{ raw_key: null }, null],
  [{ raw_key: 'dk-a' }, 'dk-a'],
  [{ raw_key: `dk-${'a'.repeat(7_997)}` }, `dk-${'a'.repeat(7_997)}`],
])('reads the device key of a pairing from %o', async (answer, key) => {
  expect(
    await pollPairing(
      createAnsweringClient(() => answer),
      'code',
    ),
  ).toEqual(success(key))
})

test('a pairing that the server does not find any more is over, any other failure is returned', async () => {
  const poll = (code: FailureCode) => pollPairing(failingClient(code), 'code')
  expect(await poll('not-found')).toEqual(failed(failure('pairing-over')))
  expect(await poll('rate-limited')).toEqual(failed(failure('rate-limited')))
})

test('accepts tokens of up to 8,000 characters', async () => {
  const pair = { access_token: 'a'.repeat(8_000), refresh_token: '~' }
  const client = createAnsweringClient(() => pair)
  expect(await refresh(client, 'old')).toMatchObject({ ok: true, value: pair })
})

test.each(['a\r\nX: y', 'a b', '', 'é', 'a'.repeat(8_001)])(
  'does not accept %j as a token, and does not repeat it',
  async (token) => {
    for (const pair of [
      { access_token: token, refresh_token: 'b' },
      { access_token: 'b', refresh_token: token },
    ]) {
      const answer = await refresh(
        createAnsweringClient(() => pair),
        'old',
      )
      expect(answer).toMatchObject({ ok: false, failure: { code: 'not-the-api', detail: 'not a token' } })
    }
  },
)

test.each([
  [1e300, 366 * 24 * 3600],
  [900, 900],
  [0, 1],
  [-5, 1],
  // Without it the user can sign in too.
  [undefined, 3600],
])('a token that expires in %j seconds is used for %i', async (given, expected) => {
  const pair = { access_token: 'a', refresh_token: 'b', expires_in: given }
  const answer = await refresh(
    createAnsweringClient(() => pair),
    'old',
  )
  expect(answer).toMatchObject({ ok: true, value: { expires_in: expected } })
})

/** A client whose calls all fail. */
const failingClient = (code: FailureCode): CloudClient => ({
  ...createAnsweringClient(() => null),
  send: async () => failed(failure(code)),
})

test.each(['offline', 'server-trouble', 'rate-limited'] as const)(
  'the team of a key is not known yet after %s',
  async (code) => {
    expect(await currentTeam(failingClient(code), deviceSigner)).toEqual(failed(failure(code)))
  },
)

test.each(['not-found', 'forbidden', 'signed-out', 'not-the-api'] as const)(
  'a server that answers %s does not report the team of a key',
  async (code) => {
    expect(await currentTeam(failingClient(code), deviceSigner)).toEqual(success(null))
  },
)

test('a key that the server does not accept any more counts as revoked, no other failure does', async () => {
  const revoke = (code: FailureCode) => revokeDevice(failingClient(code), deviceSigner, signal)
  expect(await revoke('signed-out')).toEqual(success(undefined))
  expect(await revoke('not-found')).toEqual(failed(failure('not-found')))
})
