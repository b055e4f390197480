import { expect, test } from 'vitest'
import { isUnsupported, mayBeUnsupported } from '../../../electron/cloud/client.ts'
import { failure, success } from '../../../electron/contract/failures.ts'
import { ALICE } from '../../cloud/accounts.ts'
import { valueOf } from '../../support/engine.ts'
import { standingClock } from '../../support/hand-clock.ts'
import { accountId, setupSession } from '../../support/session.ts'

const minute = 60_000

test('uses a token that is valid for more than a minute', async () => {
  const { session, pair, clock, refreshes } = await setupSession()
  clock.advance(58 * minute)
  expect([await session.token(), refreshes()]).toEqual([success(pair.access_token), []])
})

test('refreshes a token in its last minute before using it', async () => {
  const { session, pair, clock, refreshes, storedPair } = await setupSession()
  clock.advance(59 * minute + 1_000)
  const token = valueOf(await session.token())
  expect([token === pair.access_token, refreshes()]).toEqual([false, [200]])
  expect(storedPair()).toMatchObject({ accessToken: token })
  expect([await session.token(), refreshes()]).toEqual([success(token), [200]])
})

test.each([[30], [1]])('uses a token that is valid for %i s during half of that', async (seconds) => {
  const { session, pair, clock, refreshes, anotherSession } = await setupSession()
  valueOf(await session.replaceTokens({ ...pair, expires_in: seconds }))
  expect([await session.token(), await anotherSession().token(), refreshes()]).toEqual([
    success(pair.access_token),
    success(pair.access_token),
    [],
  ])
  clock.advance(seconds * 500)
  expect([valueOf(await session.token()) === pair.access_token, refreshes()]).toEqual([false, [200]])
})

test.each([
  ['an hour', 3_600, 59 * minute],
  ['three minutes', 180, 2 * minute],
  ['two minutes', 120, minute],
  ['half a minute', 30, 15_000],
])('a token with a lifetime of %s is refreshed from an exact time on', async (_what, seconds, usableMs) => {
  const { session, pair, clock, refreshes } = await setupSession(standingClock())
  valueOf(await session.replaceTokens({ ...pair, expires_in: seconds }))
  clock.advance(usableMs - 1)
  expect([await session.token(), refreshes()]).toEqual([success(pair.access_token), []])
  clock.advance(1)
  expect([valueOf(await session.token()) === pair.access_token, refreshes()]).toEqual([false, [200]])
})

test('refreshes a token that the server rejected before its expiry', async () => {
  const { session, pair, refreshes } = await setupSession()
  const token = valueOf(await session.renew(pair.access_token))
  expect([token === pair.access_token, refreshes()]).toEqual([false, [200]])
})

test('twenty callers at once share one refresh', async () => {
  const { session, pair, clock, refreshes } = await setupSession()
  clock.advance(61 * minute)
  const tokens = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      index % 2 === 0 ? session.token() : session.renew(pair.access_token),
    ),
  )
  expect(new Set(tokens.map(valueOf)).size).toBe(1)
  expect(refreshes()).toEqual([200])
})

test('returns the new token for an old one without another refresh', async () => {
  const { session, pair, refreshes } = await setupSession()
  const token = valueOf(await session.renew(pair.access_token))
  expect([await session.renew(pair.access_token), refreshes()]).toEqual([success(token), [200]])
})

test('stores a new pair before it is used', async () => {
  const { session, pair, secretStore, cloud, refreshes } = await setupSession()
  const gate = Promise.withResolvers<void>()
  const storing = Promise.withResolvers<void>()
  const order: string[] = []
  secretStore.beforeCall = (call) => {
    if (!call.startsWith('set')) return
    order.push('stored')
    storing.resolve()
    return gate.promise
  }
  const renewed = session.renew(pair.access_token).then((token) => {
    order.push('used')
    return token
  })
  await storing.promise
  await cloud.ended('refresh')
  expect([order, refreshes()]).toEqual([['stored'], [200]])
  gate.resolve()
  await renewed
  expect(order).toEqual(['stored', 'used'])
})

test('repeats a refresh once when its response is lost', async () => {
  const { session, pair, cloud, refreshes } = await setupSession()
  cloud.fail({ on: 'refresh', how: 'lose-answer' })
  expect(await session.renew(pair.access_token)).toMatchObject({
    ok: false,
    failure: { code: 'signed-out' },
  })
  expect(refreshes()).toEqual([0, 401])
})

test.each([['cut'], [503], ['html']] as const)('repeats a refresh that failed once with %s', async (how) => {
  const { session, pair, cloud, refreshes } = await setupSession()
  cloud.fail({ on: 'refresh', how })
  const token = valueOf(await session.renew(pair.access_token))
  expect([token === pair.access_token, refreshes().at(-1), refreshes().length]).toEqual([false, 200, 2])
})

