import { mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
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
