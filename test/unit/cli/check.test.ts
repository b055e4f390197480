import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import type { CommandContext } from '../../../electron/cli/command-context.ts'
import { runCheckCommand } from '../../../electron/cli/commands/check.ts'
import { exitCodes } from '../../../electron/cli/exit-codes.ts'
import { listenForInterruption } from '../../../electron/cli/interruption.ts'
import type { Account, TeamChoice } from '../../../electron/contract/account.ts'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import type { ServerCheck } from '../../../electron/contract/servers.ts'
import { storageTestBytes, type StorageTest } from '../../../electron/contract/storage-test.ts'
import { freePort } from '../../cloud/ceph/daemons.ts'
import { account, serverCheck, signedIn, signedOut } from '../../components/support/rows.ts'
import { fakeEngine } from '../../support/fake-engine.ts'
import { recordedStreams } from '../../support/recorded-streams.ts'

/** Nothing listens there, so that the check ends at once. */
const closedPort = await freePort()
const server = `http://127.0.0.1:${closedPort}/api/v1`
const unreached = serverCheck({
  address: server,
  isReached: false,
  isApi: false,
  certificate: 'none',
  failure: failure('offline'),
})
const mira = account()
const otto = account({ id: 'account-2', personId: 'person-2', email: 'otto@night.example' })

interface Options {
  readonly storage?: boolean
  readonly team?: string | null
  readonly json?: boolean
  readonly found?: ServerCheck
  readonly accounts?: readonly Account[]
  /** The answer of the server to the environment's token; null without a token. */
  readonly token?: Result<Account> | null
  readonly stored?: Partial<StorageTest>
  readonly limitBytesPerSecond?: number | null
  readonly interruptedAt?: 'useToken' | 'checkServer' | 'testStorage'
}

/** What `check` writes, tests and returns. */
async function check({
  storage = false,
  team = null,
  json = false,
  found = unreached,
  accounts = [],
  token = null,
  stored = {},
  limitBytesPerSecond = null,
  interruptedAt,
}: Options = {}) {
  const { streams, out, err } = recordedStreams()
  const process = new EventEmitter() as NodeJS.Process
  const tested: TeamChoice[] = []
  const waitAt = async (name: Options['interruptedAt']) => {
    if (name !== interruptedAt) return
    process.emit('SIGINT', 'SIGINT')
    if (name !== 'testStorage') await new Promise<void>(() => undefined)
  }
  const engine = fakeEngine({
    session: () => (accounts.length > 0 ? { ...signedIn(...accounts), chosen: null } : signedOut),
    async useToken() {
      await waitAt('useToken')
      return token ?? failed(failure('login-refused'))
    },
    async checkServer() {
      await waitAt('checkServer')
      return found
    },
    confirmSignIns: async () => undefined,
    async testStorage(choice) {
      await waitAt('testStorage')
      tested.push(choice)
      return {
        state: 'good',
        sentBytes: storageTestBytes,
        tookMs: 1_000,
        failure: null,
        isLeft: false,
        ...stored,
      }
    },
  })
  const interruption = listenForInterruption(process, () => undefined)
  const cliEnvironment = { server, token: token && 'token', team: null, limitBytesPerSecond }
  const context = { engine, streams, interruption, cliEnvironment } as unknown as CommandContext
  const code = await runCheckCommand({ name: 'check', storage, team, json }, context)
  return { code, out, err, tested, events: () => out.map((line) => JSON.parse(line) as object) }
}

/** A server that answers, through a proxy at which nothing listens. */
const reached = (change: Partial<ServerCheck> = {}) =>
  serverCheck({ proxy: `http://127.0.0.1:${closedPort}`, ...change })
/** The steps without those of the unreachable proxy. */
const ofSteps = (lines: readonly string[], ...names: readonly string[]) =>
  lines.filter((line) => names.some((name) => line.slice(8).startsWith(name)))

test('writes each step once, in order, with what is wrong', async () => {
  const { code, out, err } = await check()
  expect(code).toBe(exitCodes.someFailed)
  expect(out.map((line) => line.slice(0, 8))).toEqual([
    'ok      ',
    '-       ',
    'FAILED  ',
    '-       ',
    '-       ',
    '-       ',
    '-       ',
  ])
  expect(out[2]).toContain(`Port ${closedPort} of 127.0.0.1 doesn’t respond.`)
  expect(err).toEqual(['Some checks failed. See the steps for what to do.'])
})

test('writes each step and the result as JSON, with the failure of a step', async () => {
  const { events, err } = await check({
    json: true,
    accounts: [{ ...mira, state: 'signed-out' }],
    found: reached(),
  })
  expect(err).toEqual([])
  expect(events().map((event) => ('step' in event ? event.step : event))).toEqual([
    'name',
    'proxy',
    'connect',
    'certificate',
    'api',
    'clock',
    'sign-in',
    { event: 'checked', ok: false },
  ])
  expect(events()[5]).toEqual({ event: 'step', step: 'clock', outcome: 'good', params: { minutes: 0 } })
  expect(events()[6]).toMatchObject({ outcome: 'bad', failure: { code: 'signed-out' } })
})

