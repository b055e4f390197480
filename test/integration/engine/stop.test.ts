import { readdirSync, truncateSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { dayMs, setup, valueOf } from '../../support/engine.ts'
import { leasedFile } from '../../support/leased-file.ts'

test('leaves no timer and no open journal when it is stopped', async () => {
  const { app, clock, cloud, file, home } = await setup({
    networkAddresses: () => '10.0.0.1',
  })
  const [registered = ''] = await app.add(await file('registered.safetensors'))
  await app.phase(registered, 'registered')
  // Registered uploads leave the list at midnight.
  await expect.poll(() => clock.waits().some((waitMs) => waitMs > dayMs / 2)).toBe(true)
  cloud.fail({ on: 'put-object', how: 503 })
  const [retrying = ''] = await app.add(await file('retrying.safetensors'))
  await app.phase(retrying, 'retrying')
  // It may still be copied.
  const cut = await file('cut.safetensors')
  truncateSync(cut, 50_000)
  await app.add(cut)
  const held = cloud.hold('put-object', 'answer')
  await app.add(await file('sending.safetensors'))
  await held.arrived
  app.engine.networkChanged()
  // Of refused files and connections, and the feed.
  const delays = [5_000, 1_000]
  await expect.poll(() => clock.delays()).toEqual(expect.arrayContaining(delays))
  await expect.poll(() => clock.delays().length).toBeGreaterThan(5)
  await app.stop()
  held.release()
  expect(clock.waits()).toEqual([])
  expect(readdirSync(home).filter((name) => name.startsWith('journal.sqlite-'))).toEqual([])
})

test('stops uploads while a file that waited for a team can’t be read', async () => {
  const { app, cloud, file } = await setup({ isTeamChosen: false })
  const accountId = app.session().accounts[0]?.id ?? ''
  const team = { accountId, teamId: ALICES_TEAM_ID }
  const held = cloud.hold('put-object', 'answer')
  await app.add(await file('sending.safetensors'), { team })
  await held.arrived
  const leased = await leasedFile()
  await app.engine.add([leased.path], { source: 'outside' })
  valueOf(await app.calls.chooseTeam(team))
  await leased.until('requested')
  await app.stop()
  held.release()
  // The kernel would let the file be read after 45 s.
}, 30_000)

test('ignores a network change after the stop', async () => {
  const { app, clock } = await setup()
  await app.stop()
  app.engine.networkChanged()
  expect(clock.waits()).toEqual([])
})
