import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { ALICE, ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { setup, sha256Of, valueOf } from '../../support/engine.ts'
import { openProxy } from '../../support/network/proxy.ts'

const login = 'mira:p:w@+%'
const right = { name: 'mira', password: 'p:w@+%' }

/** A test setup in which every request has to use a proxy. */
async function setupProxied(manners: Parameters<typeof openProxy>[0] = {}, others: readonly string[] = []) {
  const proxy = await openProxy(manners)
  const proxies = [...others, proxy.url]
  return { proxy, ...(await setup({ as: null, findProxies: async () => proxies })) }
}

test('sends API requests and storage PUTs through the computer’s proxy', async () => {
  const { app, cloud, file, proxy } = await setupProxied()
  await app.signIn()
  const path = await file('a.safetensors', { sizeBytes: 6_000_000 })
  const [id = ''] = await app.add(path)
  expect(await app.settled(id)).toMatchObject({ phase: 'registered' })
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toMatchObject([{ file_hash: `sha256:${sha256Of(path)}` }])
  const verbs = proxy.passed.map((line) => line.split(' ')[0])
  expect([verbs.filter((verb) => verb === 'PUT').length, verbs.includes('POST')]).toEqual([1, true])
  // Every request reached the server through the proxy.
  expect(proxy.passed.length).toBeGreaterThanOrEqual(cloud.operations.length)
})

test('asks for a proxy’s login once, stores it, and continues waiting uploads', async () => {
  const { app, file, proxy, secretStore, environment, open } = await setupProxied()
  await app.signIn()
  proxy.manners.login = login
  const [id = ''] = await app.add(await file('a.safetensors'))
  expect(await app.settled(id)).toMatchObject({ phase: 'failed', failure: { code: 'proxy-sign-in' } })
  expect(app.session().proxy).toEqual({ proxy: proxy.url, wasRefused: false })

  await app.calls.signInToProxy({ proxy: proxy.url, name: 'mira', password: 'wrong' })
  await app.until((_snapshot, session) => session.proxy?.wasRefused)
  expect(app.row(id).phase).not.toBe('registered')
  valueOf(await app.calls.signInToProxy({ proxy: proxy.url, ...right }))
  expect(await app.phase(id, 'registered')).toMatchObject({ failure: null })
  expect(app.session().proxy).toBeNull()
  expect(JSON.parse(secretStore.entries.get(`proxy ${proxy.url}`) ?? '')).toEqual(right)
  expect(JSON.stringify(environment.lines)).not.toMatch(/p:w@|p%3Aw%40/)

  // The next start reads it from the keychain, so the user is not asked.
  await app.stop()
  const next = await open()
  const [another = ''] = await next.add(await file('b.safetensors'))
  expect(await next.settled(another)).toMatchObject({ phase: 'registered' })
  expect(next.session().proxy).toBeNull()
})

test('verifies an upload once the proxy that refused the request has its login', async () => {
  const { app, cloud, file, proxy } = await setupProxied()
  await app.signIn()
  const held = cloud.hold('registerModel', 'answer')
  const [id = ''] = await app.add(await file('a.safetensors'))
  await held.arrived
  proxy.manners.login = login
  held.release()
  const verification = (kind: string) => app.until(() => app.row(id).verification?.kind === kind)
  await verification('not-verified')
  expect(app.row(id).verification).toMatchObject({ reason: 'proxy-sign-in', isFinal: false })
  valueOf(await app.calls.signInToProxy({ proxy: proxy.url, ...right }))
  await verification('verified')
})

test('asks for the proxy login during sign-in, and again after it was dismissed', async () => {
  const { app, proxy } = await setupProxied({ login })
  const signIn = () => app.calls.signIn({ email: ALICE.email, password: ALICE.password })
  expect(await signIn()).toMatchObject({ ok: false, failure: { code: 'proxy-sign-in' } })
  expect(app.session().proxy?.proxy).toBe(proxy.url)
  await app.calls.leaveProxy(undefined)
  expect(app.session().proxy).toBeNull()
  await signIn()
  expect(app.session().proxy?.proxy).toBe(proxy.url)
  await app.calls.signInToProxy({ proxy: proxy.url, ...right })
  expect(await signIn()).toMatchObject({ ok: true, value: { proxy: null } })
})

test('uses the next proxy when one does not answer', async () => {
  const dead = await openProxy()
  await dead.close()
  const { app, file, proxy } = await setupProxied({}, [dead.url])
  await app.signIn()
  const [id = ''] = await app.add(await file('a.safetensors'))
  expect(await app.settled(id)).toMatchObject({ phase: 'registered' })
  expect(proxy.passed.length).toBeGreaterThan(3)
})

test('tries an unreachable proxy again once the network has changed', async () => {
  let attempts = 0
  const server = createServer((socket) => {
    attempts += 1
    socket.destroy()
  })
  // An address that no other test uses, so that the port stays free while nothing listens.
  const listen = async (at: number) => once(server.listen(at, '127.0.0.77'), 'listening')
  await listen(0)
  const { port } = server.address() as AddressInfo
  await promisify(server.close.bind(server))()
  onTestFinished(() => void server.close())
  const findProxies = async () => [`http://127.0.0.77:${port}`, 'direct']
  const { app } = await setup({ as: null, findProxies })
  await app.signIn()
  await listen(port)
  await app.engine.confirmSignIns()
  expect(attempts).toBe(0)
  app.engine.networkChanged()
  await app.engine.confirmSignIns()
  expect(attempts).toBeGreaterThan(0)
})

test('continues an upload after its proxy failed and the connection is back', async () => {
  const { app, file, proxy, clock } = await setupProxied()
  await app.signIn()
  proxy.manners.cutsAfterBytes = 1_000_000
  const [id = ''] = await app.add(await file('a.safetensors', { sizeBytes: 6_000_000 }))
  expect(await app.phase(id, 'retrying')).toMatchObject({ failure: { code: 'connection-lost' } })
  proxy.manners.cutsAfterBytes = Infinity
  clock.advance(60_000)
  expect(await app.phase(id, 'registered')).toMatchObject({ failure: null })
})

test('names the proxy in the server check', async () => {
  const { app, cloud, proxy } = await setupProxied()
  expect(await app.engine.checkServer(cloud.url)).toMatchObject({
    failure: null,
    isReached: true,
    isApi: true,
    proxy: proxy.url,
  })
  proxy.manners.login = login
  expect(await app.engine.checkServer(cloud.url)).toMatchObject({
    failure: { code: 'proxy-sign-in', params: { host: proxy.host } },
    isReached: false,
    isApi: false,
  })
})
