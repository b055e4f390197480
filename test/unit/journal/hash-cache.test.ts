import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createHashCache } from '../../../electron/journal/hash-cache.ts'
import { openJournal } from '../../../electron/journal/journal-file.ts'
import { standingClock, createTestEnvironment } from '../../support/hand-clock.ts'

const identity = { sizeBytes: 6_800_000_000, mtimeNs: 1_790_000_000_123_456_789n, inode: 2n ** 64n - 1n }

function setup(most?: number) {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-hashes-'))
  const { database } = openJournal(folder, 0)
  const clock = standingClock()
  const environment = createTestEnvironment(clock)
  onTestFinished(() => {
    if (database.isOpen) database.close()
    rmSync(folder, { recursive: true })
  })
  return { database, environment, clock, cache: createHashCache(database, environment, most) }
}

test('finds a hash while path, size, times in ns and inode are unchanged', () => {
  const { cache } = setup()
  cache.remember('/older', identity, 'ab')
  expect(cache.find('/older', { ...identity, ctimeNs: 5n })).toBe('ab')
  cache.remember('/a', { ...identity, ctimeNs: 5n }, 'ab')
  expect([cache.find('/a', identity), cache.find('/a', { ...identity, ctimeNs: 6n })]).toEqual(['ab', null])
  const others = [
    { ...identity, sizeBytes: identity.sizeBytes + 1 },
    { ...identity, mtimeNs: identity.mtimeNs + 1n },
    { ...identity, inode: identity.inode - 1n },
  ]
  expect([...others.map((other) => cache.find('/a', other)), cache.find('/b', identity)]).toEqual([
    ...[null, null, null, null],
  ])
})

test('the hash of a changed file replaces the old one', () => {
  const { cache } = setup()
  const later = { ...identity, mtimeNs: identity.mtimeNs + 1n }
  cache.remember('/a', identity, 'ab')
  cache.remember('/a', later, 'cd')
  expect([cache.find('/a', identity), cache.find('/a', later), cache.filesWith('ab')]).toEqual([
    null,
    'cd',
    [],
  ])
})

test('finds files by their hash, most recently used first', () => {
  const { cache, clock } = setup()
  cache.remember('/a', identity, 'ab')
  clock.advance(1)
  cache.remember('/b', identity, 'ab')
  clock.advance(1)
  cache.find('/a', identity)
  expect(cache.filesWith('ab')).toEqual([
    { path: '/a', identity },
    { path: '/b', identity },
  ])
})

test('drops the least recently used hashes beyond the limit', () => {
  const { cache, clock } = setup(3)
  for (const path of ['/a', '/b', '/c']) {
    cache.remember(path, identity, path)
    clock.advance(1)
  }
  cache.find('/a', identity)
  clock.advance(1)
  cache.remember('/d', identity, '/d')
  expect(['/a', '/b', '/c', '/d'].map((path) => cache.find(path, identity))).toEqual(['/a', null, '/c', '/d'])
})

test('keeps hashes in memory while the journal can’t be written', () => {
  const { cache, environment, database } = setup()
  database.exec('PRAGMA query_only = ON')
  cache.remember('/a', identity, 'ab')
  expect(environment.lines.map(({ level }) => level)).toEqual(['error'])
  const changed = { ...identity, mtimeNs: identity.mtimeNs + 1n }
  expect([cache.find('/a', identity), cache.find('/a', changed)]).toEqual(['ab', null])
})
