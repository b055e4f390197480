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

test('uses a login that the keychain refuses until the app ends', async () => {
  const { proxies, resolveProxy, secretStore } = setup()
  await proxies.reportFailure(first, proxyCodes.signIn, url)
  secretStore.failWith('keychain-locked')
  expect(await proxies.signIn(first, login)).toMatchObject({ failure: { code: 'keychain-locked' } })
  expect(await resolveProxy()).toBe(firstWithLogin)
})
