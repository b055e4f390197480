import { expect, test } from 'vitest'
import {
  failed,
  failure,
  success,
  type FailureCode,
  type Result,
} from '../../../electron/contract/failures.ts'
import type { LibraryModel, ReplacedModel } from '../../../electron/contract/library.ts'
import { createReplacer, restoreDisplacedModel } from '../../../electron/conflicts/replace.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { libraryModel } from '../../support/library-model.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { uploadRecord } from '../../support/records.ts'

const path = 'models/loras/style.safetensors'
const displacedPath = 'models/loras/style-2.safetensors'
const old = libraryModel(path, { id: 'old' })
const replaces: ReplacedModel = { modelId: 'old', name: 'Old', path, fate: 'disable', asidePath: null }
const target = { displayName: 'Style', modelType: 'loras', modelPath: path }
const ok = success(undefined)
const failsWith = (code: FailureCode) => failed(failure(code))

type Call = 'model' | 'change' | 'remove' | 'register' | 'replacing' | 'replaced'

/** A library with these models that records every step; calls fail as `failing` says, one entry per call. */
function setup({
  models = [old],
  failing = {},
}: {
  readonly models?: readonly LibraryModel[]
  readonly failing?: Partial<Record<Call, readonly (FailureCode | null)[]>>
  /** Whether the server has a listing. */
} = {}) {
  const steps: string[] = []
  function answer<T>(call: Call, facts: string, value: T): Result<T> {
    const code = failing[call]?.[steps.filter((step) => step.startsWith(`${call} `)).length]
    steps.push(`${call} ${facts}`)
    return code ? failsWith(code) : success(value)
  }
  const listing = { models, listedAtMs: 0, completeAtMs: 0, failure: null }
  const library = {
    async models(_choice: unknown, age: { readonly maxAgeMs?: number } = {}) {
      // A listing that was made before has none of them.
      return success(age.maxAgeMs === 0 ? listing : { ...listing, models: [] })
    },
    async model(_choice: unknown, id: string) {
      const found = models.find((one) => one.id === id)
      return found ? answer('model', id, found) : failsWith('not-found')
    },
    change: async (_choice: unknown, id: string, change: object) =>
      answer('change', `${id} ${Object.values(change).join()}`, undefined),
    remove: async (_choice: unknown, id: string) => answer('remove', id, undefined),
  }
  const environment = createTestEnvironment(standingClock())
  const replacer = createReplacer({ library, environment, now: () => undefined })
  const record = (given: Partial<UploadRecord> = {}) =>
    uploadRecord({ target, library: { replaces }, ...given })
  const report = {
    replacing: ({ asidePath }: ReplacedModel) => answer('replacing', String(asidePath), undefined),
    replaced: (modelId: string) => answer('replaced', modelId, undefined),
  }
  const { log, lines } = environment
  return {
    steps,
    lines,
    register: (given?: Partial<UploadRecord>) =>
      replacer.register(record(given), async () => answer('register', 'new', 'new'), report),
    settle: (given?: Partial<UploadRecord>, modelId = 'new') =>
      replacer.settle(record(given), modelId, report),
    restore: (movedTo = displacedPath) =>
      restoreDisplacedModel(
        { modelId: 'old', accountId: 'a', teamId: 't', path, displacedPath: movedTo },
        { accountId: 'a', teamId: 't' },
        { library, log },
      ),
  }
}

const registerConflict = { register: ['conflict'] } as const

test.for<[string, Partial<UploadRecord>]>([
  ['that replaces nothing', { library: {} }],
  [
    'with another path than the old model',
    { target: { ...target, modelPath: 'models/loras/new.safetensors' } },
  ],
])('moves no model for an upload %s', async ([, given]) => {
  const { register, steps } = setup({ failing: registerConflict })
  expect([await register(given), steps]).toEqual([failsWith('conflict'), ['register new']])
})

test('moves the old model to a free path, after that is written, and registers the new one', async () => {
  const { register, steps } = setup({
    models: [old, libraryModel(displacedPath.toUpperCase())],
    failing: registerConflict,
  })
  expect(await register()).toEqual(success('new'))
  const free = 'models/loras/style-3.safetensors'
  expect(steps).toEqual(['register new', `replacing ${free}`, `change old ${free}`, 'register new'])
})

test('moves nothing that could not be written to the journal', async () => {
  const { register, steps } = setup({ failing: { ...registerConflict, replacing: ['journal-full'] } })
  expect(await register()).toEqual(failsWith('journal-full'))
  expect(steps).toEqual(['register new', `replacing ${displacedPath}`])
})