test.each([[429], [503]])('does not repeat a refresh at once when a %i says when to', async (how) => {
  const { session, pair, cloud, refreshes } = await setupSession()
  cloud.fail({ on: 'refresh', how, times: Infinity, retryAfterSeconds: 40 })
  expect(await session.renew(pair.access_token)).toMatchObject({ failure: { retryAfterMs: 40_000 } })
  expect(refreshes()).toEqual([how])
})

test('keeps the pair while the server fails, and uses it later', async () => {
  const { session, pair, cloud, refreshes } = await setupSession()
  cloud.fail({ on: 'refresh', how: 500, times: 2 })
  expect(await session.renew(pair.access_token)).toMatchObject({
    ok: false,
    failure: { code: 'server-trouble' },
  })
  valueOf(await session.renew(pair.access_token))
  expect(refreshes()).toEqual([500, 500, 200])
})

const gatewayPage = (status: number) => ({
  status,
  headers: { 'content-type': 'text/html' },
  body: '<html><h1>Request blocked</h1></html>',
})

test.each([400, 401, 403, 404, 405, 406, 409, 413, 421, 431, 451])(
  'keeps the pair when a gateway answers the refresh with a %i page',
  async (status) => {
    const { session, pair, cloud, refreshes } = await setupSession()
    cloud.fail({ on: 'refresh', how: gatewayPage(status), times: 2 })
    expect(await session.renew(pair.access_token)).toMatchObject({
      ok: false,
      failure: { code: 'not-the-api' },
    })
    expect(await session.isRefused()).toBe(false)
    valueOf(await session.renew(pair.access_token))
    expect(refreshes()).toEqual([status, status, 200])
  },
)

test.each([
  ['404', 404],
  ['405', 405],
  ['bare 404', gatewayPage(404)],
  ['bare 405', gatewayPage(405)],
] as const)('a %s to the refresh is not returned as the answer of another call', async (_name, how) => {
  const { session, pair, cloud } = await setupSession()
  cloud.fail({ on: 'refresh', how, times: Infinity })
  const token = await session.renew(pair.access_token)
  expect(token).toMatchObject({ ok: false, failure: { code: 'not-the-api' } })
  expect(!token.ok && (mayBeUnsupported(token.failure) || isUnsupported(token.failure))).toBe(false)
})

test.each([400, 401, 422])('is signed out when the API refuses the refresh with %i', async (how) => {
  const { session, pair, cloud, environment, refreshes } = await setupSession()
  cloud.fail({ on: 'refresh', how })
  expect(await session.renew(pair.access_token)).toEqual({ ok: false, failure: failure('signed-out') })
  expect([await session.isRefused(), refreshes()]).toEqual([true, [how]])
  expect(environment.lines.at(-1)).toMatchObject({
    level: 'warn',
    message: 'the session could not be refreshed',
    facts: { accountId },
  })
})

test('is signed out when the refresh token has been used', async () => {
  const { session, pair, cloud } = await setupSession()
  cloud.endSessions(ALICE.email)
  expect(await session.renew(pair.access_token)).toMatchObject({
    ok: false,
    failure: { code: 'signed-out' },
  })
})

test('uses the pair that the engine of another data folder has stored instead of refreshing again', async () => {
  const { session, pair, anotherSession, refreshes } = await setupSession()
  const theirs = valueOf(await anotherSession().renew(pair.access_token))
  expect([await session.renew(pair.access_token), refreshes()]).toEqual([success(theirs), [200]])
  expect([await session.token(), refreshes()]).toEqual([success(theirs), [200]])
})

test('the next start finds the session in the keychain', async () => {
  const { pair, anotherSession, refreshes } = await setupSession()
  const next = anotherSession()
  expect(await next.checkSecret()).toEqual(success(undefined))
  expect(await next.token()).toEqual(success(pair.access_token))
  expect(refreshes()).toEqual([])
})

test.each([
  ['nothing', null],
  ['something that is no pair', '{"accessToken":1}'],
  ['something that is no JSON', 'x'],
])('is signed out without a request if the keychain holds %s', async (_name, text) => {
  const { secretStore, anotherSession, cloud } = await setupSession()
  if (text === null) secretStore.entries.clear()
  else secretStore.entries.set(`session ${accountId}`, text)
  expect(await anotherSession().token()).toEqual({ ok: false, failure: failure('signed-out') })
  expect(await anotherSession().isRefused()).toBe(true)
  expect(cloud.operations).toEqual([])
})

test('reports a locked keychain without signing out', async () => {
  const { secretStore, anotherSession } = await setupSession()
  const next = anotherSession()
  secretStore.failWith('keychain-locked')
  expect(await next.token()).toMatchObject({ failure: { code: 'keychain-locked' } })
  expect(await next.isRefused()).toBe(false)
  secretStore.failWith(null)
  expect(await next.checkSecret()).toEqual(success(undefined))
})

