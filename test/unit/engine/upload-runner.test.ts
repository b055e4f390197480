import { expect, test } from 'vitest'
import {
  failed,
  failure,
  success,
  type FailureCode,
  type Result,
} from '../../../electron/contract/failures.ts'
import { unheldQueue, uploadStatusOf } from '../../../electron/contract/upload-status.ts'
import type { ConflictCheckResult } from '../../../electron/conflicts/check-before-upload.ts'
import { UploadCommands } from '../../../electron/engine/commands.ts'
import { createUploadRunner } from '../../../electron/engine/upload-runner.ts'
import { defaultSettings } from '../../../electron/contract/settings.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import type { Inspection } from '../../../electron/recognition/found-file.ts'
import { createUploadAccounts } from '../../../electron/uploads/upload-accounts.ts'
import { standingClock } from '../../support/hand-clock.ts'
import { account, multipartOpenState, uploadRecord } from '../../support/records.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'

type RunnerOptions = Parameters<typeof createUploadRunner>[0]
type CommandOptions = ConstructorParameters<typeof UploadCommands>[0]
type JournalRows = ReturnType<typeof rowsOnJournal>

/** The queue of a runner for one large file at once, whose accounts have this access. */
function createQueue(
  { rows, environment }: Pick<JournalRows, 'rows' | 'environment'>,
  {
    access = success({ kind: 'session' }),
    ...options
  }: { readonly access?: RunSetup['access'] } & Readonly<Record<string, unknown>>,
) {
  const services = { environment, accessTo: () => access, singlePutLimitBytes: () => 2 ** 50 }
  return createUploadRunner({ rows, services, atOnce: 1, ...options } as unknown as RunnerOptions).queue
}

/** Runs that end with what the test gives the conflict check, one large file at once. */
function setup({
  accounts = {},
}: {
  /** In bytes, by id; the others have 6.8 GB. */
  readonly sizes?: Readonly<Record<string, number>>
  /** Ids of accounts, by the ids of their uploads. */
  readonly accounts?: Readonly<Record<string, string>>
}) {
  const records = ['a', 'b', 'c'].map((id) => {
    const record = uploadRecord({ id, accountId: accounts[id] ?? 'cloud.example alice' })
    const { sizeBytes } = record.identity
    return { ...record, identity: { ...record.identity, sizeBytes, sample: 's' } }
  })
  const journal = rowsOnJournal(records)
  const { rows, environment } = journal
  const checks = new Map<string, PromiseWithResolvers<ConflictCheckResult>>()
  const queue = createQueue(journal, {
    uploadAccounts: { accountFor: () => null },
    conflictCheck: {
      check(id: string) {
        const check = Promise.withResolvers<ConflictCheckResult>()
        checks.set(id, check)
        return check.promise
      },
      takeWaiters: () => [],
    },
    recovery: { waitForConnection: () => {}, waitForVolume: () => {} },
    events: { emit: () => {} },
  })
  return {
    queue,
    /** Ends the check of a running upload and resolves once the queue has settled it. */
    async end(id: string, result: ConflictCheckResult) {
      checks.get(id)?.resolve(result)
      await expect.poll(() => queue.running.has(id)).toBe(false)
    },
    rows,
    clock: environment.clock,
    nowMs: environment.now(),
  }
}

test.for<[string, FailureCode, readonly unknown[]]>([
  ['waits for its turn', 'server-trouble', ['waiting', undefined, null, 'turn']],
  [
    'waits for its turn, and still says why it restarts',
    'upload-ended',
    ['waiting', 'upload-ended', null, 'turn'],
  ],
  [
    'still waits for another upload, without a time',
    'same-as-other',
    ['retrying', 'same-as-other', null, 'upload'],
  ],
])('an upload whose time to retry comes while no place is free %s', async ([, code, state]) => {
  const { queue, end, rows, clock, nowMs } = setup({})
  queue.add(['a', 'b'])
  await queue.setHeld(false)
  await expect.poll(() => [...queue.running]).toEqual(['a'])
  await end('a', { kind: 'retry', failure: failure(code), atMs: nowMs + 5_000 })
  await expect.poll(() => [...queue.running]).toEqual(['b'])
  expect(rows.get('a')?.live).toMatchObject({ phase: 'retrying', retryAtMs: nowMs + 5_000 })
  clock.advance(5_000)
  const row = rows.view('a')
  const status = row && uploadStatusOf(row, unheldQueue)
  expect([row?.phase, row?.failure?.code, row?.retryAtMs, status]).toEqual(state)
})

interface RunSetup {
  readonly given?: Partial<UploadRecord>
  /** What the check before the upload ends in. */
  readonly check?: ConflictCheckResult | Error
  readonly access?: Result<{ readonly kind: 'session' }>
  /** An account of the same user that can upload the file. */
  readonly accountId?: string
  /** From the check of conflicts on. */
  readonly inspection?: Partial<Inspection>
  /** While the upload is checked. */
  readonly meanwhile?: (rows: ReturnType<typeof rowsOnJournal>['rows'], id: string) => void
}

