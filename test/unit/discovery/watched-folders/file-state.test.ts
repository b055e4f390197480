import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { downloadSuffixes } from '../../../../electron/recognition/file-names.ts'
import {
  checkStability,
  isFinishedFile,
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

test('reports a file of one byte as stable, but never an empty file', () => {
  const small = { sizeBytes: 1, mtimeMs: 0 }
  expect(checkStability({ ...small, unchangedSinceMs: 0 }, small, stableAfterMs).isStable).toBe(true)
  const empty = { sizeBytes: 0, mtimeMs: 0 }
  expect(checkStability({ ...empty, unchangedSinceMs: 0 }, empty, stableAfterMs * 100).isStable).toBe(false)
})
