import { expect, test } from 'vitest'
import type { Account } from '../../../electron/contract/account.ts'
import { failed, failure, success, type FailureCode } from '../../../electron/contract/failures.ts'
import {
  continueAllUploads,
  continueUploads,
  queuedFiles,
} from '../../../electron/intake/continue-uploads.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import type { FoundFile } from '../../../electron/recognition/found-file.ts'
import { foundFile, registeredRecord, uploadRecord } from '../../support/records.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'

const team = { id: 'team_01', name: 'Studio North' }
const account = (id: string, given: Partial<Account> = {}): Account => ({
  id,
  kind: 'session',
  server: 'https://cloud.example',
  personId: 'alice',
  name: 'Alice',
  email: 'alice@example.com',
  teams: [team],
  state: 'ready',
  ...given,
})
const session = account('session')
const device = account('device', { kind: 'device' })
const bob = account('bob', { personId: 'bob' })

const stopped = (given: Partial<UploadRecord> = {}) =>
  uploadRecord({ accountId: 'session', phase: 'failed', failure: failure('file-empty'), ...given })
const inReview = (given: Partial<UploadRecord> = {}) =>
  uploadRecord({ accountId: 'session', phase: 'review', ...given })

/** The file of an upload, as it is found when it is added again. */
const fileOf = ({ path, fileName }: UploadRecord) => foundFile(fileName, { path })

/** Rows of this process; `calls` are the commands that were given, in order. */
function setup(records: readonly UploadRecord[]) {
  const { rows } = rowsOnJournal(records)
  const calls: string[] = []
  const services = {
    rows,
    accounts: { list: () => [session, device, bob] },
    settings: { server: session.server, servers: [] },
    commands: {
      allow(ids: readonly string[]) {
        calls.push(`allow ${ids.join()}`)
        return success(true)
      },
      async continueUpload(id: string) {
        calls.push(`continue ${id}`)
        return success(rows.get(id)?.live.phase === 'failed')
      },
      approve(id: string) {
        calls.push(`approve ${id}`)
        return success(true)
      },
    },
  }
  async function add(
    files: readonly FoundFile[],
    given: Partial<Parameters<typeof continueUploads>[2]> = {},
  ) {
    const request = { accountId: 'session', team, isApproved: false, ...given }
    const found = await continueUploads(services, files, request)
    if (!found.ok) return found.failure.code
    const { continued, alreadyQueued, continuedCount } = found.value
    return {
      continued: [...continued].map(({ name }) => name),
      queued: [...alreadyQueued].map(({ name }) => name),
      continuedCount,
    }
  }
  return { ...services, services, add, calls }
}

test('counts the stopped upload of a file as continued and a waiting one as queued', async () => {
  const [broken, waiting, other] = [stopped(), uploadRecord({ accountId: 'session' }), stopped()]
  const { add, calls } = setup([broken, waiting, other])
  expect(await add([fileOf(broken), fileOf(waiting), fileOf(uploadRecord())])).toEqual({
    continued: [broken.fileName],
    queued: [waiting.fileName],
    continuedCount: 1,
  })
  expect(calls).toEqual([`continue ${broken.id}`, `continue ${waiting.id}`])
})

test.for<[what: string, record: UploadRecord, isFound: boolean]>([
  ['the same account', stopped(), true],
  ['another sign-in of the same user', stopped({ accountId: 'device' }), true],
  ['another user', stopped({ accountId: 'bob' }), false],
  ['another team', stopped({ team: { id: 'team_02', name: 'South' } }), false],
  ['a model in the library', registeredRecord({ accountId: 'session' }), false],
])('finds an upload of %s: %s', async ([_what, record, isFound]) => {
  const { add } = setup([record])
  expect(await add([fileOf(record)])).toMatchObject({ continuedCount: isFound ? 1 : 0 })
})

test('counts an upload whose file is still refused as neither continued nor queued, unless aborted', async () => {
  const record = stopped()
  const { services } = setup([record])
  const aborting = new AbortController()
  const { signal } = aborting
  services.commands.continueUpload = async () => success(false)
  const add = () =>
    continueUploads(services, [fileOf(record)], { accountId: 'session', team, isApproved: false, signal })
  const files = new Set([expect.objectContaining({ name: record.fileName })])
  const none = new Set()
  expect(await add()).toEqual(
    success({
      continued: none,
      alreadyQueued: none,
      stillRefused: files,
      continuedCount: 0,
      stillRefusedCount: 1,
    }),
  )
  services.commands.continueUpload = async () => {
    aborting.abort()
    return success(false)
  }
  expect(await add()).toMatchObject({ value: { stillRefused: none, stillRefusedCount: 0 } })
})

