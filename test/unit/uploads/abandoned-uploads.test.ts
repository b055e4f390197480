import { expect, test } from 'vitest'
import type { CloudClient } from '../../../electron/cloud/client.ts'
import type { Account } from '../../../electron/contract/account.ts'
import { failed, failure, success, type Failure } from '../../../electron/contract/failures.ts'
import { createAbandonedUploads } from '../../../electron/uploads/abandoned-uploads.ts'
import { deviceSigner } from '../../support/answering-client.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { account } from '../../support/records.ts'

const accountWithId = (id: string, given: Partial<Account> = {}) =>
  account('alice', { id, teams: [{ id: 'team', name: '' }], ...given })

/** Uploads `a` and `b` and a model that were left behind; requests for them are answered like this. */
function setup({
  abort = () => null,
  move = () => null,
  accounts = [accountWithId('own')],
}: {
  /** The failure of aborting an upload, if any. */
  readonly abort?: (uploadId: string) => Failure | null | Promise<Failure | null>
  readonly move?: () => Failure | null | Promise<Failure | null>
  readonly accounts?: readonly Account[]
} = {}) {
  const clock = standingClock()
  const environment = createTestEnvironment(clock)
  const owner = { accountId: 'own', teamId: 'team' }
  let uploads = ['a', 'b'].map((uploadId) => ({ uploadId, storageKey: 'k', ...owner }))
  let models = [{ modelId: 'm', path: 'p', displacedPath: 'd', ...owner }]
  const requests: string[] = []
  const answer = (reason: Failure | null) => (reason ? failed(reason) : success(undefined))
  const clientOf = (accountId: string) =>
    ({
      server: 'https://cloud.example',
      async send({ body }: { readonly body: { readonly upload_id: string } }) {
        requests.push(`${accountId} aborts ${body.upload_id}`)
        return answer(await abort(body.upload_id))
      },
    }) as unknown as CloudClient
  const abandoned = createAbandonedUploads({
    store: {
      abandonedUploads: () => uploads,
      removeAbandoned(id) {
        uploads = uploads.filter(({ uploadId }) => uploadId !== id)
        return success(undefined)
      },
      displacedModels: () => models,
      removeDisplaced(id) {
        models = models.filter(({ modelId }) => modelId !== id)
        return success(undefined)
      },
    },
    library: {
      model: async () => success({ modelPath: 'd' }),
      async change(choice: { readonly accountId: string }, id: string) {
        requests.push(`${choice.accountId} moves ${id}`)
        return answer(await move())
      },
    } as unknown as Parameters<typeof createAbandonedUploads>[0]['library'],
    accounts: {
      list: () => accounts,
      accessFor(accountId) {
        const isReady = accounts.some(({ id, state }) => id === accountId && state === 'ready')
        const access = { client: clientOf(accountId), kind: 'session', signer: deviceSigner } as const
        return isReady ? success(access) : failed(failure('signed-out'))
      },
    },
    settings: () => ({ server: account('alice').server, servers: [] }),
    environment,
  })
  return {
    abandoned,
    clock,
    environment,
    requests,
    addAbandoned: (uploadId: string, accountId = owner.accountId) =>
      void (uploads = [...uploads, { uploadId, storageKey: 'k', ...owner, accountId }]),
    left: () => [...uploads.map(({ uploadId }) => uploadId), ...models.map(({ modelId }) => modelId)],
  }
}

const trouble = failure('server-trouble', { status: 503 })

test.each<[string, Parameters<typeof setup>[0], readonly string[], readonly number[]]>([
  ['an upload fails for a while', { abort: (id) => (id === 'a' ? trouble : null) }, ['a'], [60_250]],
  ['a model fails for a while', { move: () => trouble }, ['m'], [60_250]],
  [
    'they fail for good',
    { abort: () => failure('forbidden'), move: () => failure('forbidden') },
    ['a', 'b', 'm'],
    [],
  ],
  ['no account is signed in', { accounts: [accountWithId('own', { state: 'signed-out' })] }, ['a', 'b'], []],
])('repeats a cleanup after a minute only if that may help: %s', async (_, given, expected, waits) => {
  const { abandoned, left, clock } = setup(given)
  await abandoned.cleanUp()
  expect([left(), clock.waits()]).toEqual([expected, waits])
})

const limited = (retryAfterMs: number) => failure('rate-limited', {}, { retryAfterMs })

test.each([
  ['a rate limit with Retry-After', limited(3_000_000), 3_000_000],
  ['a rate limit with a short Retry-After', limited(5_000), 5_000],
  ['a rate limit without Retry-After', failure('rate-limited'), 60_000],
  [
    'a failure with Retry-After',
    failure('server-trouble', { status: 503 }, { retryAfterMs: 90_000 }),
    90_000,
  ],
])(
  'sends no further request to a server after %s, and repeats it once the server allows it',
  async (_, met, waitMs) => {
    let reason: Failure | null = met
    const { abandoned, clock, requests, left } = setup({ abort: () => reason })
    await abandoned.cleanUp()
    clock.advance(Math.min(waitMs, 60_000) - 1)
    // The connection is back, or another upload was cancelled.
    await abandoned.cleanUp()
    expect([requests, left()]).toEqual([['own aborts a'], ['a', 'b', 'm']])
    const retryMs = Math.max(waitMs, 60_000) + 250 - (Math.min(waitMs, 60_000) - 1)
    expect(clock.waits()).toEqual([retryMs])
    reason = null
    clock.advance(retryMs)
    await expect.poll(left).toEqual([])
  },
)

test('a server that asks to wait delays no cleanup on another one', async () => {
  const accounts = [accountWithId('own'), accountWithId('other.example bob')]
  const { abandoned, requests, addAbandoned, left } = setup({
    accounts,
    abort: (uploadId) => (uploadId === 'c' ? null : limited(5_000)),
  })
  addAbandoned('c', 'other.example bob')
  await abandoned.cleanUp()
  expect(requests).toEqual(['own aborts a', 'other.example bob aborts c'])
  expect(left()).toEqual(['a', 'b', 'm'])
})

test('leaves a protected upload alone until it is no longer in use', async () => {
  const { abandoned, left } = setup()
  const unprotect = abandoned.protect('a')
  await abandoned.cleanUp()
  expect(left()).toEqual(['a'])
  unprotect()
  await abandoned.cleanUp()
  expect(left()).toEqual([])
})

test('closing ends a cleanup without another request or timer', async () => {
  const held = Promise.withResolvers<Failure>()
  const { abandoned, requests, clock, left, environment } = setup({ abort: () => held.promise })
  void abandoned.cleanUp()
  await expect.poll(() => requests).toEqual(['own aborts a'])
  const closing = abandoned.close()
  held.resolve(trouble)
  await closing
  expect([requests.length, clock.waits(), left()]).toEqual([1, [], ['a', 'b', 'm']])
  const moving = setup({ move: () => new Promise(() => {}) })
  void moving.abandoned.cleanUp()
  await expect.poll(() => moving.requests).toContain('own moves m')
  await moving.abandoned.close()
  expect([moving.left(), environment.lines.filter(({ level }) => level === 'error')]).toEqual([['m'], []])
})
