import { expect, test } from 'vitest'
import type { CallArgs } from '../../../electron/contract/calls.ts'
import { failure } from '../../../electron/contract/failures.ts'
import type { ServerCheck } from '../../../electron/contract/servers.ts'
import { defaultSettings, type Settings } from '../../../electron/contract/settings.ts'
import { createRateLimit } from '../../../electron/desktop/security/rate-limit.ts'
import { createServerHandlers, serverCheckLimit } from '../../../electron/desktop/server-handlers.ts'
import type { Log } from '../../../electron/platform/environment.ts'
import { createSettings } from '../../../electron/platform/settings.ts'
import { valueOf } from '../../support/engine.ts'
import { fakeEngine } from '../../support/fake-engine.ts'

const home = 'https://models.example/api/v1'
const stranger = 'https://stranger.example/api/v1'
const silentLog: Log = { info() {}, warn() {}, error() {} }
const rejected = { ok: false, failure: { code: 'bad-call' } }

interface Answers {
  /** The answers to the questions, in order; a single one for all. */
  readonly isConfirmed?: boolean | readonly boolean[]
  readonly check?: Partial<ServerCheck>
  readonly usedServer?: string
  readonly isSaved?: boolean
  /** As `MODELFERRY_SERVER`. */
  readonly serverFromOutside?: string
}

function setup(answers: Answers = {}) {
  const errors: string[] = []
  const infos: unknown[] = []
  const stored: Record<string, unknown> = { server: home }
  const settings = valueOf(
    createSettings({
      store: {
        read: () => stored,
        write(values) {
          Object.assign(stored, values)
          return answers.isSaved ?? true
        },
      },
      serverFromOutside: answers.serverFromOutside,
      log: silentLog,
    }),
  )
  const asked: string[] = []
  const isConfirmed = () => {
    const { isConfirmed: given = true } = answers
    return typeof given === 'boolean' ? given : (given[asked.length - 1] ?? true)
  }
  const requested: string[] = []
  let nowMs = 0
  const handlers = createServerHandlers({
    engine: fakeEngine({
      usesServer: (address) => address === answers.usedServer,
      async checkServer(address) {
        requested.push(address)
        const reached = { isReached: true, isApi: true, certificate: 'trusted', clockAheadMs: 0, proxy: null }
        return { address, failure: null, ...reached, ...answers.check } as ServerCheck
      },
    }),
    settings,
    dialogs: {
      async confirmServer(address) {
        asked.push(address)
        return isConfirmed()
      },
      async confirmSettings(weakened) {
        asked.push(weakened.join())
        return isConfirmed()
      },
    },
    mayCheck: createRateLimit({ ...serverCheckLimit, now: () => nowMs }),
    log: {
      ...silentLog,
      info: (...line) => void infos.push(line),
      error: (message) => void errors.push(message),
    },
  })
  return {
    handlers,
    settings,
    asked,
    requested,
    errors,
    pass: (ms: number) => void (nowMs += ms),
  }
}

test('sends no request to a new server before the user has confirmed it', async () => {
  const { handlers, settings, asked, requested } = setup({ isConfirmed: false })
  expect(await handlers.addServer({ address: stranger })).toEqual({ ok: true, value: null })
  expect([asked, requested, settings.current().server]).toEqual([[stranger], [], home])
})

test('uses a confirmed server and asks about it once, also if it was unreachable before', async () => {
  const check: { failure: ReturnType<typeof failure> | null } = { failure: failure('timed-out') }
  const { handlers, settings, asked } = setup({ check })
  expect(await handlers.addServer({ address: stranger })).toMatchObject({
    value: { failure: { code: 'timed-out' } },
  })
  expect(settings.current().server).toBe(home)
  check.failure = null
  expect(await handlers.addServer({ address: `${stranger}/` })).toMatchObject({ value: { failure: null } })
  expect([settings.current().server, asked]).toEqual([stranger, [stranger]])
})

test('asks again about a server that a change of the settings removed', async () => {
  const { handlers, asked } = setup()
  await handlers.addServer({ address: stranger })
  await handlers.changeSettings({ server: home, servers: [] })
  await handlers.addServer({ address: stranger })
  expect(asked).toEqual([stranger, stranger])
})

test('the page can only choose and keep servers that are known', async () => {
  const { handlers, settings, errors } = setup()
  const entry = { address: stranger, singlePutLimitBytes: null }
  for (const change of [{ server: stranger }, { servers: [entry] }, { atOnce: 5, server: ` ${stranger}/ ` }])
    expect(await handlers.changeSettings(change)).toMatchObject(rejected)
  expect(settings.current()).toEqual({ ...defaultSettings, server: home })
  expect(errors).toEqual(Array(3).fill('a change of settings was rejected'))
  await handlers.addServer({ address: stranger })
  expect(await handlers.changeSettings({ server: `${home}/`, servers: [entry] })).toMatchObject({
    value: { server: home, servers: [entry] },
  })
  // The built-in server needs no confirmation.
  expect(await handlers.changeSettings({ server: defaultSettings.server })).toMatchObject({ ok: true })
  expect(await handlers.changeSettings({ server: 'http://models.example' })).toMatchObject({
    failure: { code: 'bad-server-address' },
  })
})

