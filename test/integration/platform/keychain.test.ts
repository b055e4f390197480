import { describe, expect, test } from 'vitest'
import { runSteps, startDisplay } from './keyring-session.ts'

// A real gnome-keyring through the real keytar, in a new session for each test.

describe('an unlocked keyring', () => {
  test('stores, replaces and deletes a secret', async () => {
    const { answers, code } = await runSteps('unlocked', [
      ['get', 'session a'],
      ['set', 'session a', 'first'],
      ['set', 'session a', 'second'],
      ['get', 'session a'],
      ['get', 'session b'],
      ['delete', 'session a'],
      ['get', 'session a'],
    ])
    expect(answers).toEqual([
      { ok: true, value: null },
      { ok: true },
      { ok: true },
      { ok: true, value: 'second' },
      { ok: true, value: null },
      { ok: true },
      { ok: true, value: null },
    ])
    expect(code).toBe(0)
  })

  test('stores a secret longer than one entry on Windows', async () => {
    const secret = `${'x'.repeat(7_000)}漢`
    const { answers } = await runSteps('unlocked', [
      ['set', 'session a', secret],
      ['get', 'session a'],
      ['set', 'session a', 'short'],
      ['get', 'session a'],
    ])
    expect(answers).toEqual([
      { ok: true },
      { ok: true, value: secret },
      { ok: true },
      { ok: true, value: 'short' },
    ])
  })
})

test.each([['no-bus'], ['no-keyring']] as const)(
  'reports that there is no keychain (%s)',
  async (session) => {
    const { answers, stuck, code } = await runSteps(session, [['set', 'session a', 'secret']])
    expect(answers).toMatchObject([{ ok: false, failure: { code: 'keychain-absent' } }])
    expect([stuck, code]).toEqual([false, 0])
  },
)

describe('a locked keyring', () => {
  test('reports that it is locked when it can’t ask for its password', async () => {
    const { answers, code } = await runSteps('locked', [
      ['set', 'session a', 'secret'],
      ['get', 'session a'],
    ])
    expect(answers[0]).toMatchObject({ ok: false, failure: { code: 'keychain-locked' } })
    // `null` does not mean that nothing is stored: a locked keyring returns it as well.
    expect(answers[1]).toEqual({ ok: true, value: null })
    expect(code).toBe(0)
  })

  test('gives up a prompt that is not answered, and the process still ends', async () => {
    await using x = await startDisplay()
    const { answers, stuck } = await runSteps(
      'locked',
      [
        ['set', 'session a', 'secret'],
        ['get', 'session a'],
      ],
      { limitMs: 1_500, display: x.display },
    )
    expect(answers).toMatchObject([
      { ok: false, failure: { code: 'keychain-slow' } },
      { ok: false, failure: { code: 'keychain-slow' } },
    ])
    expect(stuck).toBe(true)
  })
})
