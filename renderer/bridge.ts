import type { Bridge, CallName, TextBridge } from '../electron/contract/calls.ts'
import { failed, failure, type Failure, type Result } from '../electron/contract/failures.ts'

declare global {
  interface Window {
    /** Exposed by the preload script. */
    readonly modelferry?: TextBridge
  }
}

/** The page's connection to the main process. A missing one is a build error. */
export function bridge(): Bridge {
  const { modelferry } = window
  if (!modelferry) throw new Error('window.modelferry is missing: the preload did not run')
  const { on, ...calls } = modelferry
  const parsingCalls = Object.entries(calls).map(([name, call]) => {
    const ask = call as (args?: unknown) => Promise<string>
    return [name, async (args?: unknown) => JSON.parse(await ask(args)) as unknown] as const
  })
  return {
    ...Object.fromEntries(parsingCalls),
    on: (name, listener) =>
      on(name, (value) => listener(JSON.parse(value) as Parameters<typeof listener>[0])),
  } as Bridge
}

/**
 * Calls that only read what main has in memory or its journal: a later answer means that main hangs. Others wait for
 * the network or a disk, which have time limits of their own.
 */
const readCalls: ReadonlySet<string> = new Set<CallName>([
  'session',
  'settings',
  'surroundings',
  'snapshot',
  'reviews',
  'history',
  'historyFilters',
  'conditions',
  'loginItem',
  'fileManagers',
  'update',
  'watching',
  'watch',
  'thirdPartyNotices',
])

/** These too have failures that are shown by who calls them, or not at all. Those of all others are notices. */
const shownInPlace: ReadonlySet<string> = new Set<CallName>([
  // What a view shows.
  ...(['agents', 'companions', 'deadline', 'findPlaces', 'foundModels', 'hasLocalFile', 'library'] as const),
  ...(['missingCompanions', 'modelFacts', 'modelStatus', 'uploadLog', 'workflow'] as const),
  // What a form, a dialog or a row asked for.
  ...(['addServer', 'changeSettings', 'leaveProxy', 'quit', 'recheckKeychain', 'signInToProxy'] as const),
  ...(['signIn', 'signInWithKey', 'signOut', 'startPairing', 'testStorage'] as const),
  ...(['changeModel', 'deleteModels', 'editTarget', 'editTargets'] as const),
  // What the user has not asked for.
  ...(['closeWorkflow', 'refreshTeams', 'stopFinding'] as const),
])

/** Longer than main is ever busy, for example with ten thousand dropped files; in ms. */
const answerLimitMs = 30_000

/**
 * The same calls, each of which ends with a result: one that is rejected, or that main doesn't answer, is a
 * failure that can be shown and repeated. `onfailure` shows it unless the caller does.
 */
export function settledBridge(
  bridge: Bridge,
  onfailure: (failure: Failure) => void,
  limitMs = answerLimitMs,
): Bridge {
  const settled = Object.entries(bridge).map(([name, call]) => {
    if (name === 'on') return [name, call] as const
    const ask = call as (args?: unknown) => Promise<Result<unknown>>
    const settledCall = async (args?: unknown) => {
      const result = await settle(ask(args), readCalls.has(name) ? limitMs : null)
      if (!result.ok && !readCalls.has(name) && !shownInPlace.has(name)) onfailure(result.failure)
      return result
    }
    return [name, settledCall] as const
  })
  return Object.fromEntries(settled) as unknown as Bridge
}

async function settle(answer: Promise<Result<unknown>>, limitMs: number | null): Promise<Result<unknown>> {
  const { promise: late, resolve } = Promise.withResolvers<Result<unknown>>()
  const timer =
    limitMs === null
      ? undefined
      : setTimeout(() => resolve(failed(failure('unexpected', {}, { detail: 'no answer' }))), limitMs)
  try {
    return await Promise.race([answer, late])
  } catch (error) {
    return failed(failure('unexpected', {}, { detail: String(error) }))
  } finally {
    clearTimeout(timer)
  }
}
