import { expect, test } from 'vitest'
import { valueOf } from '../../support/engine.ts'
import { setupSession } from '../../support/session.ts'

test('does not refresh a session that another process has ended', async () => {
  const { pair, anotherSession, secretStore, refreshes } = await setupSession()
  let hasLeft = false
  const session = anotherSession(undefined, () => hasLeft)
  valueOf(await session.token())
  hasLeft = true
  secretStore.entries.clear()
  expect(await session.renew(pair.access_token)).toMatchObject({ failure: { code: 'signed-out' } })
  expect([secretStore.entries.size, refreshes()]).toEqual([0, []])
})

test('ends no session when a locked keychain looks empty', async () => {
  const { session, pair, secretStore } = await setupSession()
  secretStore.entries.clear()
  expect(await session.renew(pair.access_token)).toMatchObject({ ok: true })
})

test('stores nothing if another process ends the session during a refresh', async () => {
  const { pair, anotherSession, secretStore, cloud } = await setupSession()
  let hasLeft = false
  const session = anotherSession(undefined, () => hasLeft)
  const held = cloud.hold('refresh', 'answer')
  const renewed = session.renew(pair.access_token)
  await held.arrived
  hasLeft = true
  secretStore.entries.clear()
  held.release()
  expect(await renewed).toMatchObject({ failure: { code: 'signed-out' } })
  expect([secretStore.entries.size, await session.token()]).toMatchObject([
    0,
    { failure: { code: 'signed-out' } },
  ])
})
