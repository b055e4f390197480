import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import {
  takeDamagedJournals,
  writeDamagedJournal,
  type FilePart,
} from '../../../../electron/journal/sealing/damaged-journals.ts'

const name = 'journal.sqlite.damaged-2026-05-06T07-08-09-000Z'

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-damaged-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

/** A folder with a copy of a damaged journal of this size, and its parts. */
function setup(sizeBytes: number) {
  const folder = newFolder()
  const bytes = Buffer.alloc(sizeBytes, 'a damaged journal')
  writeFileSync(join(folder, name), bytes)
  const parts: FilePart[] = []
  const paths = takeDamagedJournals(folder, (part) => parts.push(part))
  return { folder, bytes, parts, paths }
}

test.each([
  [0, []],
  [1, [[0, 1]]],
  [500_000, [[0, 500_000]]],
  [
    500_001,
    [
      [0, 500_000],
      [500_000, 1],
    ],
  ],
  [
    1_000_000,
    [
      [0, 500_000],
      [500_000, 500_000],
    ],
  ],
])('a copy of %i bytes is read in parts of at most 500,000 bytes', (sizeBytes, expected) => {
  const { folder, parts, paths } = setup(sizeBytes)
  const sizes = parts.map(({ offset, base64 }) => [offset, Buffer.from(base64, 'base64').length])
  expect([paths, sizes]).toEqual([[join(folder, name)], expected])
})

test('the parts of a copy, written in any order, have its bytes', () => {
  const { bytes, parts } = setup(1_200_000)
  const folder = newFolder()
  const paths = parts.toReversed().map((part) => writeDamagedJournal(folder, part))
  expect(new Set(paths)).toEqual(new Set([join(folder, name)]))
  expect(readFileSync(join(folder, name)).equals(bytes)).toBe(true)
})

test.skipIf(process.platform === 'win32')('only the owner can read a copy that was written', () => {
  const { parts } = setup(5)
  const folder = newFolder()
  for (const part of parts) writeDamagedJournal(folder, part)
  expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
})
