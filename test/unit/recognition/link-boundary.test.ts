import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { boundaryOf, isWithin, staysInside } from '../../../electron/recognition/link-boundary.ts'

// With the drive of the current folder on Windows.
const at = (path: string) => resolve(path)

test.each([
  ['/models', true],
  ['/models/a', true],
  ['/models/..a', true],
  ['/models/a/b', true],
  ['/', false],
  ['/models2', false],
  ['/other/models', false],
])('%s is within /models: %s', (path, expected) => {
  expect(isWithin(at(path), at('/models'))).toBe(expected)
})

test('a model must not leave the added folder, or its own if it is elsewhere', () => {
  expect(boundaryOf(at('/added'), at('/added/model'))).toBe(at('/added'))
  expect(boundaryOf(at('/added'), at('/other/model'))).toBe(at('/other/model'))
})

const cache = '/cache/models--org--name'

test.each([
  ['a file below the boundary', '/added/x', '/added/model', true],
  ['a file elsewhere', '/home/key', '/added/model', false],
  ['a blob of the same model', `${cache}/blobs/1f`, `${cache}/snapshots/main/vae`, true],
  ['a blob for the snapshot itself', `${cache}/blobs/1f`, `${cache}/snapshots/main`, true],
  ['a blob of another model', '/cache/models--org--other/blobs/1f', `${cache}/snapshots/main`, false],
  ['a file below the blobs', `${cache}/blobs/a/1f`, `${cache}/snapshots/main`, false],
  ['another file of the cache', `${cache}/refs/main`, `${cache}/snapshots/main`, false],
  ['a blob for a folder without snapshots', `${cache}/blobs/1f`, `${cache}/other/main`, false],
  ['a blob for a folder of another name', '/cache/data/blobs/1f', '/cache/data/snapshots/main', false],
  [
    'a blob of a model within the cache of another',
    `${cache}/snapshots/models--b/blobs/1f`,
    `${cache}/snapshots/models--b/snapshots/main`,
    true,
  ],
])('a link to %s stays inside: %#', (_what, target, folder, expected) => {
  expect(staysInside(at(target), at(folder), at('/added'))).toBe(expected)
})
