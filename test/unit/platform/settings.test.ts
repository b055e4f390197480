import { describe, expect, test } from 'vitest'
import type { Log } from '../../../electron/platform/environment.ts'
import { createSettings, parseSettings, type JsonStore } from '../../../electron/platform/settings.ts'
import { defaultSettings } from '../../../electron/contract/settings.ts'
import { serverAddressOf } from '../../../electron/contract/servers.ts'
import { valueOf } from '../../support/engine.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'

function setup(stored: Record<string, unknown> = {}, serverFromOutside?: string, isWritable = true) {
  const values: Record<string, unknown> = { ...stored }
  const warnings: unknown[] = []
  const store: JsonStore = {
    read: () => values,
    write(more) {
      if (isWritable) Object.assign(values, more)
      return isWritable
    },
  }
  const log: Log = { info() {}, error() {}, warn: (_message, facts) => void warnings.push(facts) }
  return { values, settings: valueOf(createSettings({ store, serverFromOutside, log })) }
}

describe('what is on disk', () => {
  test('is parsed field by field, so that an invalid value affects only its field', () => {
    const stored = { atOnce: 99, dense: true, theme: 'purple', language: 'zh-Hant', unknown: 1 }
    expect(parseSettings(stored)).toEqual({
      settings: { ...defaultSettings, dense: true, language: 'zh-Hant' },
      refused: ['atOnce', 'theme'],
    })
  })

  test('can’t contain a server that the app would not accept from the user', () => {
    expect(parseSettings({ server: 'http://example.org/api' })).toEqual({
      settings: defaultSettings,
      refused: ['server'],
    })
  })

  test.each([
    [{ days: [0, 6], fromMinute: 0, toMinute: 23 * 60 + 59 }, true],
    [{ days: [7], fromMinute: 0, toMinute: 1 }, false],
    [{ days: [0], fromMinute: -1, toMinute: 1 }, false],
    [{ days: [0], fromMinute: 0, toMinute: 24 * 60 }, false],
  ])('refuses only quiet hours with invalid days or minutes: %o', (hours, isAccepted) => {
    const quietHours = [{ ...hours, limitBytesPerSecond: null }]
    expect(parseSettings({ quietHours }).refused).toEqual(isAccepted ? [] : ['quietHours'])
  })
})

describe('a change', () => {
  test('applies at once, is stored alone, and notifies with the previous settings', () => {
    const { values, settings } = setup()
    const heard: unknown[] = []
    settings.onChange((now, before) => heard.push([now.atOnce, before.atOnce]))
    expect(settings.change({ atOnce: 5 })).toMatchObject({ ok: true, value: { atOnce: 5 } })
    expect([settings.current().atOnce, values, heard]).toEqual([5, { atOnce: 5 }, [[5, 3]]])
  })

  test('that can’t be saved applies until the end of the app, and is reported', () => {
    const { values, settings } = setup({}, undefined, false)
    const heard: unknown[] = []
    settings.onChange((now) => heard.push(now.review))
    expect(settings.change({ review: 'always' })).toMatchObject({
      ok: false,
      failure: { code: 'settings-not-saved' },
    })
    expect([settings.current().review, heard, values]).toEqual(['always', ['always'], {}])
  })

  test('to a server that is neither https nor on this computer is refused and changes nothing', () => {
    const { values, settings } = setup()
    expect(settings.change({ server: 'http://example.org/api/v1', atOnce: 5 })).toMatchObject({
      ok: false,
      failure: { code: 'bad-server-address' },
    })
    expect([settings.current(), values]).toEqual([defaultSettings, {}])
  })
})

describe('a server from the environment', () => {
  test('replaces the stored one, but is not stored', () => {
    const { values, settings } = setup(
      { server: 'https://stored.example/api/v1' },
      'http://127.0.0.1:8787/api/v1/',
    )
    settings.change({ dense: true })
    expect(settings.current().server).toBe('http://127.0.0.1:8787/api/v1')
    expect(values).toEqual({ server: 'https://stored.example/api/v1', dense: true })
  })

  test('makes a change to another server fail, which changes nothing', () => {
    const { values, settings } = setup({}, 'https://fixed.example/api/v1')
    expect(settings.change({ server: 'https://other.example/api/v1', atOnce: 5 })).toMatchObject({
      ok: false,
      failure: { code: 'server-fixed', params: { host: 'fixed.example' } },
    })
    expect(settings.change({ server: 'https://fixed.example/api/v1/', dense: true })).toMatchObject({
      value: { server: 'https://fixed.example/api/v1', atOnce: defaultSettings.atOnce },
    })
    expect(values).toEqual({ dense: true })
  })

  test.each(['ftp://example.org', 'http://example.org/api/v1', 'http://localhost.example.org', 'cyberun'])(
    'is refused, not replaced, if it is no server address or an unencrypted one: %s',
    (serverFromOutside) => {
      const store: JsonStore = { read: () => ({}), write: () => true }
      const { log } = createTestEnvironment(standingClock())
      expect(createSettings({ store, serverFromOutside, log })).toMatchObject({
        ok: false,
        failure: { code: 'bad-server-address' },
      })
    },
  )

  test('is ignored if it is empty', () => {
    expect(setup({ server: 'https://stored.example' }, ' ').settings.current().server).toBe(
      'https://stored.example',
    )
  })
})

test.each([
  ['https://core.cyberun.cloud/api/v1/', 'https://core.cyberun.cloud/api/v1'],
  [' HTTPS://Example.ORG ', 'https://example.org'],
  ['http://localhost:8787/api/v1', 'http://localhost:8787/api/v1'],
  ['http://[::1]:1/api', 'http://[::1]:1/api'],
  ['http://127.0.0.1.example.org/', null],
  ['http://localhost.example.org/', null],
  ['https://user:secret@example.org/', null],
  ['https://user@example.org/', null],
  ['https://:secret@example.org/', null],
  ['https://example.org/?x=1', null],
  ['javascript:alert(1)', null],
  [`https://example.org/${'x'.repeat(99)}`, `https://example.org/${'x'.repeat(99)}`],
  [`https://example.org/${'x'.repeat(100)}`, null],
  [`https://${'x'.repeat(253)}/`, `https://${'x'.repeat(253)}`],
  [`https://${'x'.repeat(254)}/`, null],
  ['example.org', null],
])('the address %s is kept as %s', (text, kept) => {
  expect(serverAddressOf(text)).toBe(kept)
})
