import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Account } from '../../../electron/contract/account.ts'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import { engineCalls, localFileWith } from '../../../electron/engine/calls.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { identityOf } from '../../../electron/platform/files/file-identity.ts'
import { valueOf } from '../../support/engine.ts'
import { account, registeredRecord, uploadRecord } from '../../support/records.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'

type Services = Parameters<typeof engineCalls>[0]

interface CallsSetup {
  readonly hiddenIds?: readonly string[]
  /** Whether the user has another sign-in on the server. */
  readonly hasOtherSignIn?: boolean
  readonly prepared?: Result<void>
  readonly sealed?: Result<void>
  readonly signedOut?: Result<'a session'>
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
  const calls = engineCalls({
    rows,
    store,
    environment,
    accounts: { list: () => (given.hasOtherSignIn ? [alice, paired] : [alice]) },
    signIns: {
      hidden: () => new Set(given.hiddenIds),
      announce: () => void steps.push('announce'),
      async signOut(_id: string, data: string | undefined, onSignedOut: () => void) {
        await step(`sign out ${data}`, undefined)
        onSignedOut()
        return given.signedOut ?? success('a session')
      },
    },
    commands: {
      suspendAccount: (id: string) => step(`suspend ${id}`, undefined),
      cancel: (ids: readonly string[]) => step(`cancel ${ids.join()}`, ok),
    },
    sealing: {
      prepare: () => step('prepare', given.prepared ?? ok),
      sealDeparted: () => step('seal', given.sealed ?? ok),
      eraseLogsAgain: () => step('erase logs', undefined),
    },
    abandonedUploads: { cleanUp: () => step('clean up', undefined) },
    library: {
      forget: () => step('forget library', undefined),
      change: () => step('change', ok),
    },
  } as unknown as Services)
  const signOut = (data?: 'kept' | 'removed') => calls.signOut({ accountId: alice.id, ...(data && { data }) })
  return { calls, steps, signOut }
}

test('receipts include the other files of a model in the same library, each once', async () => {
  const target = { displayName: 'SDXL', modelType: 'diffusers', modelPath: 'models/diffusers/sdxl/a' }
  const group = { key: 'k', name: 'sdxl', kind: 'diffusers', root: '/sdxl', within: [] } as const
  const part = (given: Partial<UploadRecord> = {}) =>
    registeredRecord({ seen: { place: '/sdxl', group, target }, ...given })
  const [first, second, alone] = [part(), part(), registeredRecord()]
  const elsewhere = part({ team: { id: 'team_02', name: 'Other' } })
  const { calls } = setup([first, second, alone, elsewhere, uploadRecord()])
  const namesFor = async (...ids: readonly string[]) =>
    valueOf(await calls.receipts({ ids: [...ids] })).map(({ file }) => file.name)
  const ofModel = [first.fileName, second.fileName]
  expect(await namesFor(first.id)).toEqual(ofModel)
  expect(await namesFor(first.id, second.id, 'unknown', alone.id)).toEqual([...ofModel, alone.fileName])
})

test('a page of the history names the start of the next page if there may be one', async () => {
  const records = [1, 2, 3].map((finishedAtMs) => registeredRecord({ finishedAtMs }))
  const page = async (limit: number, beforeMs: number | null) => {
    const { rows, nextBeforeMs } = valueOf(
      await setup(records).calls.history({ beforeMs, search: '', limit }),
    )
    return [rows.map(({ finishedAtMs }) => finishedAtMs), nextBeforeMs]
  }
  expect([await page(2, null), await page(2, 2), await page(3, null), await page(2, 1)]).toEqual([
    [[3, 2], 2],
    [[1], null],
    [[3, 2, 1], 1],
    [[], null],
  ])
})

test('shows no log of an upload of a hidden account', async () => {
  const record = uploadRecord()
  const logOf = async (hiddenIds: readonly string[], id = record.id) =>
    valueOf(await setup([record], { hiddenIds }).calls.uploadLog({ id }))
  expect(await logOf([])).not.toBeNull()
  expect([await logOf([record.accountId]), await logOf([], 'unknown')]).toEqual([null, null])
})

test('changes a model of the library only to what the server accepts', async () => {
  const { calls, steps } = setup()
  const choice = { accountId: 'a', teamId: 't' }
  const change = (modelPath: string) => calls.changeModel({ choice, modelId: 'm', change: { modelPath } })
  expect(await change('/etc/model')).toMatchObject({ ok: false, failure: { code: 'target-path' } })
  expect(steps).toEqual([])
  expect([await change('models/vae/a.pt'), steps]).toEqual([ok, ['change']])
})

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
    localFileWith({ filesWith: () => files } as unknown as Services['hashCache'], 'ab')
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
    [suspend, 'cancel u1', 'clean up', 'sign out removed', 'announce', 'forget library', 'seal'],
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