test.each([home, `${home}/`, stranger])('keeps the server %s, which is used', async (address) => {
  const { handlers, settings } = setup({ usedServer: stranger })
  await handlers.addServer({ address: stranger })
  await handlers.changeSettings({ server: home })
  expect(await handlers.removeServer({ address })).toMatchObject({
    failure: { code: 'server-in-use', params: { host: new URL(address).host } },
  })
  expect(settings.current().servers).toHaveLength(2)
})

test('checks known servers only, and only so often', async () => {
  const { handlers, requested, pass, errors } = setup()
  expect(await handlers.checkServer({ address: stranger })).toMatchObject(rejected)
  expect(await handlers.checkServer({ address: 'http://169.254.169.254/' })).toMatchObject({
    failure: { code: 'bad-server-address' },
  })
  expect([requested, errors]).toEqual([[], ['the check of an unknown server was rejected']])
  for (let times = 0; times < 30; times += 1)
    expect(await handlers.checkServer({ address: home })).toMatchObject({ ok: true })
  expect(await handlers.checkServer({ address: home })).toMatchObject({ failure: { code: 'too-often' } })
  expect(await handlers.addServer({ address: home })).toMatchObject({ failure: { code: 'too-often' } })
  expect(requested).toHaveLength(30)
  pass(60_000)
  expect(await handlers.checkServer({ address: home })).toMatchObject({ ok: true })
})

type Change = CallArgs<'changeSettings'>
/** For each setting a change that weakens no protection, and one that does. */
const changes: Readonly<Record<keyof Settings, readonly [Change | null, Change | null]>> = {
  server: [{ server: home }, { server: stranger }],
  servers: [{ servers: [] }, { servers: [{ address: stranger, singlePutLimitBytes: null }] }],
  onConflict: [{ onConflict: 'replace' }, null],
  replacedFate: [{ replacedFate: 'disable' }, { replacedFate: 'delete' }],
  review: [{ review: 'always' }, { review: 'never' }],
  allowedFormats: [{ allowedFormats: ['gguf'] }, { allowedFormats: ['gguf', 'pytorch'] }],
  allowPickles: [{ allowPickles: false }, { allowPickles: true }],
  confirmLicences: [null, { confirmLicences: [] }],
  updates: [{ updates: 'ask' }, { updates: 'off' }],
  updateOnQuit: [{ updateOnQuit: true }, null],
  atOnce: [{ atOnce: 8 }, null],
  singlePutLimitBytes: [{ singlePutLimitBytes: 5_242_880 }, null],
  limitBytesPerSecond: [{ limitBytesPerSecond: 100_000 }, null],
  streamsMost: [{ streamsMost: 1 }, null],
  language: [{ language: 'en' }, null],
  theme: [{ theme: 'dark' }, null],
  dense: [{ dense: true }, null],
  onClose: [{ onClose: 'quit' }, null],
  pauseBelowPercent: [{ pauseBelowPercent: 99 }, null],
  pauseOnMetered: [{ pauseOnMetered: true }, null],
  lines: [{ lines: [{ id: 'a', name: 'a', isMetered: true }] }, null],
  quietHours: [{ quietHours: [] }, null],
  deadlineMs: [{ deadlineMs: 1 }, null],
}

test.each(Object.entries(changes))(
  'the page can’t weaken %s by itself',
  async (name, [harmless, weakening]) => {
    const { handlers, settings, asked } = setup({ isConfirmed: false })
    const strict = {
      allowPickles: false,
      allowedFormats: ['gguf', 'safetensors'],
      confirmLicences: ['nc'],
    } as const
    settings.change(strict)
    if (harmless) expect(await handlers.changeSettings(harmless)).toMatchObject({ ok: true, value: harmless })
    expect(asked).toEqual([])
    if (!weakening) return
    const before = settings.current()
    const answer = await handlers.changeSettings(weakening)
    expect(settings.current()).toEqual(before)
    if (answer.ok) expect(asked).toEqual([name])
    else expect(answer).toMatchObject(rejected)
  },
)

test.each([true, false])('asks before uploads may delete what they replace: %s', async (isConfirmed) => {
  const { handlers, settings, asked } = setup({ isConfirmed })
  const change = (values: Parameters<typeof handlers.changeSettings>[0]) => handlers.changeSettings(values)
  await change({ onConflict: 'replace' })
  expect(asked).toEqual([])
  // Queued uploads keep `replace`, so that another setting for new ones doesn't make deleting safe.
  expect(await change({ onConflict: 'ask', replacedFate: 'delete' })).toMatchObject({
    value: isConfirmed
      ? { onConflict: 'ask', replacedFate: 'delete' }
      : { onConflict: 'replace', replacedFate: 'disable' },
  })
  expect(asked).toEqual(['replacedFate'])
  await change({ onConflict: 'replace' })
  expect(asked).toHaveLength(isConfirmed ? 2 : 1)
  await change({ atOnce: 2 })
  expect(asked).toHaveLength(isConfirmed ? 2 : 1)
  expect(settings.current().replacedFate).toBe(isConfirmed ? 'delete' : 'disable')
})
