import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import {
  createPrivateFile,
  OtherOwnerError,
  protectDataFolder,
  protectExistingDataFolder,
} from '../../../../electron/platform/files/data-folder.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'modelferry-data-'))
})

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true })
})

/** On Windows, files have no owner's permissions and users no numbers. */
const testWithModes = test.skipIf(process.platform === 'win32')

const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8)

function writeFile(path: string, mode: number): string {
  writeFileSync(path, '')
  chmodSync(path, mode)
  return path
}

testWithModes('creates the data folder and its parents for their owner only', () => {
  const home = join(folder, 'parent', 'home')
  protectDataFolder(home)
  expect([modeOf(home), modeOf(join(folder, 'parent'))]).toEqual(['700', '700'])
})

testWithModes('takes access to an existing folder and its files from other users', () => {
  chmodSync(folder, 0o755)
  mkdirSync(join(folder, 'browser'))
  mkdirSync(join(folder, 'Crashpad'))
  const names = ['journal.sqlite', 'journal.sqlite-wal', 'journal.sqlite.damaged-1', 'settings.json']
  const files = [...names, 'window.json', 'settings.unreadable-1.json'].map((name) =>
    writeFile(join(folder, name), 0o644),
  )
  protectDataFolder(folder)
  expect([modeOf(folder), ...files.map(modeOf)]).toEqual(['700', ...files.map(() => '600')])
})

testWithModes('protects a folder that is only read, and does not create one', () => {
  chmodSync(folder, 0o755)
  const file = writeFile(join(folder, 'journal.sqlite'), 0o644)
  protectExistingDataFolder(folder)
  expect([modeOf(folder), modeOf(file)]).toEqual(['700', '600'])
  const missing = join(folder, 'missing')
  protectExistingDataFolder(missing)
  expect(existsSync(missing)).toBe(false)
})

testWithModes('does not change files of others, links and the files they lead to', () => {
  const other = writeFile(join(folder, 'notes.txt'), 0o644)
  const outside = writeFile(join(folder, 'outside'), 0o644)
  symlinkSync(outside, join(folder, 'settings.json'))
  protectDataFolder(folder)
  expect([modeOf(other), modeOf(outside)]).toEqual(['644', '644'])
})

testWithModes('protects only its own files in a folder with other files', () => {
  chmodSync(folder, 0o755)
  writeFile(join(folder, 'notes.txt'), 0o644)
  const file = writeFile(join(folder, 'journal.sqlite'), 0o644)
  protectDataFolder(folder)
  expect([modeOf(folder), modeOf(file)]).toEqual(['755', '600'])
})

testWithModes('refuses a folder of another user, except for root', () => {
  if (process.getuid?.() === 0) chownSync(folder, 4_321, 4_321)
  const getuid = vi.spyOn(process, 'getuid').mockReturnValue(5_678)
  expect(() => protectDataFolder(folder)).toThrow(OtherOwnerError)
  getuid.mockReturnValue(0)
  expect(() => protectDataFolder(folder)).not.toThrow()
})

testWithModes.each(['journal.sqlite', 'app-update.json', 'logs', 'logs/command-line/x.log'])(
  'refuses %s of another user in a folder of its own',
  (name) => {
    const file = join(folder, name)
    mkdirSync(dirname(file), { recursive: true })
    // The owner of a link decides where it leads.
    symlinkSync(tmpdir(), file)
    if (process.getuid?.() === 0) lchownSync(file, 4_321, 4_321)
    // Only root can make a file of another user: for others the folder is their own, and then the file is not.
    const getuid = vi.spyOn(process, 'getuid').mockReturnValue(5_678)
    for (let count = 0; count < 3; count += 1) getuid.mockReturnValueOnce(statSync(folder).uid)
    expect(() => protectDataFolder(folder)).toThrow(OtherOwnerError)
  },
)

testWithModes('refuses a file of another user to which a link of its own leads', () => {
  const file = writeFile(join(folder, 'elsewhere'), 0o600)
  symlinkSync(file, join(folder, 'journal.sqlite'))
  if (process.getuid?.() === 0) chownSync(file, 4_321, 4_321)
  // As above: folder and link are the user's own.
  const getuid = vi.spyOn(process, 'getuid').mockReturnValue(5_678)
  for (let count = 0; count < 3; count += 1) getuid.mockReturnValueOnce(statSync(folder).uid)
  expect(() => protectDataFolder(folder)).toThrow(OtherOwnerError)
})

// No test may change another folder of root's: this one is of Linux and has fixed permissions.
test.runIf(process.platform === 'linux')('uses a folder of root as it is', () => {
  vi.spyOn(process, 'getuid').mockReturnValue(5_678)
  expect(() => protectDataFolder('/proc')).not.toThrow()
})

testWithModes('refuses a folder of another user that is only read', () => {
  if (process.getuid?.() === 0) chownSync(folder, 4_321, 4_321)
  chmodSync(folder, 0o755)
  vi.spyOn(process, 'getuid').mockReturnValue(5_678)
  expect(() => protectExistingDataFolder(folder)).toThrow(OtherOwnerError)
  expect(modeOf(folder)).toBe('755')
})

testWithModes('keeps special permissions of a folder and what only its owner may do', () => {
  chmodSync(folder, 0o2550)
  try {
    protectDataFolder(folder)
    expect(modeOf(folder)).toBe('2500')
  } finally {
    // Otherwise a folder with a wrong mode could not be removed.
    chmodSync(folder, 0o700)
  }
})

testWithModes('creates a file for its owner only, and leaves an existing one as it is', () => {
  const file = join(folder, 'journal.sqlite')
  createPrivateFile(file)
  expect([modeOf(file), statSync(file).size]).toEqual(['600', 0])
  const other = writeFile(join(folder, 'other'), 0o640)
  writeFileSync(other, 'text')
  createPrivateFile(other)
  expect([modeOf(other), statSync(other).size]).toEqual(['640', 4])
})

testWithModes('protects only the files in a folder that users share', () => {
  const shared = join(folder, 'shared')
  mkdirSync(shared)
  chmodSync(shared, 0o1777)
  const file = writeFile(join(shared, 'journal.sqlite'), 0o644)
  protectDataFolder(shared)
  expect([modeOf(shared), modeOf(file)]).toEqual(['1777', '600'])
})

testWithModes('protects only the files if the data folder is the user’s home folder', () => {
  vi.stubEnv('HOME', folder)
  expect(homedir()).toBe(folder)
  chmodSync(folder, 0o755)
  const file = writeFile(join(folder, 'journal.sqlite'), 0o644)
  protectDataFolder(folder)
  expect([modeOf(folder), modeOf(file)]).toEqual(['755', '600'])
})
