import { expect, test } from 'vitest'
import { afterLook, looksSame, settleMs } from '../../../../electron/discovery/watched-folders/settling.ts'

const look = { sizeBytes: 10, mtimeMs: 1_000 }

test('a file has settled once it has looked the same for long enough', () => {
  const first = afterLook(undefined, look, 0)
  expect(first).toEqual({ settling: { ...look, sinceMs: 0 }, isStill: false })
  expect(afterLook(first.settling, look, settleMs - 1).isStill).toBe(false)
  expect(afterLook(first.settling, look, settleMs).isStill).toBe(true)
})

test('a change of size or time begins the wait anew', () => {
  const before = { ...look, sinceMs: 0 }
  for (const change of [{ sizeBytes: 11 }, { mtimeMs: 1_001 }]) {
    const after = afterLook(before, { ...look, ...change }, settleMs)
    expect([after.settling.sinceMs, after.isStill]).toEqual([settleMs, false])
  }
})

test('an empty file never settles: somebody has only reserved its name', () => {
  const empty = { sizeBytes: 0, mtimeMs: 0 }
  expect(afterLook({ ...empty, sinceMs: 0 }, empty, settleMs * 100).isStill).toBe(false)
})

test.each([
  ['the same', 0, 0, true],
  ['rounded by FAT', 1_500, 0, true],
  ['moved by an hour of daylight saving', 3_600_000, 0, true],
  ['moved by a time zone of a half hour', 5.5 * 3_600_000, 0, true],
  ['written a minute later', 60_000, 0, false],
  ['written two days later', 2 * 86_400_000, 0, false],
  ['of another size', 0, 1, false],
])('a file that is %s', (_what, apartMs, moreBytes, isSame) => {
  expect(looksSame(look, { sizeBytes: look.sizeBytes + moreBytes, mtimeMs: look.mtimeMs + apartMs })).toBe(
    isSame,
  )
})
