import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { downloadSuffixes } from '../../../../electron/recognition/file-names.ts'
import {
  checkStability,
  isFinishedFile,
  isSameState,
  lastingIdOf,
  readFileState,
  stableAfterMs,
  type FolderIdentity,
} from '../../../../electron/discovery/watched-folders/file-state.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'modelferry-state-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
})
const at = (name: string) => join(root, name)

test('reports a file with a download marker beside it as unfinished', async () => {
  writeFileSync(at('m.safetensors'), 'x')
  expect(await isFinishedFile(at('m.safetensors'))).toBe(true)
  for (const suffix of downloadSuffixes) {
    writeFileSync(at(`m.safetensors${suffix}`), '')
    expect(await isFinishedFile(at('m.safetensors')), suffix).toBe(false)
    rmSync(at(`m.safetensors${suffix}`))
  }
  expect(await isFinishedFile(at('m.safetensors'))).toBe(true)
})

test('reads the state of a file, and null for a folder or a missing path', async () => {
  writeFileSync(at('m'), 'four')
  mkdirSync(at('folder'))
  expect(await readFileState(at('m'))).toEqual({ sizeBytes: 4, mtimeMs: expect.any(Number) as number })
  expect([await readFileState(at('folder')), await readFileState(at('missing'))]).toEqual([null, null])
})

const ofSecond = (second: number) => BigInt(second) * 1_000_000_000n

test.for<[what: string, Partial<FolderIdentity>, isSame: boolean]>([
  ['got another device number at a mount', { dev: 9n }, true],
  ['has another inode', { ino: 9n }, false],
  ['was created at another time', { birthtimeNs: 9n }, false],
])('compares a folder with one that %s', ([_what, change, isSame]) => {
  const folder = { dev: 1n, ino: 2n, birthtimeNs: ofSecond(1_700_000_000) }
  expect(lastingIdOf({ ...folder, ...change }, 'linux') === lastingIdOf(folder, 'linux')).toBe(isSame)
})

test('a folder on another volume is another one on Windows', () => {
  const folder = { dev: 1n, ino: 2n, birthtimeNs: ofSecond(1_700_000_000) }
  expect(lastingIdOf({ ...folder, dev: 9n }, 'win32')).not.toBe(lastingIdOf(folder, 'win32'))
})

test.for<[what: string, second: number]>([
  ['nothing', 0],
  ['1980 in the west', 315_532_800 + 14 * 3600],
  ['1980 in the east', 315_532_800 - 14 * 3600],
  ['1601 on Windows', 1_240_428_288],
])('can’t identify a root whose time of creation is a placeholder: %s', ([_what, second]) => {
  expect(lastingIdOf({ dev: 1n, ino: 1n, birthtimeNs: ofSecond(second) })).toBeNull()
})

test('reports a file of one byte as stable, but never an empty file', () => {
  const small = { sizeBytes: 1, mtimeMs: 0 }
  expect(checkStability({ ...small, unchangedSinceMs: 0 }, small, stableAfterMs).isStable).toBe(true)
  const empty = { sizeBytes: 0, mtimeMs: 0 }
  expect(checkStability({ ...empty, unchangedSinceMs: 0 }, empty, stableAfterMs * 100).isStable).toBe(false)
})

/** FAT stores even seconds. */
const fatState = { sizeBytes: 10, mtimeMs: 4_000 }

test.each([
  ['the same', 0, 0, true],
  ['rounded to the next even second', 2_000, 0, true],
  ['moved by an hour of daylight saving', 3_600_000, 0, true],
  ['moved by an hour and rounded', 3_600_000 - 2_000, 0, true],
  ['moved by a time zone of a half hour', 5.5 * 3_600_000, 0, true],
  ['moved by a whole day', 86_400_000, 0, true],
  ['moved by a quarter of an hour more than a day', 86_400_000 + 900_000, 0, false],
  ['written a minute later', 60_000, 0, false],
  ['written two days later', 2 * 86_400_000, 0, false],
  ['of another size', 0, 1, false],
])('compares a state on FAT with one that is %s', (_what, differenceMs, moreBytes, isSame) => {
  const { sizeBytes, mtimeMs } = fatState
  expect(isSameState(fatState, { sizeBytes: sizeBytes + moreBytes, mtimeMs: mtimeMs + differenceMs })).toBe(
    isSame,
  )
})

test('reports a file that is replaced an hour later as another one', () => {
  const first = { sizeBytes: 10, mtimeMs: 1_767_323_045_123.5 }
  expect(isSameState(first, { ...first, mtimeMs: first.mtimeMs + 3_600_000 })).toBe(false)
  expect(isSameState(first, { ...first })).toBe(true)
})
