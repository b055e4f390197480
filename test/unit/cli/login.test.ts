import { runLoginCommand } from '../../../electron/cli/commands/login.ts'
import { listenForInterruption } from '../../../electron/cli/interruption.ts'
import { fakeClient } from '../../support/fake-client.ts'
import { EventEmitter } from 'node:events'
import { recordedStreams } from '../../support/recorded-streams.ts'
import { signedOut } from '../../components/support/rows.ts'
import type { Pairing, SessionView } from '../../../electron/contract/account.ts'
import { exitCodes } from '../../../electron/cli/exit-codes.ts'
import { failure, success, type Result } from '../../../electron/contract/failures.ts'
import { test, expect } from 'vitest'

const waiting: Pairing = {
  userCode: 'ABCD-EFGH',
  address: 'https://cloud.example/pair',
  expiresAtMs: 600_000,
  state: 'waiting',
  failure: null,
}

/** A pairing whose session the test changes. */
function pair({
  started = success(signedOut),
  ...session
}: Partial<SessionView> & { readonly started?: Result<SessionView> } = {}) {
  const { streams, out, err } = recordedStreams()
  const process = new EventEmitter() as NodeJS.Process
  const cancelled: string[] = []
  const listeners = new Set<(view: SessionView) => void>()
  let view: SessionView = { ...signedOut, pairing: waiting, ...session }
  const change = (next: Partial<SessionView>) => {
    view = { ...view, ...next }
    for (const listener of listeners) listener(view)
  }
  const engine = fakeClient({
    session: () => view,
    subscribe({ session: listener = () => undefined }) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    calls: {
      unsealPresent: async () => success(view),
      startPairing: async () => started,
      async cancelPairing() {
        cancelled.push('pairing')
        change({ pairing: null })
        return success(view)
      },
    },
  })
  const interruption = listenForInterruption(process, () => undefined)
  const code = runLoginCommand(
    { name: 'login', by: 'pairing', email: null },
    { engine, streams, interruption },
  )
  return {
    code,
    err,
    change,
    shown: () => expect.poll(() => out.at(-1)).toBe('Waiting for confirmation. Press Ctrl-C to cancel.'),
  }
}

test('reports each problem of a pairing once while it continues', async () => {
  const { shown, change, code, err } = pair()
  await shown()
  const problems = ['offline', 'offline', 'server-trouble', null, 'offline'] as const
  for (const problem of problems)
    change({ pairing: { ...waiting, failure: problem && failure(problem, { status: 503 }) } })
  change({ pairing: null })
  expect(await code).toBe(exitCodes.ok)
  expect(err.map((line) => /\(([^()]+)\)$/.exec(line)?.[1])).toEqual(['offline', 'server-trouble', 'offline'])
  // Nothing is uploaded yet, so nothing is said about uploads.
  expect(err[0]).toBe('No connection. Modelferry keeps trying until the code expires. (offline)')
})
