import { expect } from 'vitest'
import { ALICE, ALICES_TEAM_ID, STUDIO_NORTH_ID } from '../cloud/accounts.ts'
import type { Cloud } from '../cloud/cloud.ts'
import { setup, valueOf, type EngineOptions } from './engine.ts'

/** A test environment without a signed-in account, and the user's actions with a pairing code. */
export async function setupPairing(options: EngineOptions = {}) {
  const harness = await setup({ as: null, ...options })
  const { app, cloud, clock } = harness
  const start = async () => {
    const { pairing } = valueOf(await app.calls.startPairing(undefined))
    if (!pairing) throw new Error('there is no pairing')
    return pairing
  }
  /** Resolves once the delay before the next poll is the only timer; requests have longer timeouts. */
  const untilPollIsDue = () =>
    expect.poll(() => clock.waits().map((waitMs) => waitMs < 15_000)).toEqual([true])
  /** Fires the next poll and waits for its response. */
  const poll = async () => {
    await untilPollIsDue()
    const before = harness.countOf('pollPairing')
    clock.advance(clock.waits()[0] ?? 0)
    await cloud.ended('pollPairing', before + 1)
  }
  return {
    ...harness,
    start,
    untilPollIsDue,
    poll,
    async pair(email = ALICE.email, teamId = ALICES_TEAM_ID) {
      cloud.confirmPairing((await start()).userCode, email, teamId)
      await poll()
      return app.until((_snapshot, session) =>
        session.accounts.find(
          ({ kind, state, teams }) => kind === 'device' && state === 'ready' && teams[0]?.id === teamId,
        ),
      )
    },
  }
}

/** Pairs a device of Alice's for Studio North with the API and returns its key. */
export async function createDeviceKey(cloud: Cloud): Promise<string> {
  const post = async (path: string, body: object) => {
    const answer = await fetch(`${cloud.url}${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    })
    return (await answer.json()) as Record<string, string>
  }
  const { device_code: code = '', user_code: shown = '' } = await post('/desktop/pair/start', {})
  cloud.confirmPairing(shown, ALICE.email, STUDIO_NORTH_ID)
  const { raw_key: key = '' } = await post('/desktop/pair/poll', { device_code: code })
  cloud.forgetOperations()
  return key
}
