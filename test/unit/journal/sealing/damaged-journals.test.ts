import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
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

test('only damaged journals and their logs are read', () => {
  const folder = newFolder()
  const names = [`${name}-wal`, 'journal.sqlite', 'journal.sqlite-wal', `x${name}`, `${name}.txt`]
  for (const one of names) writeFileSync(join(folder, one), one)
  const read: string[] = []
  const paths = takeDamagedJournals(folder, (part) => read.push(part.name))
  expect([read, paths]).toEqual([[`${name}-wal`], [join(folder, `${name}-wal`)]])
})

test('no other file is written', () => {
  const folder = newFolder()
  for (const other of ['settings.json', `../${name}`, `${name}/../settings.json`])
    writeDamagedJournal(folder, { name: other, offset: 0, base64: 'AAAA' })
  expect(readdirSync(folder)).toEqual([])
})

// Other systems have no list of a process's open files.
test.runIf(process.platform === 'linux')('no copy stays open', () => {
  const { folder, parts } = setup(5)
  for (const part of parts) writeDamagedJournal(folder, part)
  const open = readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`)
    } catch {
      return [] // closed meanwhile
    }
  })
  expect(open).not.toContain(join(folder, name))
})
