import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import type { Account } from '../../../electron/contract/account.ts'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import { engineCalls, localFileWith } from '../../../electron/engine/calls.ts'
import type { UploadRow } from '../../../electron/contract/uploads.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { identityOf } from '../../../electron/platform/files/file-identity.ts'
import type { FileToInspect } from '../../../electron/recognition/found-file.ts'
import { libraryModel } from '../../support/library-model.ts'
import { account, registeredRecord, uploadRecord } from '../../support/records.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'

type Areas = Parameters<typeof engineCalls>[0]

interface CallsSetup {
  /** Whether the user has another sign-in on the server. */
  readonly hasOtherSignIn?: boolean
  readonly prepared?: Result<void>
  readonly sealed?: Result<void>
  readonly signedOut?: Result<'a session'>
  readonly addedWhileCancelling?: UploadRecord
  /** The result of pausing or resuming all uploads. */
  readonly paused?: Result<void>
  /** Rows that the page shows. */
  readonly shown?: readonly Partial<UploadRow>[]
}

const alice = account('alice')
const ok = success(undefined)

/** Calls on uploads in a journal, and the steps that they take in other services. */
function setup(records: readonly UploadRecord[] = [], given: CallsSetup = {}) {
  const { rows, store, environment } = rowsOnJournal(records)
  const steps: string[] = []
  function step<T>(name: string, value: T): Promise<T> {
    steps.push(name)
    return Promise.resolve(value)
  }
  const paired: Account = { ...alice, id: 'cloud.example alice team_01', kind: 'device' }
  const services = {
    rows,
    accounts: { list: () => (given.hasOtherSignIn ? [alice, paired] : [alice]) },
    signIns: {
      hidden: () => new Set(),
      view: () => 'a session',
      refreshTeams: () => step('refresh teams', undefined),
      announce: () => void steps.push('announce'),
      async signOut(_id: string, data: string | undefined, onSignedOut: () => void) {
        await step(`sign out ${data}`, undefined)
        onSignedOut()
        return given.signedOut ?? success('a session')
      },
    },
    commands: {
      suspendAccount: (id: string) => step(`suspend ${id}`, undefined),
      cancel(ids: readonly string[]) {
        if (given.addedWhileCancelling) rows.restore([given.addedWhileCancelling])
        return step(`cancel ${ids.join()}`, ok)
      },
      retry: (ids: readonly string[]) => step(`retry ${ids.join()}`, ok),
      resume(ids: readonly string[]) {
        steps.push(`resume ${ids.join()}`)
        return ok
      },
      stopPausing: (ids: readonly string[] | null) => void steps.push(`stop pausing ${ids?.join()}`),
    },
    verifier: { verify: (ids: readonly string[]) => void steps.push(`verify ${ids.join()}`) },
    hold: {
      async pauseAll(isPaused: boolean) {
        await nextTurn()
        steps.push(isPaused ? 'pause all' : 'resume all')
        return given.paused ?? ok
      },
    },
    feed: {
      touched: () => void steps.push('show totals'),
      snapshot: () => ({ rows: given.shown ?? [] }),
    },
    review: { ids: () => [], excluded: () => undefined },
    intake: { discardReviewed: () => void steps.push('discard reviewed') },
    inspector: {
      readDetails: async ({ path }: FileToInspect) => `details of ${path}`,
      report: async ({ path }: FileToInspect) => success(`report about ${path}`),
    },
    modelStatus: async ({ id }: UploadRecord) => `status of ${id}`,
    companions: {
      ofUpload: async (record: UploadRecord | null, isSearched: boolean) => [record?.id, isSearched],
      ofList: (hidden: ReadonlySet<string>) => [...hidden],
    },
    sealing: {
      prepare: () => step('prepare', given.prepared ?? ok),
      sealDeparted: () => step('seal', given.sealed ?? ok),
      eraseLogsAgain: () => step('erase logs', undefined),
      discard: () => step('discard', ok),
    },
    abandonedUploads: { cleanUp: () => step('clean up', undefined) },
    library: {
      forgetFailures: () => void steps.push('forget failures'),
      models: (_choice: unknown, options: object) =>
        step(`list ${JSON.stringify(options)}`, success({ models: [libraryModel('a'), libraryModel('b')] })),
      forget: () => step('forget library', undefined),
      change: () => step('change', ok),
    },
    finder: {},
    watchedFolders: {},
  }
  const calls = engineCalls({
    base: { store, timers: environment.timers },
    people: services,
    uploads: services,
    control: services,
    sending: services,
    adding: services,
    finding: services,
    view: services,
  } as unknown as Areas)
  const signOut = (data?: 'kept' | 'removed') => calls.signOut({ accountId: alice.id, ...(data && { data }) })
  return { calls, steps, signOut }
}

