import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import {
  findMissingVolume,
  isDiskErrorCode,
  isVolumeBack,
} from '../../../../electron/platform/files/find-missing-volume.ts'
import { createHangingFolders } from '../../../../electron/platform/files/hanging-folders.ts'
import { standingClock } from '../../../support/hand-clock.ts'
import { diskErrorCodes } from '../../../support/disk-error-codes.ts'

const { signal } = new AbortController()
const forever = () => new Promise<never>(() => {})

/** A disk whose calls return this error code, and list these files. */
function setup(code: string | null, list: () => Promise<readonly string[]> = async () => ['other.gguf']) {
  const clock = standingClock()
  const folders = createHangingFolders(clock.now)
  const isBack = (isDead: boolean, path = '/disk/models/a.gguf') =>
    isVolumeBack({ path, isDead }, { codeAt: async () => code, list, timers: clock.timers, folders })
  return { clock, isBack }
}

test('a folder that is missing is named with the topmost one that is missing', async () => {
  const root = mkdtempSync(join(tmpdir(), 'modelferry-missing-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  mkdirSync(join(root, 'disk'))
  writeFileSync(join(root, 'disk', 'file'), '')
  const { timers } = standingClock()
  const find = (...names: readonly string[]) => findMissingVolume(join(root, ...names), { timers, signal })
  const missing = (...names: readonly string[]) => {
    const folder = join(root, ...names)
    return { folder, until: { path: folder, isDead: false } }
  }
  expect(await find('disk', 'models', 'a.gguf')).toEqual(missing('disk', 'models'))
  // A file in place of the folder.
  expect(await find('disk', 'file', 'models', 'a.gguf')).toEqual(missing('disk', 'file', 'models'))
  expect(await find('disk', 'a.gguf')).toBeNull()
})

test('a search that takes five seconds shows that the mount is dead', async () => {
  const clock = standingClock()
  const seen: unknown[] = []
  const search = findMissingVolume('/slow/models/a.gguf', { timers: clock.timers, signal }, forever)
  void search.then((found) => seen.push(found))
  clock.advance(4_999)
  await nextTurn()
  expect(seen).toEqual([])
  clock.advance(1)
  const until = { path: '/slow/models', isDead: true }
  expect(await search).toEqual({ folder: '/slow/models', until })
})

test.each([
  ['exists', null, true, true],
  ['can’t be accessed', 'EACCES', true, true],
  ['may not be accessed', 'EPERM', true, true],
  ['is missing in a folder with other files', 'ENOENT', false, true],
  ['is on a disk that is gone', 'EIO', false, false],
])('a file that %s: whether its folder and its mount are back', async (_what, code, folder, mount) => {
  const { isBack } = setup(code)
  expect([await isBack(false), await isBack(true)]).toEqual([folder, mount])
})

test.each([
  ['is empty', async () => [], false],
  ['is missing too', async () => Promise.reject(Object.assign(new Error(), { code: 'ENOENT' })), true],
  [
    'responds with an error of its disk',
    () => Promise.reject(Object.assign(new Error(), { code: 'EIO' })),
    false,
  ],
  ['can’t be listed', () => Promise.reject(new Error('no code')), true],
])('whether a mount is back whose folder %s', async (_what, list, expected) => {
  expect(await setup('ENOENT', list).isBack(true)).toBe(expected)
})

test('only errors of a disk or file server mean that it is gone', () => {
  expect(diskErrorCodes.filter((code) => !isDiskErrorCode(code, 'linux'))).toEqual([])
  expect(['ENOENT', 'EACCES', 'EBUSY', ''].filter((code) => isDiskErrorCode(code, 'win32'))).toEqual([])
  expect([isDiskErrorCode('UNKNOWN', 'win32'), isDiskErrorCode('UNKNOWN', 'darwin')]).toEqual([true, false])
})
