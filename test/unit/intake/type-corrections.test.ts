import { expect, test } from 'vitest'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import { createTypeCorrections } from '../../../electron/intake/type-corrections.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
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
  return { corrections, offered }
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

test('offers the latest of several corrections until the suggested type is chosen again', () => {
  const { corrections, offered } = setup([upload('a')])
  corrections.remember([upload('a', 'xlabs'), upload('a', 'ipadapter')])
  expect(offered()).toEqual(['ipadapter'])
  corrections.remember([upload('a', 'photomaker')])
  expect(offered()).toEqual(['photomaker'])
  corrections.remember([upload('a', 'loras')])
  expect(offered()).toEqual([null])
})
