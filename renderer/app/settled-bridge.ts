import type { Bridge, CallName } from '../../electron/contract/calls.ts'
import { failed, failure, type Result } from '../../electron/contract/failures.ts'

/**
 * Calls that only read what main has in memory or its journal: a later answer means that main hangs. Others wait for
 * the network or a disk, which have time limits of their own.
 */
const readCalls: ReadonlySet<string> = new Set([
  'session',
  'settings',
  'surroundings',
  'snapshot',
  'reviews',
  'waitingFiles',
  'history',
  'historyFilters',
  'conditions',
  'loginItem',
  'fileManagers',
  'update',
  'watching',
  'watch',
  'thirdPartyNotices',
] satisfies CallName[])

/** Longer than main is ever busy, for example with ten thousand dropped files; in ms. */
const answerLimitMs = 30_000

/**
 * The same calls, each of which ends with a result: one that is rejected, or that main doesn't answer, is a
 * failure that the view can show and repeat.
 */
export function settledBridge(bridge: Bridge, limitMs = answerLimitMs): Bridge {
  const settled = Object.entries(bridge).map(([name, call]) => {
    if (name === 'on') return [name, call] as const
    const ask = call as (args?: unknown) => Promise<Result<unknown>>
    return [name, (args?: unknown) => settle(ask(args), readCalls.has(name) ? limitMs : null)] as const
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
