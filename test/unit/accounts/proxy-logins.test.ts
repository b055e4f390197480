import { expect, test } from 'vitest'
import { createProxyLogins } from '../../../electron/accounts/proxy-logins.ts'
import {
  proxyCodes,
  withProxyFallback,
  type FindProxies,
} from '../../../electron/platform/network/proxy-resolver.ts'
import { standingClock, createTestEnvironment } from '../../support/hand-clock.ts'
import { createMemorySecretStore } from '../../support/memory-secret-store.ts'

const url = 'https://cloud.example/api/v1'
const [first, second] = ['http://first.example:3128', 'http://second.example:3128'] as const
const login = { name: 'mira', password: 'p:w@+%' }
const firstWithLogin = 'http://mira:p%3Aw%40%2B%25@first.example:3128'
const minute = 60_000

function setup(findProxies: FindProxies = async () => [first, second]) {
  const environment = { ...createTestEnvironment(standingClock()), findProxies }
  const secretStore = createMemorySecretStore()
  let changes = 0
  const proxies = createProxyLogins({ environment, secretStore, onChange: () => (changes += 1) })
  return {
    environment,
    secretStore,
    clock: environment.clock,
    proxies,
    changes: () => changes,
    resolveProxy: () => proxies.resolve(url),
    keepLogin: () => void secretStore.entries.set(`proxy ${first}`, JSON.stringify(login)),
  }
}

test('uses the first proxy, or a direct connection if there is none or unknown', async () => {
  expect(await setup().resolveProxy()).toBe(first)
  expect(await setup(async () => ['direct', first]).resolveProxy()).toBeNull()
  expect(await setup(async () => []).resolveProxy()).toBeNull()
  expect(await setup(() => Promise.reject(new Error('no desktop'))).resolveProxy()).toBeNull()
})

test.each([`${proxyCodes.refused} 403`, proxyCodes.trouble])(
  'does not bypass a proxy that responds with %s',
  async (code) => {
    const { proxies, resolveProxy, changes } = setup()
    expect(await proxies.reportFailure(first, code, url)).toBe(false)
    expect([await resolveProxy(), proxies.pendingQuestion(), changes()]).toEqual([first, null, 0])
  },
)

test('skips an unreachable proxy for five minutes', async () => {
  const { proxies, resolveProxy, clock } = setup()
  expect(await proxies.reportFailure(first, proxyCodes.unreachable, url)).toBe(true)
  expect(await resolveProxy()).toBe(second)
  clock.advance(5 * minute - 1)
  expect(await resolveProxy()).toBe(second)
  clock.advance(1)
  expect(await resolveProxy()).toBe(first)
  expect(await proxies.reportFailure(first, proxyCodes.unreachable, url)).toBe(true)
})

test('four parallel requests all use the next proxy when the first one is unreachable', async () => {
  const { proxies } = setup()
  const sent: string[] = []
  const allSent = Promise.withResolvers<void>()
  const request = () =>
    withProxyFallback(proxies, url, async (proxy) => {
      sent.push(proxy ?? 'direct')
      if (sent.length === 4) allSent.resolve()
      await allSent.promise
      return { answer: proxy, proxyCode: proxy === first ? proxyCodes.unreachable : null }
    })
  const answers = await Promise.all([request(), request(), request(), request()])
  expect(answers).toEqual([second, second, second, second])
  expect(sent).toEqual([first, first, first, first, second, second, second, second])
})

test('sends a request once through each proxy when all are unreachable', async () => {
  const { proxies } = setup()
  const sent: (string | null)[] = []
  await withProxyFallback(proxies, url, async (proxy) => {
    sent.push(proxy)
    return { answer: null, proxyCode: proxyCodes.unreachable }
  })
  expect(sent).toEqual([first, second])
})

