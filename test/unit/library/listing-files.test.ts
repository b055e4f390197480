import {
  appendFileSync,
  mkdirSync,
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
import type { LibraryModel } from '../../../electron/contract/library.ts'
import { createListingFiles } from '../../../electron/library/listing-files.ts'
import type { KnownListing } from '../../../electron/library/listing.ts'
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
  const open = () => createListingFiles(folder, environment, ({ personId }) => hasLeft.has(personId))
  const names = () => readdirSync(folder)
  return { root, folder, files: open(), open, names, hasLeft, lines: environment.lines }
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

test('keeps only listings of large libraries', async () => {
  const { files, root } = setup()
  files.fileOf(alice).save(listingOf(500))
  await files.written()
  expect(readdirSync(root)).toEqual([])
  expect(await files.fileOf(alice).load()).toBeNull()
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

test('names neither user nor team in the name of a file', async () => {
  const { files, names } = setup()
  files.fileOf(alice).save(listingOf(501))
  await files.written()
  expect(names()).toEqual([expect.stringMatching(/^[0-9a-f]{32}-[0-9a-f]{32}\.jsonl$/)])
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

test('leaves no temporary file where the folder can not be written', async () => {
  const { root, files, lines } = setup()
  writeFileSync(join(root, 'libraries'), 'a file in place of the folder')
  files.fileOf(alice).save(listingOf(501))
  await files.written()
  expect(readdirSync(root)).toEqual(['libraries'])
  expect(lines).toMatchObject([{ level: 'warn', message: 'the listing of a library could not be written' }])
})

test('leaves no temporary file if the listing can not get its name, and can save the next one', async () => {
  const { files, folder, names } = setup()
  const file = files.fileOf(alice)
  const saved = async () => {
    file.save(listingOf(501))
    await files.written()
    return names()
  }
  const [name = ''] = await saved()
  rmSync(join(folder, name))
  mkdirSync(join(folder, name, 'a folder in place of the file'), { recursive: true })
  expect(await saved()).toEqual([name])
  rmSync(join(folder, name), { recursive: true })
  expect(await saved()).toEqual([name])
  expect(await file.load()).toEqual(listingOf(501))
})

// Other systems have no list of a process's open files.
test.runIf(process.platform === 'linux')('closes each file that it has written or read', async () => {
  const { files, folder } = setup()
  const file = files.fileOf(alice)
  file.save(listingOf(501))
  await files.written()
  expect(await file.load()).not.toBeNull()
  const targets = () =>
    readdirSync('/proc/self/fd').map((descriptor) => {
      try {
        return readlinkSync(`/proc/self/fd/${descriptor}`)
      } catch {
        return ''
      }
    })
  // A stream closes its file a moment after it has ended.
  await expect.poll(() => targets().filter((target) => target.startsWith(folder))).toEqual([])
})

test('forgets a user of whom nothing was ever stored', async () => {
  const { files, root } = setup()
  await files.forget(alice)
  expect(readdirSync(root)).toEqual([])
})
