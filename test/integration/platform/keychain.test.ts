import { describe, expect, test } from 'vitest'
import { runSteps, startDisplay } from './keyring-session.ts'

// The real gnome-keyring by the real keytar, each time in a session of its own.

describe('an unlocked keyring', () => {
  test('keeps a secret, replaces it and lets it go', async () => {
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

  test('keeps a secret that is longer than Windows would take in one entry', async () => {
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
  'where there is none (%s), storing says so',
  async (session) => {
    const { answers, stuck, code } = await runSteps(session, [['set', 'session a', 'secret']])
    expect(answers).toMatchObject([{ ok: false, failure: { code: 'keychain-absent' } }])
    expect([stuck, code]).toEqual([false, 0])
  },
)

describe('a locked keyring', () => {
  test('that cannot ask for its password says that it is locked, and nothing crashes', async () => {
    const { answers, code } = await runSteps('locked', [
      ['set', 'session a', 'secret'],
      ['get', 'session a'],
    ])
    expect(answers[0]).toMatchObject({ ok: false, failure: { code: 'keychain-locked' } })
    // `null` does not mean "never stored": a locked keyring answers the same.
    expect(answers[1]).toEqual({ ok: true, value: null })
    expect(code).toBe(0)
  })

  test('whose question nobody answers is given up, and the process still ends', async () => {
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
