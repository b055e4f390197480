import {
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { identityOf } from '../../../electron/platform/files/file-identity.ts'
import type { HashedFile } from '../../../electron/journal/hash-cache.ts'
import { createFileSamples } from '../../../electron/conflicts/file-samples.ts'
import { standingClock } from '../../support/hand-clock.ts'

const sampleBytes = 64 * 1024
const sizeBytes = 10 * sampleBytes

function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-samples-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const clock = standingClock()
  const hashedFile = (path: string): HashedFile => ({
    path,
    identity: identityOf(statSync(path, { bigint: true })),
  })
  return {
    clock,
    folder,
    hashedFile,
    samples: createFileSamples(clock.timers),
    /** Writes a file of zeros with a one at each of these positions. */
    file(name: string, ones: readonly number[] = [], length = sizeBytes) {
      const bytes = Buffer.alloc(length)
      for (const position of ones) bytes[position] = 1
      writeFileSync(join(folder, name), bytes)
      return hashedFile(join(folder, name))
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
])('files that differ in the %s are not equal', async (_what, position) => {
  const { samples, file } = setup()
  expect(await samples.mayBeEqual(file('a'), file('b', [position]))).toBe(false)
})

test('files that are equal in their samples may be equal', async () => {
  const { samples, file } = setup()
  expect(await samples.mayBeEqual(file('a'), file('b'))).toBe(true)
  expect(await samples.mayBeEqual(file('a'), file('c', [sampleBytes]))).toBe(true)
})

test.each([1, 1_000, sampleBytes, sampleBytes + 1, 2 * sampleBytes - 1])(
  'files of %i bytes are compared completely',
  async (length) => {
    const { samples, file } = setup()
    expect(await samples.mayBeEqual(file('a', [], length), file('b', [], length))).toBe(true)
    expect(await samples.mayBeEqual(file('a', [], length), file('c', [length - 1], length))).toBe(false)
    expect(await samples.mayBeEqual(file('a', [], length), file('d', [0], length))).toBe(false)
  },
)

test('a missing, changed or unreadable file gives no answer', async () => {
  const { samples, file, folder, hashedFile } = setup()
  const [there, gone, changed] = [file('a'), file('b'), file('c')]
  rmSync(gone.path)
  expect(await samples.mayBeEqual(there, gone)).toBeNull()
  expect(await samples.mayBeEqual(gone, there)).toBeNull()
  utimesSync(changed.path, 1, 1)
  expect(await samples.mayBeEqual(there, changed)).toBeNull()
  expect(await samples.mayBeEqual(there, hashedFile(folder))).toBeNull()
})

test('a file that could not be read is read again later', async () => {
  const { samples, file } = setup()
  const [there, moved] = [file('a'), file('b')]
  renameSync(moved.path, `${moved.path}.moved`)
  expect(await samples.mayBeEqual(there, moved)).toBeNull()
  renameSync(`${moved.path}.moved`, moved.path)
  expect(await samples.mayBeEqual(there, moved)).toBe(true)
})

test('a file whose disk fails while it is read gives no answer', async () => {
  const { samples, file, hashedFile } = setup()
  // Linux answers EIO to a read of address 0.
  expect(await samples.mayBeEqual(file('a'), hashedFile('/proc/self/mem'))).toBeNull()
})

test('a read of an earlier version that fails keeps the sample of the current one', async () => {
  const { samples, file, hashedFile } = setup()
  const [there, earlier] = [file('a'), file('b')]
  utimesSync(earlier.path, 1, 1)
  const current = hashedFile(earlier.path)
  const answers = [earlier, current].map((version) => samples.mayBeEqual(there, version))
  expect(await Promise.all(answers)).toEqual([null, true])
  rmSync(current.path)
  expect(await samples.mayBeEqual(there, current)).toBe(true)
})

test('closes each file', async () => {
  const { samples, file, folder } = setup()
  await samples.mayBeEqual(file('a'), file('b'))
  const targets = readdirSync('/proc/self/fd').map((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`)
    } catch {
      return ''
    }
  })
  expect(targets.filter((target) => target.startsWith(folder))).toEqual([])
})

test('keeps the last 4,000 samples, among them that of a file that has changed since', async () => {
  const { samples, file, folder, hashedFile } = setup()
  const [earlier, first, other] = [file('changed', [], 1), file('first', [], 1), file('a', [], 1)]
  const isKept = async (one: HashedFile) => (await samples.mayBeEqual(one, one)) === true
  expect([await isKept(earlier), await isKept(first)]).toEqual([true, true])
  utimesSync(earlier.path, 1, 1)
  const changed = hashedFile(earlier.path)
  expect(await isKept(changed)).toBe(true)
  for (const { path } of [first, changed]) rmSync(path)
  /** Another path of the same file for each number below 4,096. */
  const withPath = (number: number): HashedFile => {
    const separators = Array.from({ length: 12 }, (_, bit) => ((number >> bit) & 1 ? '/./' : '//'))
    return { path: `${folder}${separators.join('')}a`, identity: { ...other.identity, sample: 's' } }
  }
  const addSamples = async (start: number, end: number) => {
    for (let number = start; number < end; number += 1)
      await samples.mayBeEqual(withPath(number), withPath(number))
  }
  await addSamples(0, 3_998)
  expect([await isKept(changed), await isKept(first)]).toEqual([true, true])
  await addSamples(3_998, 3_999)
  expect([await isKept(changed), await isKept(first)]).toEqual([true, false])
})

test('a changed file is read again', async () => {
  const { samples, file, hashedFile } = setup()
  const there = file('a')
  expect(await samples.mayBeEqual(there, file('b'))).toBe(true)
  const changed = file('b', [0])
  utimesSync(changed.path, 1, 1)
  expect(await samples.mayBeEqual(there, hashedFile(changed.path))).toBe(false)
})

test('a file is read once for all comparisons', async () => {
  const { samples, file } = setup()
  const [one, same, other] = [file('a'), file('b'), file('c', [0])]
  expect(await samples.mayBeEqual(one, same)).toBe(true)
  for (const { path } of [one, same]) rmSync(path)
  expect(await samples.mayBeEqual(one, same)).toBe(true)
  expect(await samples.mayBeEqual(one, other)).toBe(false)
})

test('a sample that was taken before is used also if the device has got another number', async () => {
  const { samples, file } = setup()
  const withSample = (name: string, sample: string) => {
    const { path, identity } = file(name)
    return { path, identity: { ...identity, device: 1n, sample } }
  }
  const [one, same, other] = [withSample('a', 's'), withSample('b', 's'), withSample('c', 't')]
  expect(await samples.mayBeEqual(one, same)).toBe(true)
  expect(await samples.mayBeEqual(one, other)).toBe(false)
  const changed = withSample('d', 's')
  utimesSync(changed.path, 1, 1)
  expect(await samples.mayBeEqual(one, changed)).toBeNull()
})

test('a disk that does not answer within five seconds gives no answer', async () => {
  const { samples, file, clock } = setup()
  const comparison = samples.mayBeEqual(file('a'), file('b'))
  expect(clock.waits()).toEqual([5_000, 5_000])
  clock.advance(5_000)
  expect(await comparison).toBeNull()
})

test('no timer is left after the files were read', async () => {
  const { samples, file, clock } = setup()
  await samples.mayBeEqual(file('a'), file('b'))
  expect(clock.waits()).toEqual([])
})
