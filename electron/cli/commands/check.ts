import type { ConnectionCheck, StepResult } from '../../contract/diagnostics.ts'
import type { Account } from '../../contract/account.ts'
import { failure, retryClassOf, type Failure, type Result } from '../../contract/failures.ts'
import { storageTestBytes, storageTestHindrance, type StorageTest } from '../../contract/storage-test.ts'
import { speedOf, storageTestText } from '../../messages/storage-test-text.ts'
import { checkConnection } from '../../platform/connection-check.ts'
import type { Command } from '../arguments.ts'
import { exitCodes } from '../exit-codes.ts'
import { interrupted } from '../interruption.ts'
import { explain, told, t } from '../output/output.ts'
import type { World } from '../command-context.ts'
import { findTeam } from './teams.ts'
import { oneLine } from '../output/terminal-text.ts'

type CheckCommand = Extract<Command, { readonly name: 'check' }>

/** Looks at the way to the server and, when asked to, to storage. Answers the exit code. */
export async function runCheckCommand(command: CheckCommand, world: World): Promise<number> {
  const { interruption } = world
  const used = await interruption.or(useToken(world))
  if (used === interrupted) return interruption.exitCode
  const check = await interruption.or(look(command, world, refusalIn(used)))
  if (check === interrupted) return interruption.exitCode
  const code = codeOf(check)
  if (!command.storage) return finish(command, world, code)
  const tested = await testStorage(command, world, used)
  if (interruption.signal.aborted) return interruption.exitCode
  return finish(command, world, code === exitCodes.ok ? tested : code)
}

/** Whose the token from outside is; null without one. */
async function useToken({ engine, surroundings }: World): Promise<Result<Account> | null> {
  return surroundings.token === null ? null : engine.useToken(surroundings.token)
}

/** A token that the server refuses is one more thing to tell of; a server that is not there says nothing about it. */
function refusalIn(used: Result<Account> | null): Failure | null {
  return used === null || used.ok || retryClassOf(used.failure) === 'later' ? null : used.failure
}

async function look(
  { json }: CheckCommand,
  { engine, surroundings, streams }: World,
  refused: Failure | null,
): Promise<ConnectionCheck> {
  let count = 0
  const { server } = surroundings
  return checkConnection({
    server,
    refused,
    askServer: () => engine.calls.checkServer({ address: server }),
    session: engine.session,
    confirmSignIns: engine.confirmSignIns,
    tell({ results }) {
      for (const result of results.slice(count)) streams.out.write(json ? jsonOf(result) : lineOf(result))
      count = results.length
    },
  })
}

const lineOf = ({ step, outcome, params, failure: why }: StepResult) =>
  row(
    outcome,
    t(`connection.${step}`),
    [t(`connection.${step}-${outcome}`, params), ...(why ? [explain(why)] : [])].join(' '),
  )

const marks = { good: 'ok', bad: 'FAILED', skipped: '-' }

const row = (outcome: keyof typeof marks, name: string, text: string) =>
  `${oneLine(`${marks[outcome].padEnd(6)}  ${name.padEnd(11)}  ${text}`)}\n`

const jsonOf = ({ step, outcome, params, failure: why }: StepResult) =>
  `${JSON.stringify({ event: 'step', step, outcome, params, ...(why ? { failure: told(why) } : {}) })}\n`

function codeOf({ results }: ConnectionCheck): number {
  const bad = results.filter(({ outcome }) => outcome === 'bad')
  if (bad.length === 0) return exitCodes.ok
  return bad.every(({ step }) => step === 'sign-in') ? exitCodes.notSignedIn : exitCodes.someFailed
}

/** A token that is of no use sends nothing in somebody else's name. */
async function testStorage(
  command: CheckCommand,
  world: World,
  used: Result<Account> | null,
): Promise<number> {
  const { engine, surroundings, interruption, streams } = world
  const isHere = used?.ok ?? engine.session().accounts.some(({ state }) => state === 'ready')
  const given = used?.ok ? used.value : null
  const choice = isHere ? findTeam(engine, command.team ?? surroundings.team, given) : null
  const hindrance = storageTestHindrance({ ...engine.session(), chosen: choice })
  if (choice === null || hindrance !== null) {
    const text = t(`storage-test.no-${hindrance ?? 'sign-in'}`)
    const why = hindrance === 'device' ? failure('forbidden', { team: '' }) : failure('signed-out')
    streams.out.write(
      command.json
        ? `${JSON.stringify({ event: 'storage', outcome: 'skipped', failure: { code: why.code, sentence: text } })}\n`
        : row('skipped', 'Storage', text),
    )
    return exitCodes.notSignedIn
  }
  const test = await engine.testStorage(choice, interruption.signal, () => undefined)
  streams.out.write(command.json ? storageJson(test) : storageLine(test, surroundings.limitBytesPerSecond))
  return test.state === 'good' ? exitCodes.ok : exitCodes.someFailed
}

const storageLine = (test: StorageTest, limit: number | null) =>
  row(
    test.state === 'good' ? 'good' : test.state === 'cancelled' ? 'skipped' : 'bad',
    'Storage',
    storageTestText(test, t, limit !== null),
  )

function storageJson(test: StorageTest): string {
  const { state, tookMs, failure: why, isLeft } = test
  const speed =
    state === 'good' ? { bytes: storageTestBytes, tookMs, bytesPerSecond: Math.round(speedOf(test)) } : {}
  const bad = why ? { failure: told(why) } : {}
  return `${JSON.stringify({ event: 'storage', outcome: state, ...speed, leftBehind: isLeft, ...bad })}\n`
}

/** The verdict, on the stream for people; scripts have it from the last line and the exit code. */
function finish({ json }: CheckCommand, { streams }: World, code: number): number {
  const isGood = code === exitCodes.ok
  if (json) streams.out.write(`${JSON.stringify({ event: 'checked', ok: isGood })}\n`)
  else streams.err.write(`${t(isGood ? 'connection.all-good' : 'connection.trouble')}\n`)
  return code
}
