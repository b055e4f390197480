import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Log } from '../../../electron/platform/environment.ts'
import {
  createKeychain,
  entryLimitBytes,
  splitSecret,
  type Keytar,
} from '../../../electron/platform/keychain.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'

const log: Log = { info() {}, warn() {}, error() {} }

/** A store with Windows' limit of 2,560 bytes per entry, which changes its entries some time after a call. */
function setup(limitMs = 1_000) {
  const entries = new Map<string, string>()
  const calls: string[] = []
  const keytar: Keytar = {
    async getPassword(_service, account) {
      calls.push(`get ${account}`)
      return entries.get(account) ?? null
    },
    async setPassword(service, account, password) {
      if (Buffer.byteLength(password) > 2_560) throw new Error('The stub received bad data.')
      await new Promise(setImmediate)
      calls.push(`set ${service}`)
      entries.set(account, password)
    },
    async deletePassword(_service, account) {
      await new Promise(setImmediate)
      return entries.delete(account)
    },
  }
  return { entries, calls, keytar, keychain: createKeychain({ log, limitMs, load: async () => keytar }) }
}

describe('a secret', () => {
  test('that fits is stored in one entry under the app’s name', async () => {
    const { entries, calls, keychain } = setup()
    expect(await keychain.set('session', 'short')).toEqual({ ok: true, value: undefined })
    expect([...entries]).toEqual([['session', 'short']])
    expect(calls).toContain('set Modelferry')
    expect(await keychain.get('session')).toEqual({ ok: true, value: 'short' })
  })

  test('that exceeds Windows’ limit is stored in pieces', async () => {
    const { entries, keychain } = setup()
    const secret = `é${'x'.repeat(6_000)}漢`
    await keychain.set('session', secret)
    expect(entries.size).toBe(4)
    expect(await keychain.get('session')).toEqual({ ok: true, value: secret })
  })

  test.each([
    ['of 2,400 bytes is stored in one entry', 'é'.repeat(1_200), 1],
    ['of 2,401 bytes is stored in two pieces', `${'é'.repeat(1_200)}x`, 3],
    ['of 4,800 bytes is stored in two pieces', 'é'.repeat(2_400), 3],
    ['of 4,801 bytes is stored in three pieces', `x${'é'.repeat(2_400)}`, 4],
  ])('%s', async (_what, secret, entryCount) => {
    const { entries, keychain } = setup()
    await keychain.set('session', secret)
    expect([entries.size, await keychain.get('session')]).toEqual([entryCount, { ok: true, value: secret }])
  })

  test('leaves no piece behind when it is replaced or deleted', async () => {
    const { entries, keychain } = setup()
    await keychain.set('session', 'x'.repeat(6_000))
    await keychain.set('session', 'y'.repeat(3_000))
    expect(await keychain.get('session')).toEqual({ ok: true, value: 'y'.repeat(3_000) })
    expect(entries.size).toBe(3)
    await keychain.set('session', 'short')
    expect([...entries.keys()]).toEqual(['session'])
    await keychain.set('session', 'x'.repeat(6_000))
    await keychain.delete('session')
    expect(entries.size).toBe(0)
  })

  test('of which a piece is missing or changed counts as not stored', async () => {
    const { entries, keychain } = setup()
    await keychain.set('session', 'x'.repeat(6_000))
    const piece = [...entries.keys()].find((name) => name.includes('part')) ?? ''
    entries.set(piece, 'changed')
    expect(await keychain.get('session')).toEqual({ ok: true, value: null })
    entries.delete(piece)
    expect(await keychain.get('session')).toEqual({ ok: true, value: null })
  })

  test('survives a crash in the middle of being replaced', async () => {
    const { keytar, keychain } = setup()
    await keychain.set('session', 'old'.repeat(2_000))
    const dying = createKeychain({
      log,
      load: async () => ({
        ...keytar,
        async setPassword(service, account, password) {
          if (account === 'session') throw new Error('gone')
          await keytar.setPassword(service, account, password)
        },
      }),
    })
    expect((await dying.set('session', 'new'.repeat(2_000))).ok).toBe(false)
    expect(await keychain.get('session')).toEqual({ ok: true, value: 'old'.repeat(2_000) })
  })

  test('that an earlier version has stored in pieces can be read', async () => {
    const { entries, keychain } = setup()
    const digest = createHash('sha256').update('one two').digest('hex')
    entries.set('session', `modelferry-parts:2:0badcafe:${digest}`)
    entries.set('session part 0badcafe 1', 'one ')
    entries.set('session part 0badcafe 2', 'two')
    expect(await keychain.get('session')).toEqual({ ok: true, value: 'one two' })
  })

  test('whose head was damaged is returned as it is stored', async () => {
    const { entries, keychain } = setup()
    const heads = [
      'modelferry-parts:1000:0badcafe:',
      'modelferry-parts:1:0badcaf:',
      'x modelferry-parts:1:0badcafe:',
    ]
    for (const head of heads) {
      entries.set('session', `${head}${'0'.repeat(64)}`)
      expect(await keychain.get('session')).toEqual({ ok: true, value: entries.get('session') })
    }
  })
})