test.for<[string, FailureCode, Result<string>, readonly string[]]>([
  ['is gone does not prevent the registration', 'not-found', success('new'), ['register new']],
  ['cannot be moved now ends this attempt', 'server-trouble', failsWith('server-trouble'), []],
  // The server can't move models, so the user can choose another path.
  ['the server can’t move keeps its path', 'bad-request', failsWith('conflict'), ['replacing null']],
  ['the user may not move keeps its path', 'forbidden', failsWith('forbidden'), ['replacing null']],
])('an old model that %s', async ([, code, result, laterSteps]) => {
  const { register, steps } = setup({ failing: { ...registerConflict, change: [code] } })
  expect(await register()).toEqual(result)
  expect(steps).toEqual([
    'register new',
    `replacing ${displacedPath}`,
    `change old ${displacedPath}`,
    ...laterSteps,
  ])
})

test('moves the old model back if the new one is refused for good, and no sooner', async () => {
  const later = setup({ failing: { register: ['conflict', 'server-trouble'] } })
  expect(await later.register()).toEqual(failsWith('server-trouble'))
  expect(later.steps.at(-1)).toBe('register new')
  const refused = setup({ failing: { register: ['conflict', 'forbidden'] } })
  expect(await refused.register()).toEqual(failsWith('forbidden'))
  expect(refused.steps.slice(-2)).toEqual([`change old ${path}`, 'replacing null'])
  expect(refused.lines).toEqual([])
  const stuck = setup({ failing: { register: ['conflict', 'forbidden'], change: [null, 'server-trouble'] } })
  await stuck.register()
  expect(stuck.steps.at(-1)).toBe('replacing null')
  expect(stuck.lines).toMatchObject([{ level: 'warn', facts: { model: 'old', code: 'server-trouble' } }])
})

test.for<[string, string | null, string | null, boolean]>([
  ['disables an old model at its old path', path, null, true],
  ['disables an old model at the path that it was moved to', displacedPath, displacedPath, true],
  ['disables an old model whose path is not listed', null, null, true],
  [
    'does not disable an old model that another user has moved',
    'models/loras/theirs.safetensors',
    displacedPath,
    false,
  ],
])('%s', async ([, modelPath, asidePath, isDisabled]) => {
  const { settle, steps } = setup({ models: [{ ...old, modelPath }] })
  expect(await settle({ library: { replaces: { ...replaces, asidePath } } })).toEqual(ok)
  expect(steps.includes('change old disabled')).toBe(isDisabled)
})

test.for<[string, Parameters<typeof setup>[0], Result<void>]>([
  ['was deleted before', { models: [] }, ok],
  ['is deleted meanwhile', { failing: { change: ['not-found'] } }, ok],
  ['cannot be looked up now', { failing: { model: ['server-trouble'] } }, failsWith('server-trouble')],
  ['can be disabled but not looked up', { failing: { model: ['forbidden'] } }, ok],
  ['cannot be disabled now', { failing: { change: ['server-trouble'] } }, failsWith('server-trouble')],
  [
    'can never be disabled',
    { failing: { change: ['forbidden'] } },
    failed(failure('old-model-stays', { name: 'Old', fate: 'disable', path })),
  ],
])('settles the replacement of an old model that %s', async ([, options, result]) => {
  expect(await setup(options).settle()).toEqual(result)
})

const displaced = [{ ...old, modelPath: displacedPath }]

test.for<[string, Parameters<typeof setup>[0], 'done' | 'later' | 'stuck', readonly string[]]>([
  ['is moved back', { models: displaced }, 'done', ['model old', `change old ${path}`]],
  ['was never moved stays', { models: [old] }, 'done', ['model old']],
  ['was deleted is forgotten', { models: [] }, 'done', []],
  [
    'is deleted meanwhile is forgotten',
    { models: displaced, failing: { change: ['not-found'] } },
    'done',
    ['model old', `change old ${path}`],
  ],
  [
    'cannot be looked up now is tried again',
    { models: displaced, failing: { model: ['server-trouble'] } },
    'later',
    ['model old'],
  ],
  [
    'cannot be moved now is tried again',
    { models: displaced, failing: { change: ['server-trouble'] } },
    'later',
    ['model old', `change old ${path}`],
  ],
  [
    'can never be moved is tried at the next start',
    { models: displaced, failing: { change: ['forbidden'] } },
    'stuck',
    ['model old', `change old ${path}`],
  ],
])('a displaced model that %s', async ([, options, result, expected]) => {
  const { restore, steps, lines } = setup(options)
  expect([await restore(), steps]).toEqual([result, expected])
  expect(lines.map(({ level }) => level)).toEqual(result === 'done' ? [] : ['warn'])
})