/** Runs an upload until it has settled; returns its row and everything that was reported. */
async function runOne({ given = {}, check = { kind: 'aborted' }, ...setup }: RunSetup) {
  const { identity, recognition, target } = uploadRecord()
  const record = uploadRecord({ identity: { ...identity, sample: 's' }, ...given })
  const journal = rowsOnJournal([record])
  const { rows, environment } = journal
  const reports: (readonly unknown[])[] = []
  const inspected: string[] = []
  const settled = Promise.withResolvers<void>()
  const queue = createQueue(journal, {
    ...(setup.access && { access: setup.access }),
    accounts: { isSignedOut: async () => true },
    uploadAccounts: {
      accountFor() {
        const { accountId: id } = setup
        return id === undefined ? null : { id }
      },
    },
    async inspect({ path }: { readonly path: string }) {
      inspected.push(path)
      return { recognition, target, identity, failure: null, ...setup.inspection }
    },
    conflictCheck: {
      async check(id: string) {
        setup.meanwhile?.(rows, id)
        if (check instanceof Error) throw check
        return check
      },
      takeWaiters: () => [],
    },
    recovery: {
      waitForConnection(_id: string, { code }: { readonly code: string }) {
        reports.push(['connection', code])
        // Otherwise one that is tried again at once runs for ever.
        void queue.setHeld(true)
      },
      waitForVolume: (_id: string, { path }: { readonly path: string }) => reports.push(['volume', path]),
    },
    events: {
      emit(name: string, ...facts: unknown[]) {
        reports.push([name, ...facts])
        if (name === 'queueIdle') settled.resolve()
      },
    },
  })
  queue.add([record.id])
  await queue.setHeld(false)
  await settled.promise
  await queue.setHeld(true)
  const row = rows.get(record.id)
  return {
    id: record.id,
    row,
    phase: row?.live.phase,
    failureCode: row?.record.failure?.code,
    retryInMs: row?.live.retryAtMs ? row.live.retryAtMs - environment.now() : null,
    reports: reports.filter(([name]) => name !== 'queueIdle'),
    inspected,
  }
}

const nowMs = standingClock().now()
const inParts = { state: multipartOpenState(2_000_000_000) }
const fails = (code: FailureCode): ConflictCheckResult => ({ kind: 'failed', failure: failure(code) })
const retries = (code: FailureCode): ConflictCheckResult => ({
  kind: 'retry',
  failure: failure(code),
  atMs: nowMs + 5_000,
})

test.for<[string, RunSetup, readonly unknown[], readonly (readonly unknown[])[]]>([
  [
    'that waits for a time',
    { check: retries('same-as-other') },
    ['retrying', 'same-as-other', 5_000],
    [['connection', 'same-as-other']],
  ],
  [
    'that waits for its disk',
    {
      check: {
        kind: 'missing-volume',
        failure: failure('disk-missing'),
        volume: { path: '/disk', isDead: false },
      },
    },
    ['retrying', 'disk-missing', null],
    [['volume', '/disk']],
  ],
  [
    'that a rate limit holds',
    { check: { kind: 'hold', failure: failure('rate-limited'), untilMs: nowMs + 9_000 } },
    ['retrying', 'rate-limited', 9_000],
    [],
  ],
  [
    'that is refused',
    { check: fails('forbidden') },
    ['failed', 'forbidden', null],
    [['abandoned'], ['forbidden']],
  ],
  [
    'that failed for a time',
    { check: fails('server-trouble') },
    ['retrying', 'server-trouble', 250],
    [['connection', 'server-trouble']],
  ],
  [
    'that needs a sign-in',
    { check: fails('signed-out') },
    ['failed', 'signed-out', null],
    [['abandoned'], ['signedOut', 'cloud.example alice']],
  ],
  [
    'whose proxy needs a login',
    { check: fails('proxy-sign-in') },
    ['failed', 'proxy-sign-in', null],
    [['abandoned'], ['proxyRequired']],
  ],
  [
    'without access to its team',
    { access: failed(failure('no-team')) },
    ['failed', 'no-team', null],
    [['abandoned']],
  ],
  ['that was stopped', {}, ['waiting', undefined, null], []],
])('records an upload %s', async ([, setup, state, reports]) => {
  const run = await runOne(setup)
  expect([run.phase, run.failureCode, run.retryInMs]).toEqual(state)
  expect(run.reports).toEqual(reports)
})