test('a secret in pieces is not read while it is being replaced', async () => {
  const { keytar, keychain, entries } = setup()
  const [old, next] = ['old', 'new'].map((text) => text.repeat(2_000))
  await keychain.set('session', old ?? '')
  const gate = Promise.withResolvers<void>()
  const slow = createKeychain({
    log,
    load: async () => ({
      ...keytar,
      async setPassword(service, account, password) {
        await gate.promise
        await keytar.setPassword(service, account, password)
      },
    }),
  })
  const [written, read, deleted] = [
    slow.set('session', next ?? ''),
    slow.get('session'),
    slow.delete('session'),
  ]
  gate.resolve()
  expect([await written, await read, await deleted]).toMatchObject([
    { ok: true },
    { value: next },
    { ok: true },
  ])
  expect(entries.size).toBe(0)
})

test('logs a failed call, and calls after it work', async () => {
  const { keytar } = setup()
  const { log: recorded, lines } = createTestEnvironment(standingClock())
  let calls = 0
  const keychain = createKeychain({
    log: recorded,
    async load() {
      if ((calls += 1) === 1) throw new Error('User canceled the operation.')
      return keytar
    },
  })
  expect(await keychain.set('a', 'b')).toMatchObject({ failure: { code: 'keychain-locked' } })
  expect(lines).toMatchObject([{ level: 'warn', facts: { what: 'set' } }])
  expect([await keychain.set('a', 'b'), await keychain.get('a')]).toMatchObject([
    { ok: true },
    { value: 'b' },
  ])
})

describe('a keychain that hangs', () => {
  test.each([true, false])(
    'reports that it has recovered if a late call has succeeded: %s',
    async (succeeds) => {
      const { keytar } = setup()
      const gate = Promise.withResolvers<string | null>()
      const load = async () => ({ ...keytar, getPassword: () => gate.promise })
      const keychain = createKeychain({ log, limitMs: 5, load })
      let recoveries = 0
      keychain.onRecovered(() => (recoveries += 1))
      expect(await keychain.get('a')).toMatchObject({ failure: { code: 'keychain-slow' } })
      if (succeeds) gate.resolve('late')
      else gate.reject(new Error('User canceled the operation.'))
      await expect.poll(() => keychain.isStuck()).toBe(false)
      expect(recoveries).toBe(succeeds ? 1 : 0)
    },
  )

  test('times out, fails at once while it is stuck, and works again afterwards', async () => {
    const { keytar } = setup()
    const gate = Promise.withResolvers<string | null>()
    let asked = 0
    const keychain = createKeychain({
      log,
      limitMs: 5,
      load: async () => ({
        ...keytar,
        getPassword: () => ((asked += 1) === 1 ? Promise.resolve('fast') : gate.promise),
      }),
    })
    expect(await keychain.get('a')).toEqual({ ok: true, value: 'fast' })
    expect(await keychain.get('a')).toMatchObject({ ok: false, failure: { code: 'keychain-slow' } })
    expect(keychain.isStuck()).toBe(true)
    expect(await keychain.get('b')).toMatchObject({ ok: false, failure: { code: 'keychain-slow' } })
    expect(asked).toBe(2)
    gate.resolve('late')
    await gate.promise
    await expect.poll(() => keychain.isStuck()).toBe(false)
    expect(await keychain.get('c')).toEqual({ ok: true, value: 'late' })
  })
})

test('reports a keychain that cannot be loaded as absent', async () => {
  const keychain = createKeychain({
    log,
    load: () => Promise.reject(new Error('libsecret-1.so.0: cannot open shared object file')),
  })
  expect(await keychain.set('a', 'b')).toMatchObject({ ok: false, failure: { code: 'keychain-absent' } })
})

test('splits secrets at the limit, but never inside a character', () => {
  const secret = '漢'.repeat(entryLimitBytes)
  const pieces = splitSecret(secret, entryLimitBytes)
  expect(pieces.join('')).toBe(secret)
  expect(pieces.map((piece) => Buffer.byteLength(piece))).toEqual([
    entryLimitBytes,
    entryLimitBytes,
    entryLimitBytes,
  ])
  expect(splitSecret('', 10)).toEqual([])
  expect([splitSecret('ab漢c', 3), splitSecret('a漢漢b', 2)]).toEqual([
    ['ab', '漢', 'c'],
    ['a', '漢', '漢', 'b'],
  ])
})