test('finds a local file that had these bytes and has not changed since', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-local-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const hashed = ['changed', 'same', 'gone'].map((name) => {
    const path = join(folder, name)
    writeFileSync(path, name)
    return { path, identity: identityOf(statSync(path, { bigint: true })) }
  })
  const [changed, same, gone] = hashed
  writeFileSync(join(folder, 'changed'), 'other bytes')
  rmSync(join(folder, 'gone'))
  const find = (...files: typeof hashed) =>
    localFileWith({ filesWith: () => files } as unknown as Areas['base']['hashCache'], 'ab')
  expect(await find(...hashed)).toEqual(success(same?.path))
  expect(await find(...[changed, gone].filter((one) => one !== undefined))).toEqual(
    failed(failure('file-missing')),
  )
})

const suspend = `suspend ${alice.id}`
const end = ['erase logs']

test.for<[string, CallsSetup, 'kept' | 'removed' | undefined, readonly string[]]>([
  [
    'encrypts what belongs to the user, with a key that is stored before anything else happens',
    {},
    undefined,
    ['prepare', suspend, 'sign out undefined', 'announce', 'forget library', 'seal'],
  ],
  ['keeps it readable on request', {}, 'kept', [suspend, 'sign out kept', 'announce', 'forget library']],
  [
    'removes it on request, and cleans up storage while there is a sign-in for it',
    {},
    'removed',
    ['cancel u1', suspend, 'clean up', 'sign out removed', 'announce', 'forget library', 'seal'],
  ],
  [
    'keeps it for another sign-in of the user',
    { hasOtherSignIn: true },
    'removed',
    [suspend, 'sign out undefined', 'announce', 'forget library'],
  ],
])('a sign-out %s', async ([, given, data, steps]) => {
  const others = [uploadRecord({ id: 'u2', accountId: 'cloud.example bob' })]
  const context = setup([uploadRecord({ id: 'u1' }), ...others], given)
  expect(await context.signOut(data)).toEqual(success('a session'))
  expect(context.steps).toEqual([...steps, ...end])
})

test('signs nobody out whose key cannot be stored, and reports what could not be encrypted', async () => {
  const unavailable = failed(failure('seal-unavailable'))
  const { signOut, steps } = setup([], { prepared: unavailable })
  expect([await signOut(), steps]).toEqual([unavailable, ['prepare']])
  const pending = failed(failure('seal-pending'))
  expect(await setup([], { sealed: pending }).signOut()).toEqual(pending)
  const refused = failed(failure('journal-full'))
  expect(await setup([], { sealed: pending, signedOut: refused }).signOut()).toEqual(refused)
})

test('a sign-out also removes uploads that are added while others are cancelled', async () => {
  const late = uploadRecord({ id: 'late' })
  const { signOut, steps } = setup([uploadRecord({ id: 'u1' })], { addedWhileCancelling: late })
  expect(await signOut('removed')).toEqual(success('a session'))
  expect(steps.slice(0, 3)).toEqual(['cancel u1', 'cancel late', suspend])
})

test('reports that pausing or resuming all uploads could not be stored, and resumes them', async () => {
  const paused = failed(failure('settings-not-saved'))
  const { calls, steps } = setup([], { paused, shown: [{ id: 'a', phase: 'paused' }] })
  expect([await calls.pauseAll(undefined), await calls.resumeAll(undefined)]).toEqual([paused, paused])
  expect(steps.at(-1)).toBe('resume a')
})

test('reads about the file of an upload, shown or in the history, and of no unknown one', async () => {
  const [shown, finished] = [uploadRecord(), registeredRecord()]
  const { calls } = setup([shown, finished])
  for (const { id, path } of [shown, finished]) {
    expect(await calls.modelFacts({ id })).toEqual(success(`details of ${path}`))
    expect(await calls.recognitionReport({ id })).toEqual(success(`report about ${path}`))
    expect(await calls.modelStatus({ id })).toEqual(success(`status of ${id}`))
    expect(await calls.companions({ id, isSearched: true })).toEqual(success([id, true]))
  }
  expect(await calls.modelFacts({ id: 'unknown' })).toEqual(success(null))
  expect(await calls.recognitionReport({ id: 'unknown' })).toEqual(failed(failure('not-found')))
  expect(await calls.modelStatus({ id: 'unknown' })).toEqual(success(null))
})
