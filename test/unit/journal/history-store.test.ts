import { expect, test } from 'vitest'
import { failure } from '../../../electron/contract/failures.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { copyRecord, registeredRecord, uploadRecord } from '../../support/records.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'

const ids = (records: readonly UploadRecord[]) => records.map(({ id }) => id)

function setup(records: readonly UploadRecord[]) {
  const { store, database } = rowsOnJournal(records)
  return { store, database }
}

test('the history leaves out hidden accounts and, on request, what was dismissed from the list', () => {
  const [first, second, third] = [1, 2, 3].map((finishedAtMs) => registeredRecord({ finishedAtMs }))
  const ofBob = registeredRecord({ finishedAtMs: 4, accountId: 'cloud.example bob' })
  const copy = copyRecord(5)
  const { store } = setup(
    [first, second, third, ofBob, copy, uploadRecord()].filter((one) => one !== undefined),
  )
  const all = [copy.id, ofBob.id, third?.id, second?.id, first?.id]
  expect(ids(store.history({ limit: 9 }))).toEqual(all)
  const hidden = new Set([ofBob.accountId])
  expect(ids(store.history({ limit: 9, hidden }))).toEqual([copy.id, ...all.slice(2)])
  const count = () => [new Set<string>(), hidden].map((ids) => store.finishedSince(2, ids))
  expect(count()).toEqual([3, 2])
  expect(store.dismiss([third?.id ?? '']).ok).toBe(true)
  expect(ids(store.history({ limit: 9, isListed: true, hidden }))).toEqual([copy.id, second?.id, first?.id])
  expect([ids(store.history({ limit: 9, hidden })), count()]).toEqual([
    [copy.id, ...all.slice(2)],
    [2, 1],
  ])
})

test('lists finished uploads whose record in the library is wrong, latest first, without dismissed ones', () => {
  const differs = failure('record-differs')
  const [first, second, dismissed] = [1, 2, 3].map((finishedAtMs) =>
    registeredRecord({ finishedAtMs, failure: differs }),
  )
  const { store } = setup(
    [first, second, dismissed, registeredRecord(), uploadRecord({ failure: differs })].flatMap(
      (one) => one ?? [],
    ),
  )
  store.dismiss([dismissed?.id ?? ''])
  expect(ids(store.wrongRecords())).toEqual([second?.id, first?.id])
})

test('the history is searched without regard to case in all alphabets', () => {
  const names = ['Übung.safetensors', 'МОДЕЛЬ.gguf', 'Cafe\u0301.safetensors']
  const { store } = setup(names.map((fileName) => registeredRecord({ fileName })))
  const found = (search: string) => store.history({ limit: 9, search }).map(({ fileName }) => fileName)
  expect(['übung', 'ÜBUNG.SAFE', 'модель', 'café'].map(found)).toEqual([
    ['Übung.safetensors'],
    ['Übung.safetensors'],
    ['МОДЕЛЬ.gguf'],
    ['Cafe\u0301.safetensors'],
  ])
  expect(found('.SAFETENSORS')).toHaveLength(3)
})

test('fills a history page although some rows can’t be read', () => {
  const records = [1, 2, 3, 4, 5, 6].map((finishedAtMs) => registeredRecord({ finishedAtMs }))
  const [first, second, third, fourth, fifth, sixth] = ids(records)
  const { store, database } = setup(records)
  for (const id of [fifth, fourth, second])
    database.prepare('UPDATE uploads SET recognition = ? WHERE id = ?').run('{', id ?? '')
  const page = (beforeMs: number | null, limit: number) => ids(store.history({ beforeMs, limit }))
  expect([page(null, 2), page(3, 2), page(null, 3), page(null, 9)]).toEqual([
    [sixth, third],
    [first],
    [sixth, third, first],
    [sixth, third, first],
  ])
})

test('a history page has all uploads of its last time', () => {
  const times = [9, 5, 5, 5, 5, 1]
  const records = times.map((finishedAtMs) => registeredRecord({ finishedAtMs }))
  const { store, database } = setup(records)
  const damaged = records[2]?.id ?? ''
  database.prepare('UPDATE uploads SET recognition = ? WHERE id = ?').run('{', damaged)
  const page = (beforeMs: number | null) => store.history({ beforeMs, limit: 2 })
  const [first, second] = [page(null), page(5)]
  expect(new Set(ids(first))).toEqual(new Set(ids(records.slice(0, 5)).filter((id) => id !== damaged)))
  expect(ids(second)).toEqual([records[5]?.id])
})

test('finds the finished uploads of a multi-file model by its whole key', () => {
  const ofModel = (key: string, make: typeof uploadRecord = registeredRecord) => {
    const { target } = uploadRecord()
    const group = { key, name: 'sdxl', kind: 'diffusers', root: '/sdxl', within: [] } as const
    return make({ seen: { place: '/sdxl', group, target } })
  }
  const [one, other] = [ofModel('a"b'), ofModel('a"b')]
  const { store } = setup([
    one,
    other,
    ofModel('a"bc'),
    ofModel('a'),
    ofModel('a"b', uploadRecord),
    registeredRecord(),
  ])
  expect(ids(store.registeredFilesOf('a"b')).sort()).toEqual([one.id, other.id].sort())
  // The place of a file may equal the key of a model.
  expect(store.registeredFilesOf('/sdxl')).toEqual([])
})

test('finds the uploads that became a model or had its bytes, latest first', () => {
  const first = registeredRecord({ modelId: 'm', finishedAtMs: 1 })
  const second: UploadRecord = {
    ...registeredRecord(),
    state: { kind: 'duplicate', sha256: 'ab'.repeat(32), modelId: 'm', finishedAtMs: 2 },
  }
  const { store } = setup([first, second, registeredRecord({ modelId: 'other' })])
  expect(ids(store.registeredAs('m'))).toEqual([second.id, first.id])
})

test('finds what the models of a team were recognised as, by type', () => {
  const of = (modelId: string, modelType: string, given: Partial<UploadRecord> = {}) => {
    const record = registeredRecord({ modelId, target: { ...uploadRecord().target, modelType }, ...given })
    return { ...record, recognition: { ...record.recognition, base: modelId } }
  }
  const { store } = setup([
    of('vae', 'vae'),
    of('lora', 'loras'),
    of('unet', 'diffusion_models'),
    of('theirs', 'vae', { team: { id: 'team_02', name: 'Other' } }),
    uploadRecord(),
  ])
  const found = store.recognitionsOf('team_01', new Set(['vae', 'loras']))
  expect([...found].map(([id, { base }]) => [id, base]).sort()).toEqual([
    ['lora', 'lora'],
    ['vae', 'vae'],
  ])
})

test('finds the base models of models by their ids, of the latest upload of each', () => {
  const of = (modelId: string, base: string | null, finishedAtMs: number) => {
    const record = registeredRecord({ modelId, finishedAtMs })
    return { ...record, recognition: { ...record.recognition, base } }
  }
  const { store } = setup([of('a', 'Flux.1', 2), of('a', 'SDXL', 1), of('b', null, 1), of('c', 'Wan', 1)])
  expect([...store.basesOf(['a', 'b', 'unknown'])]).toEqual([['a', 'Flux.1']])
})
