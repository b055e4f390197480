import { expect, test } from 'vitest'
import { bufferSource } from '../../../electron/recognition/formats/byte-source.ts'
import { lengthPrefixBytes } from '../../../electron/recognition/formats/safetensors.ts'
import { readContent } from '../../../electron/recognition/read-content.ts'
import { withLength } from '../../fixtures/model-files.ts'
import { npyOf, pickleOf, shellCall } from '../../fixtures/pickles.ts'
import { zipOf } from '../../fixtures/zip-files.ts'
import {
  acceptedLengths,
  headerLengths,
  readInvalid,
  readValid,
  rejectedLengths,
} from '../../support/recognition/header-lengths.ts'

/** Lengths whose first two bytes are PROTO and the version of a pickle. */
const lengthsLikePickle = [2, 3, 4, 5].map((version) => version * 256 + 0x80)

// The soak suite tests all lengths.
test('accepts a valid safetensors file with any header length', async () => {
  expect(await rejectedLengths([...headerLengths('some'), ...lengthsLikePickle])).toEqual([])
})

test('accepts no file with an invalid header, whatever its length', async () => {
  expect(await acceptedLengths([1, ...headerLengths('some'), ...lengthsLikePickle])).toEqual([])
})

test('treats a file that only begins like safetensors as the pickle that a loader may read', async () => {
  for (const length of lengthsLikePickle) {
    const { failure } = await readInvalid(length)
    expect([failure?.code, failure?.params]).toEqual([
      'file-misnamed',
      { extension: '.safetensors', holds: 'pickle' },
    ])
    expect((await readInvalid(length, 'm.pt')).failure?.code).toBe('file-not-scanned')
    expect((await readInvalid(length, 'm.unknown')).failure?.code).toBe('file-not-scanned')
  }
})

test('finds dangerous code in a pickle with the length and brace of a safetensors header', async () => {
  // PROTO 2, BINFLOAT over bytes 3 to 10, POP, and a call of os.system.
  const pickle = Buffer.concat([Buffer.from('\x80\x02G\0\0\0\0\0{""0', 'latin1'), shellCall.subarray(2)])
  const bytes = Buffer.alloc(lengthPrefixBytes + Number(pickle.readBigUInt64LE()))
  pickle.copy(bytes)
  const read = async (name: string) => (await readContent(bufferSource(bytes), name)).failure?.code
  expect(await read('m.pt')).toBe('file-dangerous')
  expect(await read('m.unknown')).toBe('file-dangerous')
  expect(await read('m.safetensors')).toBe('file-misnamed')
})

test('rejects valid safetensors with the name of a pickle', async () => {
  for (const length of lengthsLikePickle) {
    const { failure } = await readValid(length, 'm.ckpt')
    expect([failure?.code, failure?.params]).toEqual([
      'file-misnamed',
      { extension: '.ckpt', holds: 'safetensors' },
    ])
  }
})

test('scans files by every name that pickle, joblib, dill and numpy read', async () => {
  const oldProtocol = Buffer.from("cposix\nsystem\n(S'echo harm'\ntR.")
  for (const extension of ['pkl', 'pickle', 'p', 'joblib', 'dill', 'npy', 'npz']) {
    const read = async (bytes: Buffer) =>
      (await readContent(bufferSource(bytes), `m.${extension}`)).failure?.code
    expect(await read(oldProtocol), extension).toBe('file-dangerous')
    expect(await read(pickleOf('N')), extension).toBeUndefined()
    // Valid safetensors may also be a pickle.
    expect(await read(withLength(Buffer.from('{}'))), extension).toBe('file-misnamed')
    expect(await read(npyOf("'|O'", [1], oldProtocol)), extension).toBe('file-dangerous')
    const zip = zipOf([{ name: 'weights.npy', bytes: npyOf("'|O'", [1], oldProtocol) }])
    expect(await read(zip), extension).toBe('file-dangerous')
  }
  const numbers = npyOf("'<f4'", [2, 2], Buffer.alloc(16))
  expect(await readContent(bufferSource(numbers), 'm.npy')).toMatchObject({ format: 'other', failure: null })
  const zip = zipOf([{ name: 'weights.npy', bytes: numbers }])
  expect(await readContent(bufferSource(zip), 'm.npz')).toMatchObject({ format: 'other', failure: null })
})