test('shows why a token was rejected, but not that the server could not be reached with it', async () => {
  const signIn = async (token: Result<Account>) =>
    ofSteps((await check({ found: reached(), token })).out, 'Sign-in')
  expect(await signIn(failed(failure('login-refused')))).toEqual([
    expect.stringMatching(/^FAILED .*\(login-refused\)$/),
  ])
  for (const token of [failed(failure('offline')), success(mira)])
    expect(await signIn(token)).toEqual([expect.stringMatching(/^- /)])
})

test('Ctrl-C ends the command while it waits for the server', async () => {
  for (const interruptedAt of ['useToken', 'checkServer'] as const) {
    const { code, out, err } = await check({ token: success(mira), interruptedAt, storage: true })
    expect([code, out, err]).toEqual([exitCodes.interrupted, [], []])
  }
})

test('Ctrl-C ends the command during the test of storage, without a summary', async () => {
  const { code, err } = await check({
    accounts: [mira],
    team: 'team_night',
    storage: true,
    interruptedAt: 'testStorage',
  })
  expect([code, err]).toEqual([exitCodes.interrupted, []])
})

const night = { accountId: 'account-1', teamId: 'team_night' }

test('tests the storage of the named team, with the account of a token', async () => {
  const options = { storage: true, team: 'team_night' }
  expect((await check({ ...options, accounts: [mira] })).tested).toEqual([night])
  expect((await check({ ...options, accounts: [otto, mira], token: success(mira) })).tested).toEqual([night])
})

test('shows the speed of storage as text and as JSON', async () => {
  const options = { storage: true, team: 'team_night', accounts: [mira] }
  expect(ofSteps((await check(options)).out, 'Storage')).toEqual([
    expect.stringMatching(/^ok {6}Storage {6}Uploaded 8 MB in 1\.0 s \(8\.0 MB\/s\)\./),
  ])
  expect((await check({ ...options, json: true })).events().at(-2)).toEqual({
    event: 'storage',
    outcome: 'good',
    bytes: 8_000_000,
    tookMs: 1_000,
    bytesPerSecond: 8_000_000,
    leftBehind: false,
  })
})

test.each([
  [null, false],
  [1_000_000, true],
])('with a speed limit of %j, says that it applied: %s', async (limitBytesPerSecond, isMentioned) => {
  const { out } = await check({ storage: true, team: 'team_night', accounts: [mira], limitBytesPerSecond })
  expect(out.at(-1)?.includes('speed limit')).toBe(isMentioned)
})

test('shows why storage failed, and what is left in it', async () => {
  const stored = { state: 'bad', failure: failure('storage-refused'), isLeft: true } as const
  const options = { storage: true, team: 'team_night', accounts: [mira], stored }
  expect(ofSteps((await check(options)).out, 'Storage')).toEqual([
    expect.stringMatching(/^FAILED {2}Storage {6}.* It will be deleted automatically\.$/),
  ])
  expect((await check({ ...options, json: true })).events().at(-2)).toEqual({
    event: 'storage',
    outcome: 'bad',
    leftBehind: true,
    failure: expect.objectContaining({ code: 'storage-refused' }) as unknown,
  })
})

test.each<[string, string, readonly Account[], Result<Account> | null]>([
  ['without a sign-in', 'signed-out', [], null],
  ['with an expired sign-in', 'signed-out', [{ ...mira, state: 'signed-out' }], null],
  ['with a rejected token', 'signed-out', [mira], failed(failure('login-refused'))],
  ['on a paired computer', 'forbidden', [{ ...mira, kind: 'device' }], null],
])('does not test storage %s', async (_when, code, accounts, token) => {
  const options = { storage: true, team: 'team_night', accounts, token }
  const { tested, out } = await check(options)
  expect(tested).toEqual([])
  expect(ofSteps(out, 'Storage')).toEqual([
    expect.stringMatching(/^- {7}Storage {6}.*[Ss]ign in with your password/),
  ])
  expect((await check({ ...options, json: true })).events().at(-2)).toMatchObject({
    event: 'storage',
    outcome: 'skipped',
    failure: { code },
  })
})

test.each([
  [5 * 60_000, 'ok    '],
  [-5 * 60_000, 'ok    '],
  [5 * 60_000 + 1, 'FAILED'],
])('a clock that is %i ms ahead of the server’s is %s', async (clockAheadMs, label) => {
  const { out } = await check({ found: reached({ clockAheadMs }) })
  expect(ofSteps(out, 'Clock')).toEqual([expect.stringMatching(`^${label}`)])
})