test('skips an unreachable proxy for longer when it fails again', async () => {
  const { proxies, resolveProxy, clock } = setup()
  await proxies.reportFailure(first, proxyCodes.unreachable, url)
  clock.advance(4 * minute)
  await proxies.reportFailure(first, proxyCodes.unreachable, url)
  // The second failure came later.
  clock.advance(4 * minute)
  expect(await resolveProxy()).toBe(second)
})

test('skips an unreachable proxy only until the network changes', async () => {
  const { proxies, resolveProxy } = setup()
  await proxies.reportFailure(first, proxyCodes.unreachable, url)
  proxies.stopSkipping()
  expect(await resolveProxy()).toBe(first)
})

test('does not skip an unreachable proxy for longer when the clock is set back', async () => {
  const { proxies, resolveProxy, clock } = setup()
  await proxies.reportFailure(first, proxyCodes.unreachable, url)
  clock.advance(-60 * minute)
  expect(await resolveProxy()).toBe(first)
  expect(await proxies.reportFailure(first, proxyCodes.unreachable, url)).toBe(true)
})

test('uses the first proxy when all are unreachable', async () => {
  const { proxies, resolveProxy } = setup()
  await proxies.reportFailure(first, proxyCodes.unreachable, url)
  await proxies.reportFailure(second, proxyCodes.unreachable, url)
  expect(await resolveProxy()).toBe(first)
})

test('reads the login from the keychain once for many refused requests', async () => {
  const { proxies, resolveProxy, secretStore, keepLogin, changes } = setup()
  keepLogin()
  expect([await resolveProxy(), secretStore.calls]).toEqual([first, []])
  const refused = () => proxies.reportFailure(first, proxyCodes.signIn, url)
  expect(await Promise.all([refused(), refused(), refused()])).toEqual([true, true, true])
  expect([await resolveProxy(), secretStore.calls, changes()]).toEqual([
    firstWithLogin,
    [`get proxy ${first}`],
    0,
  ])
  // A request that was sent before the login was found.
  expect([await refused(), secretStore.calls.length]).toEqual([true, 1])
})

test('finds a login that was stored later when the proxy refuses again', async () => {
  const { proxies, resolveProxy, keepLogin } = setup()
  expect(await proxies.reportFailure(first, proxyCodes.signIn, url)).toBe(false)
  keepLogin()
  expect(await proxies.reportFailure(first, proxyCodes.signIn, url)).toBe(true)
  expect(await resolveProxy()).toBe(firstWithLogin)
})

test('asks once for a login when the stored one is rejected', async () => {
  const { proxies, keepLogin, changes } = setup()
  keepLogin()
  await proxies.reportFailure(first, proxyCodes.signIn, url)
  expect(await proxies.reportFailure(firstWithLogin, proxyCodes.signIn, url)).toBe(false)
  expect(await proxies.reportFailure(firstWithLogin, proxyCodes.signIn, url)).toBe(false)
  expect([proxies.pendingQuestion(), changes()]).toEqual([{ proxy: first, wasRefused: true }, 1])
})

test('asks for the login of another proxy too, and says when a stored one was refused', async () => {
  const { proxies, keepLogin, changes } = setup()
  expect(proxies.hasNewLogin()).toBe(false)
  await proxies.reportFailure(second, proxyCodes.signIn, url)
  await proxies.reportFailure(first, proxyCodes.signIn, url)
  expect([proxies.pendingQuestion(), changes()]).toEqual([{ proxy: first, wasRefused: false }, 2])
  keepLogin()
  expect(await proxies.reportFailure(first, proxyCodes.signIn, url)).toBe(true)
  await proxies.reportFailure(firstWithLogin, proxyCodes.signIn, url)
  expect([proxies.pendingQuestion(), changes()]).toEqual([{ proxy: first, wasRefused: true }, 3])
})

