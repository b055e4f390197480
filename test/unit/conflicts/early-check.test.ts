import { expect, test } from 'vitest'
import { checkConflictsEarly } from '../../../electron/conflicts/early-check.ts'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import type { IndexedListing } from '../../../electron/library/listing-cache.ts'
import type { LibraryModel } from '../../../electron/contract/library.ts'
import { IndexedModels } from '../../../electron/library/model-index.ts'
import { standingClock } from '../../support/hand-clock.ts'
import { valueOf } from '../../support/engine.ts'
import { libraryModel } from '../../support/library-model.ts'
import { uploadRecord } from '../../support/records.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'

/** Two waiting uploads of different files with the same library path, of which the second is changed, and others. */
function setup(
  given: Partial<UploadRecord> = {},
  listing: () => Promise<Result<IndexedListing>> = async () => failed(failure('offline')),
  others: readonly UploadRecord[] = [],
  current: (id: string) => Result<LibraryModel> = () => failed(failure('offline')),
) {
  const target = { displayName: 'Style', modelType: 'loras', modelPath: 'models/loras/style.safetensors' }
  const first = uploadRecord({ target })
  const second = uploadRecord({ target, identity: { ...first.identity, sizeBytes: 1 }, ...given })
  const records = [first, second, ...others]
  const { rows, environment, breakJournal } = rowsOnJournal(records)
  const queued = new Set(records.map(({ id }) => id))
  const closing = new AbortController()
  const meanwhile = { onRemove: () => {} }
  const queue = {
    async remove(ids: readonly string[]) {
      for (const id of ids) queued.delete(id)
      meanwhile.onRemove()
    },
    add: (ids: readonly string[]) => ids.forEach((id) => queued.add(id)),
  }
  const listed: string[] = []
  const lookedUp: string[] = []
  const { signal } = closing
  const library = {
    indexedListing({ teamId }: { readonly teamId: string }) {
      listed.push(teamId)
      return listing()
    },
    async recentModel(_choice: unknown, id: string) {
      lookedUp.push(id)
      return current(id)
    },
  }
  const ids = records.map(({ id }) => id)
  return {
    listed,
    lookedUp,
    queued,
    ids,
    breakJournal,
    closing,
    lines: environment.lines,
    phaseOf: (id: string) => rows.get(id)?.live.phase,
    check: () => checkConflictsEarly({ rows, library, environment, queue, signal }, ids),
  }
}

test('leaves an upload in the queue if its conflict could not be written', async () => {
  const { queued, ids, phaseOf, breakJournal, check, lines } = setup()
  breakJournal()
  await check()
  expect(ids.map((id) => phaseOf(id))).toEqual(['waiting', 'waiting'])
  expect(queued.size).toBe(2)
  expect(lines.at(-1)).toMatchObject({
    level: 'error',
    message: 'path conflicts could not be recorded',
    facts: { code: 'journal-trouble' },
  })
})

test.for<[string, Partial<UploadRecord>]>([
  ['a decision', { library: { onConflict: 'replace' } }],
  ['another team', { team: { id: 'team_02', name: 'Other' } }],
  ['a pause', { phase: 'paused' }],
])('stops no upload with %s', async ([, given]) => {
  const { queued, ids, phaseOf, check } = setup(given)
  await check()
  expect([ids.map((id) => phaseOf(id)), queued.size]).toEqual([['waiting', given.phase ?? 'waiting'], 2])
})

test('an upload of which bytes were sent keeps its path, and the one before it is stopped', async () => {
  const { ids, phaseOf, check } = setup({ state: { kind: 'queued', started: true } })
  await check()
  expect(ids.map((id) => phaseOf(id))).toEqual(['failed', 'waiting'])
})

/** The listing of a library that was complete half a minute ago, with a model at the path of both uploads. */
const oldListing = async (completeAtMs = standingClock().now() - 30_000) =>
  success({
    models: new IndexedModels([libraryModel('models/loras/style.safetensors')]),
    listedAtMs: 0,
    completeAtMs,
    failure: null,
  })

test('stops no upload whose bytes may be in the library at another path', async () => {
  const copy = libraryModel('models/loras/copy.safetensors', { sizeBytes: 1, sha256: 'ab'.repeat(32) })
  const { ids, phaseOf, check } = setup({}, async () => {
    const listed = valueOf(await oldListing())
    listed.models.set(copy)
    return success(listed)
  })
  await check()
  expect(ids.map((id) => phaseOf(id))).toEqual(['failed', 'waiting'])
})

test('stops no upload once the app ends while a model is looked up', async () => {
  const { closing, ids, phaseOf, queued, check, lookedUp } = setup(
    { team: { id: 'team_02', name: 'Other' } },
    () => oldListing(),
    [],
    () => {
      closing.abort()
      return failed(failure('offline'))
    },
  )
  await check()
  expect(ids.map((id) => phaseOf(id))).toEqual(['waiting', 'waiting'])
  expect([queued.size, lookedUp]).toEqual([2, ['models/loras/style.safetensors']])
})
