import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { parseCommand } from '../../../electron/cli/arguments.ts'
import type { CommandContext } from '../../../electron/cli/command-context.ts'
import { exitCodes } from '../../../electron/cli/exit-codes.ts'
import { listenForInterruption } from '../../../electron/cli/interruption.ts'
import { runCommand, type EngineCommand } from '../../../electron/cli/run-command.ts'
import type { Account } from '../../../electron/contract/account.ts'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import type { RetryOptions } from '../../../electron/platform/retry-call.ts'
import { account, foundView, signedIn, signedOut, snapshotOf } from '../../components/support/rows.ts'
import { fakeEngine } from '../../support/fake-engine.ts'
import { recordedStreams } from '../../support/recorded-streams.ts'

const mira = account()
const other = account({ id: 'account-2', personId: 'person-2', email: 'otto@night.example' })

interface Options {
  readonly accounts?: readonly Account[]
  /** The answer of the server to the environment's token; null without a token. */
  readonly token?: Result<Account> | null
  readonly team?: string | null
  /** Ctrl-C while the engine waits for this. */
  readonly interruptedAt?: 'start' | 'useToken'
}

/** What a command writes, asks the engine for, and returns. */
async function run(line: string, { accounts = [], token = null, team = null, interruptedAt }: Options = {}) {
  const { streams, out, err } = recordedStreams()
  const process = new EventEmitter() as NodeJS.Process
  const calls: unknown[] = []
  let retry: RetryOptions | null = null
  const wait = (name: string) => {
    calls.push(name)
    if (name !== interruptedAt) return Promise.resolve()
    process.emit('SIGINT', 'SIGINT')
    return new Promise<void>(() => undefined)
  }
  const engine = fakeEngine({
    async start() {
      await wait('start')
      return true
    },
    session: () => (accounts.length > 0 ? { ...signedIn(...accounts), chosen: null } : signedOut),
    async useToken(_token, options = {}) {
      retry = options
      await wait('useToken')
      return token ?? failed(failure('login-refused'))
    },
    cleanUpAbandoned: () => wait('cleanUpAbandoned'),
    async findModels(choice) {
      calls.push(choice)
      return { view: foundView([]), modelsIn: () => [] }
    },
    async addPaths(_paths, request) {
      calls.push(request?.team)
      return success({ added: 0, refused: 0, skipped: [] })
    },
    snapshot: () => snapshotOf([]),
    subscribe: () => () => undefined,
  })
  const context = {
    engine,
    cliEnvironment: { token: token && 'token', team, home: '/missing' },
    interruption: listenForInterruption(process, () => undefined),
    streams,
  } as CommandContext
  const command = parseCommand(line.split(' ')) as EngineCommand
  return { code: await runCommand(command, context), out, err, calls, retry: retry as RetryOptions | null }
}

const night = { accountId: 'account-1', teamId: 'team_night' }
const aurora = { accountId: 'account-1', teamId: 'team_aurora' }

test('lists the teams of all accounts, as text and as JSON', async () => {
  const { code, out } = await run('teams', { accounts: [mira, other] })
  expect([code, out]).toEqual([
    exitCodes.ok,
    [
      'team_aurora  Aurora Studio  (mira@aurora.example)',
      'team_night  Night Lab  (mira@aurora.example)',
      'team_aurora  Aurora Studio  (otto@night.example)',
      'team_night  Night Lab  (otto@night.example)',
    ],
  ])
  const json = await run('teams --json', { accounts: [mira] })
  expect(json.out.map((line) => JSON.parse(line) as object)[0]).toEqual({
    id: 'team_aurora',
    name: 'Aurora Studio',
    account: 'mira@aurora.example',
  })
})

test('lists only the teams of the account of a token', async () => {
  const { out, calls } = await run('teams', { accounts: [mira, other], token: success(other) })
  expect(out.every((line) => line.endsWith('(otto@night.example)'))).toBe(true)
  expect(calls).toEqual(['start', 'useToken', 'cleanUpAbandoned'])
})

test.each(['teams', 'upload a', 'workflow a'])('%s needs a sign-in', async (line) => {
  expect(await run(line, { accounts: [{ ...mira, state: 'signed-out' }] })).toMatchObject({
    code: exitCodes.notSignedIn,
    err: ['Not signed in. Run: modelferry login'],
  })
})

test('models are found without a sign-in, and with one compared with a team', async () => {
  expect((await run('find')).calls).toEqual(['start', null])
  expect((await run('find --team team_night', { accounts: [mira] })).calls).toEqual(['start', night])
  expect((await run('find', { accounts: [mira], team: 'Night Lab' })).calls).toEqual(['start', night])
})

test('uploads once to each of the teams that are named, or to that of the environment', async () => {
  const teamsOf = async (line: string) =>
    (await run(line, { accounts: [mira], team: 'team_night' })).calls.slice(1)
  expect(await teamsOf('upload a')).toEqual([night])
  expect(await teamsOf('upload a --team team_aurora')).toEqual([aurora])
  const repeated = 'upload a --team team_night --team team_aurora --team team_night'
  expect(await teamsOf(repeated)).toEqual([night, aurora])
})

test.each([
  ['login-refused', exitCodes.notSignedIn],
  ['offline', exitCodes.someFailed],
] as const)('a token that fails with %s ends the command with %i', async (code, exitCode) => {
  const result = await run('teams', { token: failed(failure(code)) })
  expect(result).toMatchObject({ code: exitCode, err: [expect.stringContaining(`(${code})`)] })
})

test.each([
  ['upload a', true],
  ['resume', true],
  ['workflow a --upload', true],
  ['workflow a', false],
  ['teams', false],
  ['find', false],
])('the sign-in of “%s” is tried until it succeeds: %s', async (line, isEndless) => {
  const { retry } = await run(line, { token: failed(failure('login-refused')) })
  expect([retry?.withinMs === undefined, retry?.onRetry !== undefined]).toEqual([isEndless, isEndless])
})

test.each(['start', 'useToken'] as const)('Ctrl-C ends a command that waits at %s', async (interruptedAt) => {
  const { code, calls } = await run('teams', { token: success(mira), interruptedAt })
  expect([code, calls.at(-1)]).toEqual([exitCodes.interrupted, interruptedAt])
})
