import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { takeHostLock } from '../../../electron/host/host-lock.ts'
import { prepareHost, publishHost } from '../../../electron/host/host-file.ts'
import { protectDataFolder } from '../../../electron/platform/files/data-folder.ts'
import { openRegularFile } from '../../../electron/platform/files/regular-file.ts'
import { startProgram } from '../../support/command-line.ts'

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-lock-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/**
 * Another process that takes the lock of a data folder and keeps it, or prints why it can't and ends.
 * @param uid of its user, if this process may choose it
 */
function startHolder(home: string, uid = 0) {
  const module = JSON.stringify(import.meta.resolve('../../../electron/host/host-lock.ts'))
  const script = `import { takeHostLock } from ${module}
    if (process.getuid?.() === 0) process.setuid(${uid})
    try {
      takeHostLock(process.argv[1])
      console.log('taken')
      setInterval(() => {}, 1_000_000)
    } catch (error) {
      console.log(error.code ?? error.constructor.name)
    }`
  return startProgram([process.execPath, '--input-type=module', '-e', script, home], {})
}

const take = (home: string) => onTestFinished(takeHostLock(home).release)

test('of two processes that start at once, one becomes the host, and the other ends', async () => {
  const home = temporaryFolder()
  const [one, other] = [startHolder(home), startHolder(home)]
  const loser = await Promise.race([one.ended, other.ended])
  expect(loser.out).toBe('HostInUseError\n')
  await Promise.any([one, other].map(({ printed }) => printed((out) => out === 'taken\n')))
})

test('a killed host releases the data folder at once, a stopped one keeps it', async () => {
  const home = temporaryFolder()
  const { child, ended, printed } = startHolder(home)
  await printed((out) => out === 'taken\n')
  child.kill('SIGSTOP')
  expect(() => takeHostLock(home)).toThrow(join(home, 'host.lock'))
  child.kill('SIGKILL')
  await ended
  take(home)
})

test('who can’t become the host is told which process is', () => {
  const home = temporaryFolder()
  take(home)
  publishHost(home, prepareHost(home, { version: '1.2.3', kind: 'app' }))
  expect(() => takeHostLock(home)).toThrow(`PID ${process.pid}, ${hostname()}`)
})

test('a host that ends releases the data folder', () => {
  const home = temporaryFolder()
  takeHostLock(home).release()
  take(home)
})

test('reading the files of the data folder doesn’t release it', async () => {
  const home = temporaryFolder()
  take(home)
  const file = join(home, 'host.lock')
  chmodSync(file, 0o644)
  protectDataFolder(home)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  await expect(openRegularFile(file)).rejects.toThrow('not a regular file')
  expect((await startHolder(home).ended).out).toBe('HostInUseError\n')
  // What every other access would do.
  readFileSync(file)
  await startHolder(home).printed((out) => out === 'taken\n')
})

test('a lock that can’t be taken is no lock', () => {
  const home = temporaryFolder()
  mkdirSync(join(home, 'host.lock'))
  expect(() => takeHostLock(home)).toThrow('unable to open database file')
})

test.skipIf(process.platform === 'win32')('nor is one of a file that can only be read', async () => {
  const home = temporaryFolder()
  takeHostLock(home).release()
  chmodSync(join(home, 'host.lock'), 0o400)
  const uid = 4_321
  if (process.getuid?.() === 0) for (const path of [home, join(home, 'host.lock')]) chownSync(path, uid, uid)
  expect((await startHolder(home, uid).ended).out).toBe('EACCES\n')
})

test('a data folder with a path of 300 bytes can be locked', () => {
  const home = join(temporaryFolder(), 'a'.repeat(140), 'b'.repeat(140))
  take(home)
  expect(Buffer.byteLength(home)).toBeGreaterThan(300)
  expect(() => takeHostLock(home)).toThrow(home)
})