test('continues no further upload after an abort', async () => {
  const records = [stopped(), stopped()]
  const { add, services } = setup(records)
  const aborting = new AbortController()
  const calls: unknown[] = []
  services.commands.continueUpload = async (id: string, signal?: AbortSignal) => {
    calls.push([id, signal])
    aborting.abort()
    return success(false)
  }
  const { signal } = aborting
  await add(records.map(fileOf), { signal })
  expect(calls).toEqual([[records[0]?.id, signal]])
})

test.for<[code: FailureCode, allow: FailureCode | undefined, isAllowed: boolean]>([
  ['file-suspicious', 'file-suspicious', true],
  ['file-dangerous', 'file-suspicious', false],
  ['file-dangerous', undefined, false],
])('%s is allowed beforehand by %s: %s', async ([code, allow, isAllowed]) => {
  const record = stopped({ failure: failure(code) })
  const { add, calls } = setup([record])
  await add([fileOf(record)], allow ? { allow: new Set([allow]) } : {})
  expect(calls).toEqual([`${isAllowed ? 'allow' : 'continue'} ${record.id}`])
})

test('approves what is in review only if the user has approved it', async () => {
  const [reviewed, broken] = [inReview(), stopped()]
  const { add, calls } = setup([reviewed, broken])
  const files = [fileOf(reviewed), fileOf(broken)]
  await add(files)
  expect(calls.splice(0)).toEqual([`continue ${reviewed.id}`, `continue ${broken.id}`])
  await add(files, { isApproved: true })
  expect(calls).toEqual([`continue ${reviewed.id}`, `approve ${reviewed.id}`, `continue ${broken.id}`])
})

test('queues a file in review as it was shown, and leaves one that was not shown or is refused', async () => {
  const [shown, refused, hidden] = [inReview(), inReview(), inReview()]
  const { add, calls, rows } = setup([shown, refused, hidden])
  const files = [shown, refused, hidden].map(fileOf)
  const target = { ...shown.target, displayName: 'As shown' }
  const proposal = new Map([
    [files[0] as FoundFile, { ...shown, target, allowed: true }],
    [files[1] as FoundFile, { ...refused, failure: failure('file-empty') }],
  ])
  expect(await add(files, { isApproved: true, shown: proposal })).toMatchObject({ continuedCount: 1 })
  expect(calls).toEqual([`approve ${shown.id}`])
  expect(rows.get(shown.id)?.record).toMatchObject({ target, allowed: true, failure: null })
})

test('places a file with a refused link where it was added now, and no other one', async () => {
  const group = { key: 'g', name: 'sd3', kind: 'diffusers', root: '/old', within: [] } as const
  const seen = { place: '/old', target: uploadRecord().target, boundary: '/old', group }
  const linked = stopped({ failure: failure('file-link', { name: 'a' }), seen })
  const broken = stopped({ seen })
  const { add, rows } = setup([linked, broken])
  const found = { boundary: '/new', group: { ...group, root: '/new' } }
  await add([linked, broken].map((record) => ({ ...fileOf(record), ...found })))
  const placed = [linked, broken].map(({ id }) => rows.get(id)?.record.seen)
  expect(placed).toEqual([{ ...seen, ...found, place: '/models' }, seen])
})

const accountIds = ['session', 'device']

test('reports why an upload could not be continued', async () => {
  const record = stopped()
  const { add, services } = setup([record])
  services.commands.continueUpload = async () => failed(failure('journal-trouble'))
  expect(await add([fileOf(record)])).toBe('journal-trouble')
  expect((await continueAllUploads(services, { signal: new AbortController().signal, accountIds })).ok).toBe(
    false,
  )
})

test('continues all uploads but those in review until it is aborted', async () => {
  const [one, reviewed, other] = [stopped(), inReview(), stopped()]
  const { services, calls } = setup([one, reviewed, other])
  const ids = [one.id, other.id]
  expect(await continueAllUploads(services, { signal: new AbortController().signal, accountIds })).toEqual(
    success(ids),
  )
  expect(calls.splice(0)).toEqual(ids.map((id) => `continue ${id}`))
  await continueAllUploads(services, { signal: AbortSignal.abort(), accountIds })
  expect(calls).toEqual([])
})

test('lists the files in the queue for a user and team, without a review that was not requested', () => {
  const [broken, reviewed, ofBob] = [stopped(), inReview(), stopped({ accountId: 'bob' })]
  const { services } = setup([broken, reviewed, ofBob])
  const files = [broken, reviewed, ofBob, uploadRecord()].map(fileOf)
  const queued = () => [...queuedFiles(services, files, { accountId: 'device', team })]
  expect(queued()).toEqual(files.slice(0, 2))
  services.rows.restore([broken, reviewed], { isRequested: false })
  expect(queued()).toEqual(files.slice(0, 1))
})
