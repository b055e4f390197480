import { expect, test } from 'vitest'
import { refresh } from '../../../electron/cloud/auth.ts'
import { pollPairing, startPairing } from '../../../electron/cloud/pairing.ts'
import { success } from '../../../electron/contract/failures.ts'
import { createAnsweringClient } from '../../support/answering-client.ts'

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
