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
