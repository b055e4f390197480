import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { LibraryModel } from '../../../electron/contract/library.ts'
import { createSavedListings } from '../../../electron/library/saved-listings.ts'
import type { KnownListing } from '../../../electron/library/list-models.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'

const alice = { server: 'https://core.example/api/v1', personId: 'alice', teamId: 'studio' }

const listingOf = (count: number, prefix = 'm'): KnownListing => ({
  models: new Map(
    Array.from({ length: count }, (_, index): [string, LibraryModel] => [
      `${prefix}-${index}`,
      {
        id: `${prefix}-${index}`,
        displayName: `模型\n${index}`,
        modelType: 'loras',
        modelPath: index === 0 ? null : `models/loras/${index}.safetensors`,
        sizeBytes: 2 ** 40,
        sha256: null,
        status: 'active',
        createdAtMs: null,
        storageKey: 'k',
      },
    ]),
  ),
  listedAtMs: 5,
  completeAtMs: 4,
  unlistedCount: 3,
  continuesAt: { page: 6, received: 500 },
})

function setup() {
  const root = mkdtempSync(join(tmpdir(), 'modelferry-listings-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  const folder = join(root, 'libraries')
  const hasLeft = new Set<string>()
  const environment = createTestEnvironment(standingClock())
  const open = () => createSavedListings(folder, environment, ({ personId }) => hasLeft.has(personId))
  const names = () => readdirSync(folder)
  return { folder, files: open(), open, names, hasLeft, lines: environment.lines }
}

test('loads in another process what was saved last', async () => {
  const { files, open, names } = setup()
  const file = files.fileOf(alice)
  file.save(listingOf(501, 'first'))
  file.save(listingOf(502, 'second'))
  file.save(listingOf(503))
  await files.written()
  expect(await open().fileOf(alice).load()).toEqual(listingOf(503))
  expect(names()).toHaveLength(1)
})

test('keeps no listing of a user who has signed out while it was written', async () => {
  const { files, names, hasLeft } = setup()
  files.fileOf(alice).save(listingOf(501))
  files.fileOf({ ...alice, personId: 'bob' }).save(listingOf(501))
  hasLeft.add(alice.personId)
  await files.written()
  expect(names()).toHaveLength(1)
  expect(await files.fileOf(alice).load()).toBeNull()
})

test.skipIf(process.platform === 'win32')('only the user can read a file and its folder', async () => {
  const { files, folder, names } = setup()
  files.fileOf(alice).save(listingOf(501))
  await files.written()
  const [name = ''] = names()
  expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
  expect(statSync(folder).mode & 0o777).toBe(0o700)
})

test.each([
  ['cut', (path: string) => writeFileSync(path, readFileSync(path, 'utf8').slice(0, -100))],
  [
    'without its last line',
    (path: string) => writeFileSync(path, readFileSync(path, 'utf8').split('\n').slice(0, -2).join('\n')),
  ],
  ['empty', (path: string) => writeFileSync(path, '')],
  ['with another line', (path: string) => appendFileSync(path, '{"id":1}\n')],
  [
    'of another version',
    (path: string) => writeFileSync(path, readFileSync(path, 'utf8').replace('"version":1', '"version":0')),
  ],
])('ignores a file that is %s', async (_what, damage) => {
  const { files, folder, names, lines } = setup()
  const file = files.fileOf(alice)
  // The first start is no reason to log anything.
  expect([await file.load(), lines]).toEqual([null, []])
  file.save(listingOf(501))
  await files.written()
  damage(join(folder, names()[0] ?? ''))
  expect(await file.load()).toBeNull()
  expect(lines).toMatchObject([{ level: 'warn' }])
})

test('deletes the listings of one user only, also those that are being written', async () => {
  const { files } = setup()
  const others = [
    { ...alice, personId: 'bob' },
    { ...alice, server: 'https://other.example/api/v1' },
  ]
  const own = [alice, { ...alice, teamId: 'second' }]
  for (const owner of [...own, ...others]) files.fileOf(owner).save(listingOf(501))
  await files.forget(alice)
  await files.written()
  const loaded = await Promise.all([...own, ...others].map((owner) => files.fileOf(owner).load()))
  expect(loaded.map((listing) => listing?.models.size ?? null)).toEqual([null, null, 501, 501])
})