test('ending erases the secret and returns it once', async () => {
  const { session, pair, secretStore } = await setupSession()
  const { secret, erased } = valueOf(await session.end())
  expect(secret).toMatchObject({ accessToken: pair.access_token, refreshToken: pair.refresh_token })
  expect(erased.ok).toBe(true)
  expect([secretStore.entries.size, valueOf(await session.end()).secret]).toEqual([0, null])
  expect(await session.token()).toMatchObject({ failure: { code: 'signed-out' } })
})

test.each([
  ['is answered later', 200],
  ['is refused later', 401],
])('ending does not wait for a refresh that %s, and nothing of it is stored', async (_what, status) => {
  const { session, pair, secretStore, cloud, refreshes } = await setupSession()
  if (status === 401) cloud.endSessions(ALICE.email)
  const held = cloud.hold('refresh', 'answer')
  const renewed = session.renew(pair.access_token)
  await held.arrived
  const { secret, refreshing } = valueOf(await session.end())
  held.release()
  const late = await refreshing
  expect([secret?.accessToken, refreshes(), late?.ok]).toEqual([pair.access_token, [status], status === 200])
  await renewed
  expect(secretStore.entries.size).toBe(0)
  expect(await session.renew(pair.access_token)).toMatchObject({ failure: { code: 'signed-out' } })
})

test('ending keeps a refresh that has not begun from sending its token', async () => {
  const { anotherSession, clock, refreshes, secretStore } = await setupSession()
  const session = anotherSession()
  valueOf(await session.token())
  clock.advance(2 * 60 * minute)
  const read = Promise.withResolvers<void>()
  secretStore.beforeCall = (call) => (call.startsWith('get') ? read.promise : undefined)
  const renewed = session.token()
  await expect.poll(() => secretStore.calls.filter((call) => call.startsWith('get')).length).toBe(2)
  valueOf(await session.end())
  read.resolve()
  expect([await renewed, refreshes()]).toMatchObject([{ failure: { code: 'signed-out' } }, []])
})

test('uses a pair from memory until the keychain accepts it', async () => {
  const { session, pair, secretStore, refreshes, storedPair, clock } = await setupSession()
  secretStore.failWith('keychain-locked')
  const token = valueOf(await session.renew(pair.access_token))
  expect(token).not.toBe(pair.access_token)
  expect([storedPair()['accessToken'], refreshes()]).toEqual([pair.access_token, [200]])
  secretStore.failWith(null)
  clock.advance(61_000)
  expect(valueOf(await session.token())).toBe(token)
  expect([storedPair()['accessToken'], refreshes()]).toEqual([token, [200]])
})

test('refreshes with the pair in memory instead of the older stored one', async () => {
  const { session, pair, secretStore, refreshes } = await setupSession()
  secretStore.beforeCall = (call) => secretStore.failWith(call.startsWith('set') ? 'keychain-locked' : null)
  const second = valueOf(await session.renew(pair.access_token))
  const third = valueOf(await session.renew(second))
  expect([new Set([pair.access_token, second, third]).size, refreshes()]).toEqual([3, [200, 200]])
})

test('keeps the tokens of a new sign-in when an older refresh ends after it', async () => {
  const { session, pair, cloud, storedPair, signInAgain } = await setupSession()
  const held = cloud.hold('refresh', 'answer')
  const renewed = session.renew(pair.access_token)
  await held.arrived
  const next = await signInAgain()
  held.release()
  expect([await renewed, await session.token()]).toEqual([
    success(next.access_token),
    success(next.access_token),
  ])
  expect(storedPair()).toMatchObject({ accessToken: next.access_token })
})

test('is refused once a renewed token is refused, and has a replacement after a new sign-in', async () => {
  const { session, pair, signInAgain } = await setupSession()
  const renewed = valueOf(await session.renew(pair.access_token))
  expect(await session.isRefused()).toBe(false)
  expect(await session.replacementFor(renewed)).toMatchObject({ failure: { code: 'signed-out' } })
  expect(await session.isRefused()).toBe(true)
  const next = await signInAgain()
  expect([await session.isRefused(), await session.replacementFor(renewed)]).toEqual([
    false,
    success(next.access_token),
  ])
})

test('after a refused refresh uses the pair that another data folder has stored meanwhile', async () => {
  const { session, pair, cloud, anotherSession, refreshes } = await setupSession()
  const other = anotherSession()
  await other.token()
  const held = cloud.hold('refresh', 'arrival', { times: 1 })
  const renewed = session.renew(pair.access_token)
  await held.arrived
  const theirs = valueOf(await other.renew(pair.access_token))
  held.release()
  expect([await renewed, refreshes()]).toEqual([success(theirs), [401, 200]])
})

test('ending returns a pair that the keychain did not accept, to be revoked', async () => {
  const { session, pair, secretStore } = await setupSession()
  secretStore.failWith('keychain-locked')
  const token = valueOf(await session.renew(pair.access_token))
  const { secret, erased } = valueOf(await session.end())
  expect([secret?.accessToken, erased]).toEqual([token, { ok: false, failure: failure('keychain-locked') }])
})
