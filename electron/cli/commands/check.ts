import type { ConnectionCheck, StepResult } from '../../contract/diagnostics.ts'
import type { Account, TeamChoice } from '../../contract/account.ts'
import { failure, retryClassOf, type Failure, type Result } from '../../contract/failures.ts'
import { storageTestBytes, storageTestBlocker, type StorageTest } from '../../contract/storage-test.ts'
import type { ServerCheck } from '../../contract/servers.ts'
import { stepText } from '../../messages/connection-text.ts'
import { speedOf, storageTestText } from '../../messages/storage-test-text.ts'
import { checkConnection } from '../../platform/network/connection-check.ts'
import type { Command } from '../arguments.ts'
import { exitCodes } from '../exit-codes.ts'
import { interrupted } from '../interruption.ts'
import { describeFailure, failureAsJson, t } from '../output/output.ts'
import type { CommandContext } from '../command-context.ts'
import { findTeam } from './teams.ts'

type CheckCommand = Extract<Command, { readonly name: 'check' }>

/** Checks the connection to the server and, with `--storage`, to storage. Returns the exit code. */
export async function runCheckCommand(command: CheckCommand, context: CommandContext): Promise<number> {
  const { interruption } = context
  const tokenResult = await interruption.race(useToken(context))
  if (tokenResult === interrupted) return interruption.exitCode
  const check = await interruption.race(runChecks(command, context, tokenRefusal(tokenResult)))
  if (check === interrupted) return interruption.exitCode
  const code = exitCodeOf(check)
  if (!command.storage) return finish(command, context, code)
  const storageCode = await testStorage(command, context, tokenResult)
  if (interruption.signal.aborted) return interruption.exitCode
  return finish(command, context, code === exitCodes.ok ? storageCode : code)
}

/** The account of the environment's token; null without a token. */
async function useToken({ engine, cliEnvironment }: CommandContext): Promise<Result<Account> | null> {
  const { token } = cliEnvironment
  return token === null ? null : engine.calls.useToken({ token, retry: 'none' })
}

/** Why the server rejected the token. A connection failure is not a rejection. */
function tokenRefusal(tokenResult: Result<Account> | null): Failure | null {
  if (tokenResult === null || tokenResult.ok || retryClassOf(tokenResult.failure) === 'later') return null
  return tokenResult.failure
}

async function runChecks(
  { json }: CheckCommand,
  { engine, cliEnvironment, streams }: CommandContext,
  refused: Failure | null,
): Promise<ConnectionCheck> {
  let writtenCount = 0
  const { server } = cliEnvironment.settings
  return checkConnection({
    server,
    refused,
    askServer: () => askServer(engine, server),
    session: engine.session,
    confirmSignIns: async () => void (await engine.calls.confirmSignIns(undefined)),
    onProgress({ results }) {
      for (const result of results.slice(writtenCount)) {
        if (json) streams.out.json(stepAsJson(result))
        else streams.out.line(stepAsText(result))
      }
      writtenCount = results.length
    },
  })
}

async function askServer({ calls }: CommandContext['engine'], address: string): Promise<ServerCheck> {
  const answer = await calls.askServer({ address })
  if (answer.ok) return answer.value
  throw new Error(describeFailure(answer.failure))
}

const stepAsText = (result: StepResult) =>
  row(
    result.outcome,
    t(`connection.${result.step}`),
    [stepText(result, t), ...(result.failure ? [describeFailure(result.failure)] : [])].join(' '),
  )

const outcomeLabels = { good: 'ok', bad: 'FAILED', skipped: '-' }

const row = (outcome: keyof typeof outcomeLabels, name: string, text: string) =>
  `${outcomeLabels[outcome].padEnd(6)}  ${name.padEnd(11)}  ${text}`

const stepAsJson = ({ step, outcome, params, failure: problem }: StepResult) => ({
  event: 'step',
  step,
  outcome,
  params,
  ...(problem ? { failure: failureAsJson(problem) } : {}),
})

function exitCodeOf({ results }: ConnectionCheck): number {
  const bad = results.filter(({ outcome }) => outcome === 'bad')
  if (bad.length === 0) return exitCodes.ok
  return bad.every(({ step }) => step === 'sign-in') ? exitCodes.notSignedIn : exitCodes.someFailed
}

/** With an invalid token nothing is uploaded with another account. */
async function testStorage(
  command: CheckCommand,
  context: CommandContext,
  tokenResult: Result<Account> | null,
): Promise<number> {
  const { engine, cliEnvironment, streams } = context
  const isSignedIn = tokenResult?.ok ?? engine.session().accounts.some(({ state }) => state === 'ready')
  const tokenAccount = tokenResult?.ok ? tokenResult.value : null
  const choice = isSignedIn ? findTeam(engine, command.team ?? cliEnvironment.team, tokenAccount) : null
  const hindrance = choice === null ? 'sign-in' : storageTestBlocker({ ...engine.session(), chosen: choice })
  if (choice === null || hindrance !== null) {
    const text = t(`storage-test.no-${hindrance ?? 'sign-in'}`)
    const reason = hindrance === 'device' ? failure('forbidden', { team: '' }) : failure('signed-out')
    const problem = { code: reason.code, sentence: text }
    if (command.json) streams.out.json({ event: 'storage', outcome: 'skipped', failure: problem })
    else streams.out.line(row('skipped', 'Storage', text))
    return exitCodes.notSignedIn
  }
  const test = await tryStorage(choice, context)
  if (command.json) streams.out.json(storageAsJson(test))
  else streams.out.line(storageAsText(test, cliEnvironment.limitBytesPerSecond))
  return test.state === 'good' ? exitCodes.ok : exitCodes.someFailed
}

async function tryStorage(
  choice: TeamChoice,
  { engine, interruption }: CommandContext,
): Promise<StorageTest> {
  const testing = engine.calls.tryStorage(choice)
  // What it has uploaded is removed.
  if ((await interruption.race(testing)) === interrupted) void engine.stopWork()
  const tested = await testing
  return tested.ok ? tested.value : failedTest(tested.failure)
}

const failedTest = (reason: Failure): StorageTest => ({
  state: 'bad',
  sentBytes: 0,
  tookMs: 0,
  failure: reason,
  isLeft: false,
})

const storageOutcomes = { good: 'good', bad: 'bad', running: 'bad', cancelled: 'skipped' } as const

const storageAsText = (test: StorageTest, limit: number | null) =>
  row(storageOutcomes[test.state], 'Storage', storageTestText(test, t, limit !== null))

function storageAsJson(test: StorageTest): object {
  const { state, tookMs, failure: problem, isLeft } = test
  const speedMembers =
    state === 'good' ? { bytes: storageTestBytes, tookMs, bytesPerSecond: Math.round(speedOf(test)) } : {}
  const failureMember = problem ? { failure: failureAsJson(problem) } : {}
  return { event: 'storage', outcome: state, ...speedMembers, leftBehind: isLeft, ...failureMember }
}

/** Writes the summary. Returns `code`. */
function finish({ json }: CheckCommand, { streams }: CommandContext, code: number): number {
  const isGood = code === exitCodes.ok
  if (json) streams.out.json({ event: 'checked', ok: isGood })
  else streams.err.line(t(isGood ? 'connection.all-good' : 'connection.trouble'))
  return code
}
