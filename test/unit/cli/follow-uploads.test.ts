import { failure } from '../../../electron/contract/failures.ts'
import { expect, test } from 'vitest'
import { followUploads } from '../../../electron/cli/commands/follow-uploads.ts'
import type { UploadProgress, UploadReporter } from '../../../electron/cli/output/output.ts'
import type { Patch, UploadRow } from '../../../electron/contract/uploads.ts'
import type { ClientListener } from '../../../electron/cli/engine-client.ts'
import {
  failedRow,
  patchOf,
  registeredRow,
  row,
  sendingRow,
  snapshotOf,
} from '../../components/support/rows.ts'
import { fakeClient } from '../../support/fake-client.ts'

/** A follower of an engine whose events the test sends, with the names of what it reports. */
function setup() {
  const events: string[] = []
  const progress: UploadProgress[] = []
  const current = new Map<string, UploadRow>()
  const change = (rows: readonly UploadRow[]) => rows.forEach((row) => current.set(row.id, row))
  let listener: ClientListener = {}
  const engine = fakeClient({
    snapshot: () => snapshotOf([...current.values()]),
    subscribe(next) {
      listener = next
      return () => undefined
    },
  })
  const names = ['queued', 'waiting', 'registered', 'alreadyInLibrary', 'failed'] as const
  const reporter = {
    ...Object.fromEntries(
      names.map((name) => [name, ({ id }: UploadRow) => void events.push(`${name} ${id}`)]),
    ),
    progress(changed, current) {
      events.push(...changed.map(({ id }) => `progress ${id}`))
      progress.push(current)
    },
    connectivity: (state) => void events.push(state),
    held: () => {},
    skipped: ({ name, reason }) => void events.push(`${reason} ${name}`),
    verified: ({ id }, verification) => void events.push(`verified ${id} ${verification?.kind ?? 'removed'}`),
    libraryNotListed: ({ code }) => void events.push(`library ${code}`),
  } as Partial<UploadReporter> as UploadReporter
  const follower = followUploads(engine, reporter)
  return {
    /** Changes rows, without the patch that follows. */
    change,
    send(rows: readonly UploadRow[], rest: Partial<Patch> = {}) {
      change(rows)
      listener.uploads?.({ ...patchOf(1, rows), ...rest })
    },
    emit: () => listener,
    /** The ids of the uploads with which the follower ends, or null before. */
    wait(count: number) {
      const state: { ended: readonly string[] | null } = { ended: null }
      void follower.waitUntilEnded(count).then((rows) => (state.ended = rows.map(({ id }) => id)))
      return async () => {
        await Promise.resolve()
        return state.ended
      }
    },
    /** What was reported since the last call. */
    reported: () => events.splice(0),
  }
}

const verified = { kind: 'verified', atMs: 1 } as const

test('waits for a failed upload that is tried again', async () => {
  const { send, emit, wait, reported } = setup()
  const ended = wait(2)
  send([failedRow('a'), sendingRow('b')])
  send([sendingRow('a')])
  send([registeredRow('b')])
  emit().verified?.({ id: 'b', verification: verified })
  expect(await ended()).toBe(null)
  reported()
  send([failedRow('a')])
  expect([reported(), await ended()]).toEqual([['failed a'], ['a', 'b']])
})

test('does not wait for a failed upload that is left in review', async () => {
  const { send, wait } = setup()
  send([failedRow('a')])
  send([row('a', { phase: 'review' })])
  expect(await wait(1)()).toEqual(['a'])
})

test('waits for uploads that no patch contains yet, beside one in review', async () => {
  const { change, send, emit, wait } = setup()
  send([row('b', { phase: 'review' })])
  change([row('a')])
  const ended = wait(1)
  expect(await ended()).toBe(null)
  send([registeredRow('a')])
  emit().verified?.({ id: 'a', verification: verified })
  expect(await ended()).toEqual(['b', 'a'])
})

test.each([
  ['failed', failedRow('a')],
  ['in review', row('a', { phase: 'review' })],
])('waits for an upload that was %s in the last patch and has restarted since', async (_was, before) => {
  const { change, send, wait, reported } = setup()
  send([before])
  change([row('a', { phase: 'checking' })])
  const ended = wait(1)
  expect([reported(), await ended()]).toEqual([['queued a'], null])
  send([failedRow('a')])
  expect([reported(), await ended()]).toEqual([['failed a'], ['a']])
})

test('counts a file that is left out because its path is taken', async () => {
  const { send, emit, wait, reported } = setup()
  const ended = wait(2)
  send([sendingRow('a')])
  reported()
  emit().leftOut?.({ id: 'a', fileName: 'a.safetensors' })
  expect([reported(), await ended()]).toEqual([['path-taken a.safetensors'], null])
  emit().leftOut?.({ id: 'b', fileName: 'b.safetensors' })
  expect([reported(), await ended()]).toEqual([['path-taken b.safetensors'], []])
})

test('reports each delay of an upload once', () => {
  const { send, reported } = setup()
  const retrying = (retryAtMs: number) =>
    row('a', { phase: 'retrying', failure: failure('offline'), retryAtMs })
  send([retrying(1)])
  send([retrying(1)])
  expect(reported()).toEqual(['queued a', 'waiting a'])
  send([retrying(2)])
  send([sendingRow('a')])
  send([retrying(2)])
  expect(reported()).toEqual(['waiting a', 'progress a', 'waiting a'])
})
