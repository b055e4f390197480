import type { Accounts } from '../accounts/accounts.ts'
import { failure, success, type Result } from '../contract/errors.ts'
import type { Ports } from '../contract/ports.ts'
import type { Hasher } from '../transfer/hasher.ts'
import type { Lanes } from '../transfer/lanes.ts'
import type { Streams } from '../transfer/streams.ts'
import { freshStartAfter } from './fresh-start.ts'
import type { Outcome } from './outcome.ts'
import type { PartsTable } from './parts-table.ts'
import { createQueue, type Queue } from './queue.ts'
import type { Rows } from './rows.ts'
import type { Memory } from './sending.ts'
import { isRunning } from './state.ts'
import { runUpload, type UploadReport } from './upload.ts'

export interface Engine {
  readonly queue: Queue
  /** Drops what is kept in memory of an upload. */
  forget(id: string): void
}

/**
 * Joins queue and upload, which do not know each other: a run's report goes to the rows, a run's outcome as well. An account
 * whose sign-in turned out dead is told to `signedOut`.
 */
export function createEngine(options: {
  readonly rows: Rows
  readonly accounts: Accounts
  readonly lanes: Lanes
  readonly hasher: Hasher
  readonly streams: Streams
  readonly parts: PartsTable
  readonly ports: Ports
  readonly atOnce: number
  readonly held: boolean
  readonly singlePutLimitBytes: () => number
  readonly signedOut: (accountId: string) => void
  /** Storage may hold something that no upload needs any more. */
  readonly leftBehind: () => void
}): Engine {
  const { rows, accounts, lanes, hasher, streams, parts, ports, singlePutLimitBytes } = options
  const memories = new Map<string, Memory>()
  const services = {
    lanes,
    hasher,
    streams,
    ports,
    singlePutLimitBytes,
    accessTo: accounts.accessTo.bind(accounts),
  }

  let lastFinishMs = 0
  /** No two uploads finish in the same millisecond, since the history's pages are cut by this time. */
  const finishTime = () => (lastFinishMs = Math.max(ports.now(), lastFinishMs + 1))

  function reportOf(id: string): UploadReport {
    const phase = () => rows.get(id)?.live.phase
    return {
      opened: (multipart) => rows.change(id, { multipart }),
      acknowledged: (part) => parts.add(id, part),
      acknowledgedBefore: () => parts.of(id),
      sending: () =>
        phase() === 'sending' ? success(undefined) : rows.happen(id, 'send', { started: true }),
      finishing: () => (phase() === 'finishing' ? success(undefined) : rows.happen(id, 'finish')),
      progress: (progress) => rows.progress(id, progress),
      registering: (stored) => rows.happen(id, 'register', { ...stored, failure: null }),
      registered: (modelId) =>
        rows.happen(id, 'registered', { modelId, finishedAtMs: finishTime(), failure: null }),
      countAttempt: () => rows.countAttempt(id),
    }
  }

  async function run(id: string, signal: AbortSignal): Promise<Outcome> {
    const row = rows.get(id)
    if (!row) return { kind: 'stopped' }
    rows.happen(id, 'begin')
    const memory = memories.get(id) ?? { unanswered: null }
    memories.set(id, memory)
    return runUpload({ record: row.record, services, memory, report: reportOf(id), signal })
  }

  function settled(id: string, outcome: Outcome): void {
    const row = rows.get(id)
    if (!row) return
    switch (outcome.kind) {
      case 'done':
        memories.delete(id)
        return
      case 'retry':
        return note(rows.happen(id, 'trouble', { failure: outcome.failure }, outcome.atMs))
      case 'hold':
        return note(rows.happen(id, 'trouble', { failure: outcome.failure }, outcome.untilMs))
      case 'failed':
        note(rows.happen(id, 'refuse', { failure: outcome.failure, ...freshStartAfter(outcome.failure) }))
        options.leftBehind()
        if (outcome.failure.code === 'signed-out') options.signedOut(row.record.accountId)
        return
      case 'stopped':
        if (isRunning(row.live.phase)) note(rows.happen(id, 'requeue'))
    }
  }

  function note(written: Result<void>): void {
    if (!written.ok) ports.log.error('an outcome could not be written down', { code: written.failure.code })
  }

  const queue = createQueue({
    atOnce: options.atOnce,
    held: options.held,
    ports,
    hooks: {
      settled,
      positionOf: (id) => rows.get(id)?.record.position ?? 0,
      run: (id, signal) =>
        run(id, signal).catch((error: unknown) => {
          ports.log.error('a run threw', { id, error: String(error) })
          return { kind: 'failed', failure: failure('unexpected', {}, { detail: String(error) }) }
        }),
    },
  })
  return { queue, forget: (id) => void memories.delete(id) }
}
