import { mkdtempSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { identityOf } from '../../../electron/platform/file-identity.ts'
import type { HashedFile } from '../../../electron/journal/hash-cache.ts'
import { createDuplicates } from '../../../electron/conflicts/duplicates.ts'
import { standingClock } from '../../support/hand-clock.ts'

const sampleBytes = 64 * 1024
const sizeBytes = 10 * sampleBytes

function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-twins-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const clock = standingClock()
  const look = (path: string): HashedFile => ({
    path,
    identity: identityOf(statSync(path, { bigint: true })),
  })
  return {
    ...{ clock, folder, look, duplicates: createDuplicates(clock.timers) },
    /** A file of zeros, but for a one at each of these places. */
    file(name: string, ones: readonly number[] = [], length = sizeBytes) {
      const bytes = Buffer.alloc(length)
      for (const place of ones) bytes[place] = 1
      writeFileSync(join(folder, name), bytes)
      return look(join(folder, name))
    },
  }
}

test.each([
  ['first byte', 0],
  ['last byte of the first sample', sampleBytes - 1],
  ['first byte of the middle', sizeBytes / 2],
  ['last byte of the middle sample', sizeBytes / 2 + sampleBytes - 1],
  ['first byte of the last sample', sizeBytes - sampleBytes],
  ['last byte', sizeBytes - 1],
])('files that differ in the %s are no twins', async (_what, place) => {
  const { duplicates, file } = setup()
  expect(await duplicates.mayBeEqual(file('a'), file('b', [place]))).toBe(false)
})

test('files of the same bytes may be twins, and so may files that differ elsewhere only', async () => {
  const { duplicates, file } = setup()
  expect(await duplicates.mayBeEqual(file('a'), file('b'))).toBe(true)
  expect(await duplicates.mayBeEqual(file('a'), file('c', [sampleBytes]))).toBe(true)
})

test.each([1, 1_000, sampleBytes, sampleBytes + 1, 2 * sampleBytes - 1])(
  'files of %i bytes are compared whole',
  async (length) => {
    const { duplicates, file } = setup()
    expect(await duplicates.mayBeEqual(file('a', [], length), file('b', [], length))).toBe(true)
    expect(await duplicates.mayBeEqual(file('a', [], length), file('c', [length - 1], length))).toBe(false)
    expect(await duplicates.mayBeEqual(file('a', [], length), file('d', [0], length))).toBe(false)
  },
)

test('nobody can tell of a file that is gone, has changed, or can’t be read', async () => {
  const { duplicates, file, folder, look } = setup()
  const [there, gone, changed] = [file('a'), file('b'), file('c')]
  rmSync(gone.path)
  expect(await duplicates.mayBeEqual(there, gone)).toBeNull()
  expect(await duplicates.mayBeEqual(gone, there)).toBeNull()
  utimesSync(changed.path, 1, 1)
  expect(await duplicates.mayBeEqual(there, changed)).toBeNull()
  expect(await duplicates.mayBeEqual(there, look(folder))).toBeNull()
})

test('a file that could not be read is read again once it is back', async () => {
  const { duplicates, file } = setup()
  const [there, moved] = [file('a'), file('b')]
  renameSync(moved.path, `${moved.path}.moved`)
  expect(await duplicates.mayBeEqual(there, moved)).toBeNull()
  renameSync(`${moved.path}.moved`, moved.path)
  expect(await duplicates.mayBeEqual(there, moved)).toBe(true)
})

test('a file that has changed is read again', async () => {
  const { duplicates, file, look } = setup()
  const there = file('a')
  expect(await duplicates.mayBeEqual(there, file('b'))).toBe(true)
  const changed = file('b', [0])
  utimesSync(changed.path, 1, 1)
  expect(await duplicates.mayBeEqual(there, look(changed.path))).toBe(false)
})

test('a file is read once, however many it is compared with', async () => {
  const { duplicates, file } = setup()
  const [one, same, other] = [file('a'), file('b'), file('c', [0])]
  expect(await duplicates.mayBeEqual(one, same)).toBe(true)
  for (const { path } of [one, same]) rmSync(path)
  expect(await duplicates.mayBeEqual(one, same)).toBe(true)
  expect(await duplicates.mayBeEqual(one, other)).toBe(false)
})

test('a disk that does not answer within five seconds says nothing', async () => {
  const { duplicates, file, clock } = setup()
  const asked = duplicates.mayBeEqual(file('a'), file('b'))
  expect(clock.waits()).toEqual([5_000, 5_000])
  clock.advance(5_000)
  expect(await asked).toBeNull()
})

test('no timer is left once the files have been read', async () => {
  const { duplicates, file, clock } = setup()
  await duplicates.mayBeEqual(file('a'), file('b'))
  expect(clock.waits()).toEqual([])
})