test.each(['keychain-locked', 'keychain-slow'] as const)('asks for a login on %s', async (code) => {
  const { proxies, secretStore, environment } = setup()
  secretStore.failWith(code)
  expect(await proxies.reportFailure(first, proxyCodes.signIn, url)).toBe(false)
  expect(proxies.pendingQuestion()).toEqual({ proxy: first, wasRefused: false })
  expect(environment.lines).toMatchObject([{ level: 'warn', facts: { code } }, { level: 'warn' }])
})

test('ignores a damaged login in the keychain', async () => {
  const { proxies, secretStore } = setup()
  secretStore.entries.set(`proxy ${first}`, '{"name":"mira"}')
  expect(await proxies.reportFailure(first, proxyCodes.signIn, url)).toBe(false)
})

test('uses and stores a login, and clears the question', async () => {
  const { proxies, resolveProxy, secretStore, changes } = setup()
  await proxies.reportFailure(first, proxyCodes.signIn, url)
  expect(await proxies.signIn(first, login)).toMatchObject({ ok: true })
  expect([await resolveProxy(), proxies.pendingQuestion(), proxies.hasNewLogin(), changes()]).toEqual([
    firstWithLogin,
    null,
    true,
    2,
  ])
  expect(JSON.parse(secretStore.entries.get(`proxy ${first}`) ?? '')).toEqual(login)
})

test('accepts a login only for the proxy that asks for one', async () => {
  const { proxies, resolveProxy, secretStore, keepLogin } = setup()
  keepLogin()
  const other = { name: 'x', password: 'x' }
  const refusal = { ok: false, failure: { code: 'bad-call' } }
  expect(await proxies.signIn(first, other)).toMatchObject(refusal)
  await proxies.reportFailure(second, proxyCodes.signIn, url)
  expect(await proxies.signIn(first, other)).toMatchObject(refusal)
  expect([await resolveProxy(), proxies.hasNewLogin()]).toEqual([first, false])
  expect(JSON.parse(secretStore.entries.get(`proxy ${first}`) ?? '')).toEqual(login)
  expect(proxies.pendingQuestion()?.proxy).toBe(second)
})

test('uses a login that the keychain refuses until the app ends', async () => {
  const { proxies, resolveProxy, secretStore } = setup()
  await proxies.reportFailure(first, proxyCodes.signIn, url)
  secretStore.failWith('keychain-locked')
  expect(await proxies.signIn(first, login)).toMatchObject({ failure: { code: 'keychain-locked' } })
  expect(await resolveProxy()).toBe(firstWithLogin)
})

test('shows a dismissed question again after the next refusal', async () => {
  const { proxies, changes } = setup()
  await proxies.reportFailure(second, proxyCodes.signIn, url)
  await proxies.signIn(second, login)
  await proxies.reportFailure(first, proxyCodes.signIn, url)
  expect(proxies.hasNewLogin()).toBe(false)
  proxies.dismissQuestion()
  expect(proxies.pendingQuestion()).toBeNull()
  await proxies.reportFailure(first, proxyCodes.signIn, url)
  expect([proxies.pendingQuestion()?.proxy, changes()]).toEqual([first, 5])
  await proxies.signIn(first, login)
  proxies.dismissQuestion()
  expect(proxies.hasNewLogin()).toBe(false)
})

test('a login entered by the user replaces the one in the proxy’s URL', async () => {
  const { proxies, resolveProxy } = setup(async () => ['http://old:old@first.example:3128/'])
  expect(await resolveProxy()).toBe('http://old:old@first.example:3128')
  await proxies.reportFailure(first, proxyCodes.signIn, url)
  await proxies.signIn(first, login)
  expect(await resolveProxy()).toBe(firstWithLogin)
})

test('half a surrogate pair in a login reaches the proxy as another character', async () => {
  const { proxies, resolveProxy } = setup()
  await proxies.reportFailure(first, proxyCodes.signIn, url)
  await proxies.signIn(first, { name: 'mira\ud800', password: '\udc00' })
  expect(await resolveProxy()).toBe('http://mira%EF%BF%BD:%EF%BF%BD@first.example:3128')
})
