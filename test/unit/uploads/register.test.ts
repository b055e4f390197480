import { expect, test } from 'vitest'
import type { CloudClient } from '../../../electron/cloud/client.ts'
import type { ModelWire } from '../../../electron/cloud/wire.ts'
import { failed, failure, success, type Failure, type Result } from '../../../electron/contract/failures.ts'
import { findRegistered, register } from '../../../electron/uploads/register.ts'
import { deviceSigner } from '../../support/answering-client.ts'
import { standingClock } from '../../support/hand-clock.ts'
import { passDelay } from '../../support/pass-delay.ts'
import { uploadRecord } from '../../support/records.ts'

const storageKey = 'key-of-this-upload'

const registrationWith = (client: CloudClient) => ({
  record: uploadRecord(),
  access: { client, signer: deviceSigner, kind: 'device' as const },
  stored: { storageKey, sha256: 'a'.repeat(64) },
  timers: standingClock().timers,
  signal: new AbortController().signal,
})

const sha256 = 'a'.repeat(64)
const trouble = (status: number) => failure('server-trouble', { status })
const noAnswer = failure('timed-out', { host: 'cloud.example' })
const ownPath = 'models/Own.safetensors'
const wire = (given: Partial<ModelWire> = {}): ModelWire => ({
  id: 'm',
  display_name: 'A model',
  model_type: 'loras',
  storage_key: 'other key',
  model_path: 'models/other.safetensors',
  ...given,
})

/** An answer of the server: what it returns, or a failure. */
type Answer<T> = T | Failure

const isFailure = (answer: unknown): answer is Failure =>
  typeof answer === 'object' && answer !== null && 'code' in answer

/** Answers with these, one after the other, and then with the last one again. */
function inOrder<T>(answers: readonly Answer<T>[]) {
  let count = 0
  return {
    count: () => count,
    next(): Result<T> {
      const answer = answers[Math.min(count, answers.length - 1)] as Answer<T>
      count += 1
      return isFailure(answer) ? failed(answer) : success(answer)
    },
  }
}

/** An upload whose server answers requests to register, listings and requests for single models like this. */
function setup({
  registering = ['new'],
  listings = [[]],
  details = {},
  isUnsure = false,
}: {
  /** Ids of models. */
  readonly registering?: readonly Answer<string>[]
  readonly listings?: readonly Answer<readonly ModelWire[]>[]
  readonly details?: Readonly<Record<string, Answer<ModelWire>>>
  readonly isUnsure?: boolean
}) {
  const clock = standingClock()
  const posts = inOrder(registering)
  const lists = inOrder(listings)
  const read: string[] = []
  const client = {
    server: 'https://cloud.example',
    async send({ method, path }: { readonly method: string; readonly path: string }) {
      if (method === 'POST') {
        const posted = posts.next()
        return posted.ok ? success({ id: posted.value }) : posted
      }
      if (path === '/models') {
        const listed = lists.next()
        return listed.ok ? success({ models: listed.value, total: listed.value.length }) : listed
      }
      const id = path.slice('/models/'.length)
      read.push(id)
      return inOrder([details[id] ?? failure('not-found')]).next()
    },
  } as unknown as CloudClient
  const registration = {
    ...registrationWith(client),
    record: uploadRecord({ target: { displayName: 'Own', modelType: 'loras', modelPath: ownPath } }),
    stored: { storageKey, sha256, ...(isUnsure ? { isUnsure } : {}) },
    timers: clock.timers,
  }
  return {
    read,
    counts: () => ({ registering: posts.count(), listings: lists.count() }),
    register: () => register(registration),
    findRegistered: () => findRegistered(registration),
    pass: (delayMs: number) => passDelay(clock, delayMs),
  }
}

const own = wire({ id: 'own', storage_key: storageKey })
const atOwnPath = wire({ id: 'at path', model_path: ownPath.toUpperCase() })

test.each([noAnswer, failure('connection-lost', { host: 'cloud.example' }), trouble(504), trouble(524)])(
  'searches the library for half a minute after $code before it gives up',
  async (reason) => {
    const { register, pass, counts } = setup({ registering: [reason] })
    const registered = register()
    for (const delayMs of [5_000, 10_000, 15_000]) await pass(delayMs)
    expect(await registered).toEqual(failed(reason))
    expect(counts()).toEqual({ registering: 1, listings: 4 })
  },
)

const missing = failure('not-found', {}, { serverMessage: 'No such object', detail: 'HTTP 404' })
const ended = failed(failure('upload-ended', {}, { serverMessage: 'No such object', detail: 'HTTP 404' }))

test('an object that the server does not find twice has to be sent again', async () => {
  const { register, pass, counts } = setup({ registering: [missing] })
  const registered = register()
  await pass(5_000)
  expect(await registered).toEqual(ended)
  expect(counts().registering).toBe(2)
})

const conflict = failure('conflict')
const refused = failure('bad-request')
const sendAgain = failure('upload-ended')

test.each([
  ['a refused object', refused, [], sendAgain],
  ['a conflict about another path', conflict, [wire()], sendAgain],
  ['a conflict about its path', conflict, [atOwnPath], conflict],
  ['a conflict while the library can’t be read for a while', conflict, trouble(503), trouble(503)],
  ['a conflict if the library can’t be read at all', conflict, failure('forbidden'), sendAgain],
  ['a refusal of the user', failure('forbidden'), [], failure('forbidden')],
])(
  'if it is unsure whether the object exists, %s is reported correctly',
  async (_, reason, listing, expected) => {
    const { register } = setup({ registering: [reason], listings: [listing], isUnsure: true })
    expect(await register()).toEqual(failed(expected))
  },
)

const withoutKey = (id: string, given: Partial<ModelWire> = {}) =>
  wire({ id, storage_key: null, model_path: ownPath, ...given })

test('requests the models at its path if a listing has no storage keys', async () => {
  const { findRegistered, read } = setup({
    listings: [
      [withoutKey('elsewhere', { model_path: 'a' }), withoutKey('a'), withoutKey('b'), withoutKey('c')],
    ],
    details: { a: failure('not-found'), b: { ...own, id: 'b' } },
  })
  expect(await findRegistered()).toEqual(success('b'))
  expect(read).toEqual(['a', 'b'])
})

test.each([
  ['the same hash', { file_hash: `SHA256:${sha256.toUpperCase()}` }, 'a'],
  ['another hash', { file_hash: `sha256:${'b'.repeat(64)}` }, null],
  ['no hash', {}, null],
  ['another key and the same hash', { storage_key: 'other', file_hash: `sha256:${sha256}` }, null],
])('compares a model at its path with %s', async (_, details, expected) => {
  const { findRegistered } = setup({
    listings: [[withoutKey('a')]],
    details: { a: withoutKey('a', details) },
  })
  expect(await findRegistered()).toEqual(success(expected))
})