test.for<[string, ConflictCheckResult, Partial<UploadRecord>, string, string]>([
  ['must restart later are abandoned', retries('upload-ended'), inParts, 'retrying', 'queued'],
  ['fails because storage lacks them are abandoned', fails('not-found'), inParts, 'failed', 'queued'],
  [
    'is stopped because bytes differ are abandoned',
    { kind: 'aborted', failure: failure('bytes-differ') },
    inParts,
    'waiting',
    'queued',
  ],
  ['is retried for another reason are kept', retries('storage-busy'), inParts, 'retrying', 'multipart-open'],
  [
    'is stopped for another reason are kept',
    { kind: 'aborted', failure: failure('storage-busy') },
    inParts,
    'waiting',
    'multipart-open',
  ],
])('parts in storage of an upload that %s', async ([, check, given, phase, kind]) => {
  const run = await runOne({ check, given })
  expect([run.phase, run.row?.record.state.kind]).toEqual([phase, kind])
  expect(run.reports.some(([name]) => name === 'abandoned')).toBe(kind === 'queued')
})

test('an upload paused during its run stays paused, with the reason if it has to restart', async () => {
  const meanwhile: RunSetup['meanwhile'] = (rows, id) => rows.change(id, { phase: 'paused' })
  const paused = await runOne({ meanwhile, given: { failure: failure('storage-busy') } })
  expect([paused.phase, paused.failureCode]).toEqual(['paused', undefined])
  const check: ConflictCheckResult = { kind: 'aborted', failure: failure('upload-ended') }
  const restarted = await runOne({ meanwhile, check, given: inParts })
  expect([restarted.phase, restarted.failureCode]).toEqual(['paused', 'upload-ended'])
})

test('a session that ended refuses thousands of waiting uploads without starting each', async () => {
  const { identity } = uploadRecord()
  const sampled = { identity: { ...identity, sample: 's' } }
  const records = Array.from({ length: 2_000 }, () => uploadRecord(sampled))
  const other = uploadRecord({ ...sampled, accountId: 'cloud.example bob', phase: 'waiting' })
  const paused = uploadRecord({ ...sampled, phase: 'paused' })
  const journal = rowsOnJournal([...records, other, paused])
  const { rows, database } = journal
  let listCount = 0
  const accounts = {
    list() {
      listCount += 1
      return [account('alice', { state: 'signed-out' }), account('bob')]
    },
  }
  const settings = () => defaultSettings
  const uploadAccounts = createUploadAccounts({ accounts, rows, settings })
  let commitCount = 0
  const signedOut: string[] = []
  const queue = createQueue(journal, {
    access: failed(failure('signed-out')),
    accounts: { isSignedOut: async () => true },
    uploadAccounts,
    conflictCheck: { takeWaiters: () => [] },
    events: {
      emit(name: string, accountId: string) {
        if (name !== 'signedOut') return
        signedOut.push(accountId)
        commands.refuseWaiting(accountId, (record) => uploadAccounts.accountFor(record) !== null)
        void queue.setHeld(true)
      },
    },
  })
  const commands = new UploadCommands({ rows, queue } as unknown as CommandOptions)
  const exec = database.exec.bind(database)
  database.exec = (sql) => {
    if (sql === 'COMMIT') commitCount += 1
    exec(sql)
  }
  queue.add([...records, other].map(({ id }) => id))
  void queue.setHeld(false)
  await expect.poll(() => signedOut).toEqual(['cloud.example alice'])
  const states = records
    .map(({ id }) => rows.get(id))
    .map((row) => [row?.live.phase, row?.record.failure?.code])
  expect(states.filter(([phase, code]) => phase !== 'failed' || code !== 'signed-out')).toEqual([])
  expect([other, paused].map(({ id }) => rows.get(id)?.live.phase)).toEqual(['waiting', 'paused'])
  expect([queue.has(records[1]?.id ?? ''), queue.has(other.id)]).toEqual([false, true])
  expect(listCount).toBeLessThanOrEqual(2 * records.length + 2)
  expect(commitCount).toBeLessThan(10)
})

const older = { sizeBytes: 6_800_000_000, mtimeNs: 1n, inode: 7n }
const sampled = { ...older, sample: 's' }
const uninspected = { sizeBytes: 0, mtimeNs: 0n, inode: 0n }

test.for<[string, Partial<Inspection>, FailureCode, string | undefined]>([
  ['is the same', { identity: sampled }, 'forbidden', 's'],
  ['is refused now', { identity: sampled, failure: failure('file-dangerous') }, 'file-dangerous', 's'],
  ['is another one', { identity: { ...sampled, inode: 8n } }, 'file-changed', undefined],
  // The run reports why a missing file can't be read.
  ['is missing', { identity: uninspected, failure: failure('file-missing') }, 'forbidden', undefined],
])(
  'inspects a file again that an older version has queued, which %s',
  async ([, inspection, code, sample]) => {
    const given = { identity: older, allowed: true }
    // A run that goes on fails because of its team.
    const { row, inspected, failureCode } = await runOne({ given, inspection, check: fails('forbidden') })
    expect([failureCode, row?.record.identity.sample, row?.record.allowed]).toEqual([
      code,
      sample,
      sample === undefined,
    ])
    expect(inspected).toEqual([row?.record.path])
  },
)
