import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ALICE, ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { valueOf } from '../../support/engine.ts'
import { setupPairing } from '../../support/pairing.ts'

/** The pattern of each kind of secret. */
const shapes = {
  'a JSON Web Token': /eyJ[\w-]{10}/,
  'a device key': /dk-[\w-]{20}/,
  'an agent’s key': /ak-[\w-]{20}/,
  'a presigned URL': /X-Amz-(Signature|Credential)/i,
}

/** All lasting output by name: the data folder, each log line before it is redacted, the page’s data. */
async function everything({ home, environment, app }: Awaited<ReturnType<typeof setupPairing>>) {
  const history = valueOf(await app.calls.history({ beforeMs: null, search: '', limit: 500 }))
  const files = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return {
    ...Object.fromEntries(
      files.map(({ parentPath, name }) => [name, readFileSync(join(parentPath, name)).toString('latin1')]),
    ),
    log: JSON.stringify(environment.lines),
    page: JSON.stringify([app.engine.snapshot(), app.session(), history]),
  }
}

/** All that the page receives: events, and the answers to the calls of the test. */
function recordedPage({ engine, calls }: Awaited<ReturnType<typeof setupPairing>>['app']) {
  const received: unknown[] = []
  const record = (...values: readonly unknown[]) => void received.push(values)
  engine.subscribe({ patch: record, details: record, session: record, library: record, verified: record })
  const recording = new Proxy(calls, {
    get: (target, name) => async (args: unknown) => {
      const answer: unknown = await (Reflect.get(target, name) as (given: unknown) => unknown)(args)
      record(name, answer)
      return answer
    },
  })
  return { calls: recording, text: () => JSON.stringify(received) }
}

test('uploads by both sign-ins, with failures, leave no secret outside the keychain', async () => {
  const harness = await setupPairing({
    settings: { singlePutLimitBytes: 6_000_000 },
    cloud: { minimumPartBytes: 5 * 1024 ** 2 },
  })
  const { app, cloud, file, pair, secretStore, clock } = harness
  const secrets = new Set([ALICE.password])
  secretStore.beforeCall = () => secretStore.entries.forEach((secret) => secrets.add(secret))

  await pair()
  cloud.fail({ on: 'put-object', how: 'expired-url' })
  cloud.fail({ on: 'registerModel', how: 'half-json' })
  const [small = ''] = await app.add(await file('small.safetensors'))
  expect(await app.settled(small)).toMatchObject({ phase: 'registered' })

  await app.signIn()
  cloud.fail({ on: 'put-part', how: 403 })
  cloud.fail({ on: 'registerModel', how: 401 })
  const [large = ''] = await app.add(await file('large.safetensors', { sizeBytes: 16_000_000 }))
  expect(await app.settled(large)).toMatchObject({ phase: 'registered' })
  await app.calls.signInWithKey({ key: 'sk-0123456789012345678901234567' })
  const before = await everything(harness)
  for (const { id: accountId } of app.session().accounts) await app.calls.signOut({ accountId })
  clock.advance(1_000)

  const places = await everything(harness)
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(2)
  expect(secrets.size).toBeGreaterThan(3)
  const tokens = [...secrets].flatMap((secret) => [
    secret,
    ...secret.split('"').filter((part) => part.length > 40),
  ])
  const all = [...Object.entries(before), ...Object.entries(places)]
  const found = all.flatMap(([place, text]) => [
    ...tokens.filter((token) => text.includes(token)).map(() => `a known secret in ${place}`),
    ...Object.entries(shapes).flatMap(([name, shape]) => (shape.test(text) ? [`${name} in ${place}`] : [])),
    ...(text.includes('sk-0123456789') ? [`the pasted key in ${place}`] : []),
  ])
  expect(found).toEqual([])
  // Proves that the search reads the journal, the log and the page.
  expect(Object.keys(places)).toEqual(expect.arrayContaining(['journal.sqlite', 'log', 'page']))
  expect([places.log.length > 100, before.page.includes(ALICE.email)]).toEqual([true, true])
  expect(
    Object.entries(before).some(([place, text]) => place.startsWith('journal') && text.includes(ALICE.email)),
  ).toBe(true)
})

test('errors that repeat the request show no secret of it', async () => {
  const harness = await setupPairing({
    settings: { singlePutLimitBytes: 6_000_000 },
    cloud: { minimumPartBytes: 5 * 1024 ** 2 },
  })
  const { app, cloud, file, pair, start, poll, secretStore } = harness
  const page = recordedPage(app)
  const { calls } = page
  const pastedKey = 'dk-0123456789012345678901234567'
  const secrets = new Set([ALICE.password, pastedKey])
  secretStore.beforeCall = () => secretStore.entries.forEach((secret) => secrets.add(secret))
  /** An upload that fails at this operation, and all that the page can ask about it. */
  async function upload(on: string, status: number, sizeBytes: number) {
    cloud.fail({ on, how: 'echo', status, times: Infinity })
    const [id = ''] = await app.add(await file(`${on}-${status}.safetensors`, { sizeBytes }))
    await app.until(() => app.row(id).failure)
    await calls.watch({ id })
    await calls.uploadLog({ id })
    await calls.receipts({ ids: [id] })
    await app.pauseNow(id)
    cloud.clearFailures()
  }

  const { email, password } = ALICE
  for (const status of [400, 401, 403]) {
    cloud.fail({ on: 'login', how: 'echo', status })
    await calls.signIn({ email, password })
  }
  cloud.fail({ on: 'login', how: 'echo-html' })
  await calls.signIn({ email, password })
  cloud.fail({ on: 'getCurrentUser', how: 'echo' })
  await calls.signInWithKey({ key: pastedKey })
  await start()
  cloud.fail({ on: 'pollPairing', how: 'echo', status: 403 })
  await poll()
  await app.until((_snapshot, session) => session.pairing?.failure)
  await pair()
  for (const status of [400, 403, 503]) await upload('put-object', status, 150_000)
  const { chosen } = await app.signIn()
  for (const on of ['presignModel', 'initiateMultipart', 'presignPart', 'put-part', 'registerModel'])
    await upload(on, 400, 12_000_000)
  cloud.fail({ on: 'api', how: 'echo', times: Infinity })
  if (chosen) await calls.agents({ choice: chosen })
  await calls.refreshTeams(undefined)
  const places = await everything(harness)

  const parts = [...secrets].flatMap((secret) => [
    secret,
    ...secret.split('"').filter(({ length }) => length > 40),
  ])
  const found = Object.entries({ ...places, page: places.page + page.text() }).flatMap(([place, text]) => [
    ...(parts.some((secret) => text.includes(secret)) ? [`a known secret in ${place}`] : []),
    ...(/the signature is \w|aws4_request|device_code[^[\w]+\w/.test(text)
      ? [`a signature or code in ${place}`]
      : []),
  ])
  expect(found).toEqual([])
  // Proves that the repeated requests were shown, without their secrets.
  expect(page.text()).toContain('the key is [removed]')
  expect(page.text()).toContain('the signature is [removed]')
})
