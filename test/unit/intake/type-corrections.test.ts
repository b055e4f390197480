import { expect, test } from 'vitest'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import { createTypeCorrections } from '../../../electron/intake/type-corrections.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { valueOf } from '../../support/engine.ts'
import { uploadRecord } from '../../support/records.ts'
import { rowsOnJournal } from '../../support/rows-on-journal.ts'

/** An upload of a LoRA by its suggestion, with the type that the user gave it. */
function upload(signature: string | undefined, modelType = 'loras', given: Partial<UploadRecord> = {}) {
  const { recognition, target } = uploadRecord()
  return uploadRecord({
    recognition: { ...recognition, ...(signature === undefined ? {} : { signature }) },
    target: { ...target, modelType },
    seen: { place: '/models', target },
    ...given,
  })
}

function setup(records: readonly UploadRecord[]) {
  const stored = new Map<string, string>()
  const disk = { isFull: false, writes: 0 }
  const { rows } = rowsOnJournal(records)
  const corrections = createTypeCorrections({
    rows,
    choices: {
      get: (name) => stored.get(name) ?? null,
      set(name, value) {
        if (disk.isFull) return failed(failure('journal-trouble'))
        stored.set(name, value)
        disk.writes += 1
        return success(undefined)
      },
    },
  })
  const offered = () => records.map(({ id }) => rows.get(id)?.record.seen?.offeredType ?? null)
  return { corrections, offered, disk, stored }
}

test.for<[what: string, other: UploadRecord, offer: string | null]>([
  ['the same architecture', upload('a'), 'xlabs'],
  ['another architecture', upload('b'), null],
  [
    'another suggestion',
    upload('a', 'vae', { seen: { place: '/', target: upload('a', 'vae').target } }),
    null,
  ],
  ['bytes in storage', upload('a', 'loras', { state: { kind: 'queued', started: true } }), null],
  ['no suggestion', upload('a', 'loras', { seen: undefined }), null],
])('offers a corrected type for an upload with %s: %s', ([_what, other, offer]) => {
  const edited = upload('a', 'xlabs')
  const { corrections, offered } = setup([other])
  corrections.remember([edited])
  expect(offered()).toEqual([offer])
})

test('offers a corrected type for files without tensors of the same folder and extension', () => {
  const { corrections } = setup([])
  const file = (path: string) => upload(undefined, 'onnx', { path, fileName: path, seen: undefined })
  const seen = { place: '/x', target: uploadRecord().target }
  corrections.remember([{ ...file('/x/a.BIN'), seen }])
  const offerFor = corrections.offers()
  expect(offerFor({ ...file('/x/b.bin'), seen })).toBe('onnx')
  expect(offerFor({ ...file('/x/b.pt'), seen })).toBeNull()
  expect(offerFor({ ...file('/x/b.bin'), seen: { ...seen, place: '/y' } })).toBeNull()
})

test('remembers no type of a part of a diffusers model', () => {
  const { corrections, stored } = setup([])
  const part = upload('a', 'vae')
  const group = { key: 'g', name: 'sd3', kind: 'diffusers' } as const
  corrections.remember([{ ...part, recognition: { ...part.recognition, group } }])
  expect(stored.size).toBe(0)
})

test('offers the latest of several corrections until the suggested type is chosen again', () => {
  const { corrections, offered } = setup([upload('a')])
  corrections.remember([upload('a', 'xlabs'), upload('a', 'ipadapter')])
  expect(offered()).toEqual(['ipadapter'])
  corrections.remember([upload('a', 'photomaker')])
  expect(offered()).toEqual(['photomaker'])
  corrections.remember([upload('a', 'loras')])
  expect(offered()).toEqual([null])
})

test('forgets only the correction behind a declined offer', () => {
  const [declined, same, other] = [upload('a'), upload('a'), upload('b')]
  const { corrections, offered } = setup([declined, same, other])
  corrections.remember([upload('a', 'xlabs'), upload('b', 'xlabs')])
  valueOf(corrections.decline([declined.id]))
  expect(offered()).toEqual([null, null, 'xlabs'])
  // Nor for a file that is added later.
  expect(corrections.offers()(upload('a'))).toBeNull()
})

test('changes no offer while nothing can be stored', () => {
  const { corrections, offered, disk } = setup([upload('a')])
  disk.isFull = true
  corrections.remember([upload('a', 'xlabs')])
  expect(offered()).toEqual([null])
  disk.isFull = false
  corrections.remember([upload('a', 'xlabs')])
  disk.isFull = true
  expect(corrections.decline([]).ok).toBe(false)
  expect(offered()).toEqual(['xlabs'])
})

test.each([
  ['no JSON', () => 'not json'],
  ['no list', (value: string) => `{"first":${value}}`],
  ['a type that is no text', (value: string) => value.replace('"xlabs"', '7')],
])('ignores stored corrections with %s, and remembers new ones', (_what, damage) => {
  const { corrections, stored } = setup([])
  corrections.remember([upload('a', 'xlabs')])
  for (const [name, value] of stored) stored.set(name, damage(value))
  expect(corrections.offers()(upload('a'))).toBeNull()
  corrections.remember([upload('a', 'xlabs')])
  expect(corrections.offers()(upload('a'))).toBe('xlabs')
})

test('remembers the latest 200 corrections', () => {
  const { corrections } = setup([])
  corrections.remember(Array.from({ length: 201 }, (_, number) => upload(`${number}`, 'xlabs')))
  const offerFor = corrections.offers()
  expect(['0', '1', '200'].map((signature) => offerFor(upload(signature)))).toEqual([null, 'xlabs', 'xlabs'])
  corrections.remember([upload('201', 'xlabs')])
  expect(['1', '2', '201'].map((signature) => corrections.offers()(upload(signature)))).toEqual([
    null,
    'xlabs',
    'xlabs',
  ])
})

test('stores nothing for an edit that is no new correction', () => {
  const { corrections, disk } = setup([])
  corrections.remember([upload('a', 'loras'), upload('a', 'xlabs', { seen: undefined })])
  expect(disk.writes).toBe(0)
  corrections.remember([upload('a', 'xlabs')])
  corrections.remember([upload('a', 'xlabs')])
  expect(disk.writes).toBe(1)
})

test('offers a type for a model whose parts are in several files', () => {
  const { corrections } = setup([])
  const shard = upload('a', 'xlabs')
  const group = { key: 'g', name: 'sd3', kind: 'shards' } as const
  corrections.remember([{ ...shard, recognition: { ...shard.recognition, group } }])
  expect(corrections.offers()(upload('a'))).toBe('xlabs')
})
