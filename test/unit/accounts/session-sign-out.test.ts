import { expect, test } from 'vitest'
import { valueOf } from '../../support/engine.ts'
import { setupSession } from '../../support/session.ts'

test('a session that was ended beside this process is not refreshed back into the keychain', async () => {
  const { pair, anotherSession, vault, refreshes } = await setupSession()
  let hasLeft = false
  const session = anotherSession(undefined, () => hasLeft)
  valueOf(await session.token())
  hasLeft = true
  vault.entries.clear()
  expect(await session.renew(pair.access_token)).toMatchObject({ failure: { code: 'signed-out' } })
  expect([vault.entries.size, refreshes()]).toEqual([0, []])
})

test('a keychain that answers as if it were empty, locked meanwhile, ends no session', async () => {
  const { session, pair, vault } = await setupSession()
  vault.entries.clear()
  expect(await session.renew(pair.access_token)).toMatchObject({ ok: true })
})
