import { expect, test } from 'vitest'
import { hasZipEnd, isAllZeros, detectSignature } from '../../../../electron/recognition/formats/signature.ts'
import { emptyPickle, smallZip, withLength } from '../../../fixtures/model-files.ts'

const look = (start: string | Buffer, name = 'm.safetensors') => {
  const bytes = Buffer.from(start)
  return detectSignature(bytes, name, bytes.length)
}
const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 6800000000\n'

test('reads the real size out of a Git LFS pointer', () => {
  expect(look(pointer)).toEqual({ type: 'lfs-pointer', realBytes: 6_800_000_000 })
  expect(look(pointer.replace('git-lfs', 'hawser'))).toEqual({
    type: 'lfs-pointer',
    realBytes: 6_800_000_000,
  })
})

test('a pointer without a size is but text', () => {
  expect(look(pointer.replace(/size.*/, '')).type).toBe('web-page')
})

test.each([
  ['<!DOCTYPE html><html>', 'x.safetensors', 'web-page'],
  ['\uFEFF\n <HTML lang="en">', 'x.ckpt', 'web-page'],
  ['<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', 'x.gguf', 'web-page'],
  ['{"error":"Access restricted"}', 'x.pt', 'web-page'],
  ['Entry not found', 'x.safetensors', 'web-page'],
  ['Invalid username or password.', 'x.gguf', 'web-page'],
  // A pickle of protocol 0 is text, and so is a workflow.
  ['(dp0\n.', 'x.pt', 'unknown'],
  ['{"nodes":[]}', 'workflow.json', 'unknown'],
])('takes %j in %s for %s', (text, name, is) => {
  expect(look(text, name).type).toBe(is)
})

test('a safetensors header whose length happens to be written {" is no error reply', () => {
  const json = Buffer.alloc(0x227b - 3, ' ')
  json.write('{}')
  const file = withLength(json)
  file.writeBigUInt64LE(0x227bn)
  expect(file.toString('latin1', 0, 2)).toBe('{"')
  expect(look(file).type).toBe('unknown')
})

test('knows formats by their first bytes', () => {
  expect(look('GGUF\u0003\0\0\0').type).toBe('gguf')
  expect(look(smallZip(), 'x.pt').type).toBe('zip')
  expect(look(emptyPickle, 'x.pt').type).toBe('pickle')
  expect(look(Buffer.alloc(100), 'x.pt').type).toBe('zeros')
  expect(look(Buffer.alloc(0), 'x.pt').type).toBe('unknown')
})

test('zeros are zeros to the last byte', () => {
  const bytes = Buffer.alloc(5000)
  expect(isAllZeros(bytes)).toBe(true)
  bytes[4999] = 1
  expect(isAllZeros(bytes)).toBe(false)
  expect(isAllZeros(Buffer.from([1]))).toBe(false)
})

test('finds the end of a zip, or misses it', () => {
  const zip = smallZip()
  expect(hasZipEnd(zip)).toBe(true)
  expect(hasZipEnd(zip.subarray(0, -22))).toBe(false)
})
