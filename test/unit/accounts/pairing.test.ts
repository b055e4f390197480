import { expect, onTestFinished, test } from 'vitest'
import { createPairings } from '../../../electron/accounts/pairing.ts'
import { createCloudClient } from '../../../electron/cloud/client.ts'
import type { Account } from '../../../electron/contract/account.ts'
import { success, type Result } from '../../../electron/contract/failures.ts'
import { ALICE, ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { startCloud } from '../../cloud/cloud.ts'
import { valueOf } from '../../support/engine.ts'
import { standingClock, createTestEnvironment } from '../../support/hand-clock.ts'

const account: Account = {
  id: 'cloud alice team',
  kind: 'device',
  server: 'https://cloud.example',
  state: 'ready',
  personId: ALICE.id,
  name: 'Alice',
  email: ALICE.email,
  teams: [],
}

/** Pairings at a local cloud with a manual clock; `given` is the result of storing a key. */
async function setup(
  given: {
    readonly acceptDeviceKey?: () => Promise<Result<Account>>
    readonly onSignedIn?: () => void
  } = {},
) {
  const environment = createTestEnvironment(standingClock())
  const { clock } = environment
  // A clock of its own, so that `clock` has no timers but those of the pairing.
  const requests = { ...environment, timers: standingClock().timers }
  const cloud = await startCloud({ now: clock.now })
  onTestFinished(() => cloud.close())
  const discarded: string[] = []
  const arrived: Account[] = []
  const shown: string[] = []
  const pairings = createPairings({
    environment,
    clientFor: (server) => createCloudClient(server, requests),
    acceptDeviceKey: given.acceptDeviceKey ?? (async () => success(account)),
    finishPendingKey: async () => null,
    discardKey: (_server, key) => discarded.push(key),
    onSignedIn(one) {
      arrived.push(one)
      given.onSignedIn?.()
    },
    onChange: () => shown.push(stateOf(pairings.current())),
  })
  const polls = () => cloud.operations.filter(({ name }) => name === 'pollPairing').length
  const start = () => pairings.start(cloud.url)
  const confirm = () => cloud.confirmPairing(pairings.current()?.userCode ?? '', ALICE.email, ALICES_TEAM_ID)
  /** Fires the next poll, waits for its effects, and returns the delay before it. */
  async function poll() {
    const [waitMs = NaN] = clock.waits()
    const before = polls()
    clock.advance(waitMs)
    await cloud.ended('pollPairing', before + 1)
    await expect.poll(() => clock.waits().length === 1 || pairings.current()?.state !== 'waiting').toBe(true)
    return waitMs
  }
  return {
    cloud,
    clock,
    pairings,
    arrived,
    shown,
    polls,
    start,
    poll,
    /** Pairs up to the storing of the key. */
    async beginStoring() {
      await start()
      confirm()
      await poll()
      await expect.poll(() => shown.at(-1)).toBe('storing')
    },
  }
}

function stateOf(pairing: ReturnType<ReturnType<typeof createPairings>['current']>): string {
  return pairing ? [pairing.state, pairing.failure?.code].filter(Boolean).join(' ') : 'none'
}

test('returns the failure when the server refuses to start a pairing', async () => {
  const { cloud, pairings, start } = await setup()
  cloud.fail({ on: 'startPairing', how: 503 })
  expect(await start()).toMatchObject({ failure: { code: 'server-trouble' } })
  expect(pairings.current()).toBeNull()
})

test('polls a failing server less often, but once shortly before the code expires', async () => {
  const { cloud, start, poll, shown, pairings } = await setup()
  cloud.fail({ on: 'pollPairing', how: 503, times: Infinity })
  await start()
  const waits: number[] = []
  while (pairings.current()?.state === 'waiting') waits.push((await poll()) / 1000)
  expect(waits).toEqual([2, 4, 8, 16, 30, 30, 30, 30, 30, 30, 30, 30, 28, 2])
  expect(shown).toEqual(['waiting', 'waiting server-trouble', 'over pairing-over'])
})

test('polls at once, for the last time, when the computer wakes up after the code has expired', async () => {
  const { cloud, start, poll, clock, shown, polls } = await setup()
  await start()
  cloud.fail({ on: 'pollPairing', how: 503 })
  const held = cloud.hold('pollPairing', 'answer', { times: 1 })
  clock.advance(2_000)
  await held.arrived
  clock.advance(600_000)
  held.release()
  await expect.poll(() => clock.waits()).toHaveLength(1)
  expect([await poll(), polls(), shown]).toEqual([
    0,
    2,
    ['waiting', 'waiting server-trouble', 'over pairing-over'],
  ])
})

test('cancelling while the key is stored hides the pairing, and signs in anyway', async () => {
  const stored = Promise.withResolvers<Result<Account>>()
  const { beginStoring, start, shown, arrived, pairings } = await setup({
    acceptDeviceKey: () => stored.promise,
  })
  await beginStoring()
  pairings.cancel()
  valueOf(await start())
  stored.resolve(success(account))
  await expect.poll(() => arrived).toEqual([account])
  // The pairing that was started meanwhile is kept.
  expect([pairings.current()?.state, shown]).toEqual(['waiting', ['waiting', 'storing', 'none', 'waiting']])
})
