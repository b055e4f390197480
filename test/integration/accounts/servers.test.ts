import { expect, onTestFinished, test } from 'vitest'
import { ALICE, ALICES_TEAM_ID, BOB } from '../../cloud/accounts.ts'
import { startCloud } from '../../cloud/cloud.ts'
import { setup, usualSettings, valueOf } from '../../support/engine.ts'

/** A test setup with a second cloud; the first is used for new sign-ins. */
async function setupTwo() {
  const harness = await setup()
  const other = await startCloud({ now: harness.clock.now, verifiesHash: true })
  onTestFinished(() => other.close())
  const entries = [
    { address: harness.cloud.url, singlePutLimitBytes: null },
    { address: other.url, singlePutLimitBytes: 6_000_000 },
  ]
  const use = (server: string) =>
    harness.app.engine.applySettings({ ...usualSettings, server, servers: entries })
  use(harness.cloud.url)
  return { ...harness, other, use }
}

test('uploads each file to the server of its own account', async () => {
  const { app, cloud, other, use, file } = await setupTwo()
  use(other.url)
  await app.signIn(BOB)
  const accounts = app.session().accounts
  expect(accounts.map(({ server, email, state }) => [server, email, state])).toEqual([
    [cloud.url, ALICE.email, 'ready'],
    [other.url, BOB.email, 'ready'],
  ])
  const ids = []
  for (const { id: accountId, teams } of accounts) {
    valueOf(await app.calls.chooseTeam({ accountId, teamId: teams[0]?.id ?? '' }))
    ids.push(...(await app.add(await file(`${ids.length}.safetensors`))))
  }
  for (const id of ids) expect(await app.settled(id)).toMatchObject({ phase: 'registered' })
  const bobsTeam = accounts[1]?.teams[0]?.id ?? ''
  expect([cloud.modelsOf(ALICES_TEAM_ID).length, other.modelsOf(bobsTeam).length]).toEqual([1, 1])
  expect([cloud.modelsOf(bobsTeam).length, other.modelsOf(ALICES_TEAM_ID).length]).toEqual([0, 0])
})

test('uses each server’s own limit for single uploads', async () => {
  const { app, cloud, other, use, file } = await setupTwo()
  use(other.url)
  await app.signIn()
  const path = await file('a.safetensors', { sizeBytes: 12_000_000 })
  for (const { id: accountId } of app.session().accounts) {
    valueOf(await app.calls.chooseTeam({ accountId, teamId: ALICES_TEAM_ID }))
    const [id = ''] = await app.add(path)
    expect(await app.settled(id)).toMatchObject({ phase: 'registered' })
  }
  const inParts = (operations: readonly { readonly name: string }[]) =>
    operations.some(({ name }) => name === 'initiateMultipart')
  expect([inParts(cloud.operations), inParts(other.operations)]).toEqual([false, true])
})

test('hides the account of one of two servers once its user has signed out', async () => {
  const { app, cloud, other, use, file } = await setupTwo()
  use(other.url)
  await app.signIn()
  const [id = ''] = await app.add(await file('a.safetensors'))
  await app.settled(id)
  const there = app.session().accounts.find(({ server }) => server === cloud.url)
  valueOf(await app.calls.signOut({ accountId: there?.id ?? '' }))
  expect(app.session().accounts.map(({ server, state }) => [server, state])).toEqual([[other.url, 'ready']])
  expect(app.rows().map(({ accountId }) => accountId)).not.toContain(there?.id)
})

test('counts a server as used while an account or an upload belongs to it', async () => {
  const { app, cloud, other } = await setupTwo()
  const uses = (address: string) => app.engine.usesServer(address)
  expect([uses(cloud.url), uses(other.url)]).toEqual([true, false])
  const [accountId = ''] = app.session().accounts.map(({ id }) => id)
  await app.calls.signOut({ accountId })
  expect(uses(`${cloud.url}/`)).toBe(false)
})

test('finds the API’s path, and refuses an address without this API', async () => {
  const { app, other } = await setupTwo()
  const origin = new URL(other.url).origin
  expect(await app.engine.checkServer(origin)).toMatchObject({
    address: `${origin}/api/v1`,
    failure: null,
    isReached: true,
    isApi: true,
    certificate: 'none',
  })
  expect(await app.engine.checkServer(`${origin}/elsewhere`)).toMatchObject({
    address: `${origin}/elsewhere`,
    failure: { code: 'not-the-api' },
    isReached: true,
    isApi: false,
  })
  expect(await app.engine.checkServer('http://127.0.0.1:9/api/v1')).toMatchObject({
    failure: { code: 'server-unreachable' },
    isReached: false,
    isApi: false,
    clockAheadMs: 0,
  })
})

test('a command for one server sends nothing to another one, and keeps its uploads', async () => {
  const { app, cloud, file, open } = await setup({ isCommand: true })
  const held = cloud.hold('put-object')
  const [id = ''] = await app.add(await file('a.safetensors'))
  await held.arrived
  await app.pauseNow(id)
  held.release()
  const accountIds = app.engine.session().accounts.map(({ id: accountId }) => accountId)
  await app.stop()
  cloud.forgetOperations()
  const other = await startCloud()
  onTestFinished(() => other.close())
  const { signal } = new AbortController()
  const command = await open({ server: other.url, servers: [] })
  expect(valueOf(await command.engine.resumeUnfinished({ signal, accountIds }))).toEqual([])
  await command.engine.confirmSignIns()
  await command.stop()
  expect(cloud.operations).toEqual([])
  const next = await open()
  expect(valueOf(await next.engine.resumeUnfinished({ signal, accountIds }))).toEqual([id])
  expect(await next.settled(id)).toMatchObject({ phase: 'registered' })
})

test('a command for one server leaves what was cancelled on another one to the next start', async () => {
  const { app, cloud, file, open } = await setup({
    isCommand: true,
    settings: { singlePutLimitBytes: 6_000_000 },
  })
  const held = cloud.hold('put-part')
  const [id = ''] = await app.add(await file('a.safetensors', { sizeBytes: 12_000_000 }))
  await held.arrived
  await app.pauseNow(id)
  held.release()
  cloud.fail({ on: 'abortMultipart', how: 500, times: Infinity })
  valueOf(await app.calls.cancel({ ids: [id] }))
  await app.engine.cleanUpAbandoned()
  expect(app.engine.abandonedCount()).toBe(1)
  await app.stop()
  cloud.clearFailures()
  cloud.forgetOperations()
  const other = await startCloud()
  onTestFinished(() => other.close())
  const command = await open({ server: other.url, servers: [] })
  await command.engine.cleanUpAbandoned()
  expect([command.engine.abandonedCount(), cloud.operations]).toEqual([0, []])
  await command.stop()
  const next = await open()
  await next.engine.cleanUpAbandoned()
  expect([next.engine.abandonedCount(), await cloud.unfinishedUploads()]).toEqual([0, []])
})
