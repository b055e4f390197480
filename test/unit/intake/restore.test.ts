import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createRestoration } from '../../../electron/intake/restore.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { failure } from '../../../electron/contract/failures.ts'
import { uploadRecord } from '../../support/records.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'

const damage = new Error('database disk image is malformed')

/** A journal with these uploads, and what restores them; those for which `isDamaged` is true can't be read. */
function setup(
  records: readonly UploadRecord[],
  {
    runsQueue = true,
    isDamaged = (_id: string) => false,
    unfinishedIds,
  }: {
    runsQueue?: boolean
    isDamaged?: (id: string) => boolean
    unfinishedIds?: () => readonly string[]
  } = {},
) {
  const { rows, store } = rowsOnJournal()
  store.add(records)
  const queued: string[] = []
  const rechecked: string[] = []
  const errors: unknown[] = []
  const stopping = new AbortController()
  const restoration = createRestoration({
    store: {
      unfinishedIds: unfinishedIds ?? store.unfinishedIds,
      readUnfinished(ids, onInvalid) {
        if (ids.some(isDamaged)) throw damage
        return store.readUnfinished(ids, onInvalid)
      },
    },
    rows,
    queue: { add: (ids) => void queued.push(...ids) },
    rechecks: {
      resume: () => void rechecked.push('all'),
      schedule: (ids) => void rechecked.push(...ids),
    },
    runsQueue: () => runsQueue,
    onUnreadable: (error) => void errors.push(error),
    signal: stopping.signal,
  })
  return { restoration, rows, store, queued, rechecked, errors, stopping, ids: records.map(({ id }) => id) }
}

const longQueue = () => Array.from({ length: 1_200 }, (_none, position) => uploadRecord({ position }))

test('handles other events while it restores a long queue in its order', async () => {
  const { restoration, rows, ids, queued, rechecked } = setup(longQueue())
  const restored = restoration.all()
  const counts = []
  while (rows.ids().length < ids.length) {
    counts.push(rows.ids().length)
    await nextTurn()
  }
  await restored
  expect(counts).toEqual(Array.from({ length: 11 }, (_none, batch) => 100 * (batch + 1)))
  expect([rows.ids(), queued, rechecked]).toEqual([ids, ids, ['all']])
})

test('restores all rows but those that cannot be read, and reports these', async () => {
  const damaged = new Set<string>()
  const { restoration, rows, ids, queued, errors } = setup(longQueue(), {
    isDamaged: (id) => damaged.has(id),
  })
  // Of the second batch and the last.
  const [one = '', other = ''] = [ids[150], ids.at(-1)]
  damaged.add(one).add(other)
  await restoration.all()
  const readable = ids.filter((id) => !damaged.has(id))
  expect([rows.ids(), queued, errors]).toEqual([readable, readable, [damage, damage]])
})

test('reports a queue that cannot be read at all', async () => {
  const { restoration, errors } = setup([], {
    unfinishedIds() {
      throw damage
    },
  })
  await restoration.all()
  expect(errors).toEqual([damage])
})

test('shows the queue to a command once, and runs nothing of it', async () => {
  const [waiting, paused] = [uploadRecord(), uploadRecord({ phase: 'paused' })]
  const { restoration, rows, queued, rechecked } = setup([waiting, paused], { runsQueue: false })
  await restoration.all()
  rows.request(waiting.id)
  await restoration.all()
  expect(rows.ids().map((id) => rows.get(id)?.live.isRequested)).toEqual([true, false])
  expect([queued, rechecked]).toEqual([[], []])
})

test('shows no more of the queue once the engine was stopped', async () => {
  const { restoration, rows, stopping } = setup(longQueue(), { runsQueue: false })
  const restored = restoration.all()
  stopping.abort()
  await restored
  expect(rows.ids()).toHaveLength(100)
})

test('queues what waited when its user is back, and shows the rest', async () => {
  const { restoration, rows, store, queued, rechecked } = setup([])
  const [waiting, broken, departed] = [
    uploadRecord(),
    uploadRecord({ phase: 'failed', failure: failure('file-empty') }),
    uploadRecord({ accountId: 'departed' }),
  ]
  await restoration.all()
  store.add([waiting, broken, departed])
  restoration.returned(new Set(['departed']))
  const shown = [waiting.id, broken.id]
  expect([rows.ids(), queued, rechecked]).toEqual([shown, [waiting.id], ['all', ...shown]])
})
