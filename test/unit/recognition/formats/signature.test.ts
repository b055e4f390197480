import { expect, test } from 'vitest'
import { detectSignature } from '../../../../electron/recognition/formats/signature.ts'
import { withLength } from '../../../fixtures/model-files.ts'

const detect = (start: string | Buffer, name = 'm.safetensors') => {
  const bytes = Buffer.from(start)
  return detectSignature(bytes, name, bytes.length)
}
const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 6800000000\n'

test('reads the real size from a Git LFS pointer', () => {
  expect(detect(pointer)).toEqual({ type: 'lfs-pointer', realBytes: 6_800_000_000 })
  expect(detect(pointer.replace('git-lfs', 'hawser'))).toEqual({
    type: 'lfs-pointer',
    realBytes: 6_800_000_000,
  })
})

test('takes the versions 2 to 5 for a pickle', () => {
  const types = [0, 1, 2, 3, 4, 5, 6, 255].map((version) => detect(Buffer.from([0x80, version]), 'm.pt').type)
  expect(types).toEqual([
    'unknown',
    'unknown',
    ...['pickle', 'pickle', 'pickle', 'pickle'],
    'unknown',
    'unknown',
  ])
  for (const bytes of [Buffer.from([0x80]), Buffer.from([0x81, 2])])
    expect(detect(bytes, 'm.pt').type).toBe('unknown')
})

test.each([
  ['<!DOCTYPE html><html>', 'x.safetensors', 'web-page'],
  ['\uFEFF\n <HTML lang="en">', 'x.ckpt', 'web-page'],
  ['<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', 'x.gguf', 'web-page'],
  ['{"error":"Access restricted"}', 'x.pt', 'web-page'],
  ['Entry not found', 'x.safetensors', 'web-page'],
  ['Invalid username or password.', 'x.gguf', 'web-page'],
  // Pickles of protocol 0 and workflows are text too.
  ['(dp0\n.', 'x.pt', 'unknown'],
  ['{"nodes":[]}', 'workflow.json', 'unknown'],
])('takes %j in %s for: %s', (text, name, is) => {
  expect(detect(text, name).type).toBe(is)
})

test('does not take a safetensors header whose length reads {" for an error reply', () => {
  const json = Buffer.alloc(0x227b - 3, ' ')
  json.write('{}')
  const file = withLength(json)
  file.writeBigUInt64LE(0x227bn)
  expect(file.toString('latin1', 0, 2)).toBe('{"')
  expect(detect(file).type).toBe('unknown')
})
