import { execFileSync } from 'node:child_process'
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import {
  diskTimeoutFailure,
  identityOf,
  openSameFile,
  openWithTimeout,
} from '../../../../electron/platform/files/file-identity.ts'
import {
  createFileOpener,
  isNotRegularFile,
  openRegularFile,
  readRegularFile,
} from '../../../../electron/platform/files/regular-file.ts'
import { leasedFile } from '../../../support/leased-file.ts'

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-regular-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function newFile(text = 'text') {
  const path = join(newFolder(), 'file')
  writeFileSync(path, text)
  return path
}

function newFifo() {
  const path = join(newFolder(), 'fifo')
  execFileSync('mkfifo', [path])
  return path
}

const linkTo = (target: string) => {
  const path = join(newFolder(), 'link')
  symlinkSync(target, path)
  return path
}

const errorOf = (opening: Promise<unknown>): Promise<unknown> =>
  opening.then(
    () => null,
    (error: unknown) => error,
  )

test('opens a file, also through a link', async () => {
  await using file = await openRegularFile(linkTo(newFile()))
  expect(await file.readFile('utf8')).toBe('text')
})

test('doesn’t follow a link if links are not allowed', async () => {
  const file = newFile()
  expect(await errorOf(openRegularFile(linkTo(file), { followLinks: false }))).toMatchObject({
    code: 'ELOOP',
  })
  await (await openRegularFile(file, { followLinks: false })).close()
})

test.each([
  ['a FIFO', () => newFifo()],
  ['a link to a FIFO', () => linkTo(newFifo())],
  ['a folder', () => newFolder()],
  ['a device', () => '/dev/zero'],
])('refuses %s without waiting', async (_what, create) => {
  expect(isNotRegularFile(await errorOf(openRegularFile(create())))).toBe(true)
})

test('rejects with the error of the file system', async () => {
  const error = await errorOf(openRegularFile(join(newFolder(), 'missing')))
  expect([isNotRegularFile(error), error]).toEqual([false, expect.objectContaining({ code: 'ENOENT' })])
})

test('reads a file up to its limit and rejects a larger one', async () => {
  const path = newFile('12345')
  expect((await readRegularFile(path, 5)).toString()).toBe('12345')
  expect(await errorOf(readRegularFile(path, 4))).toMatchObject({ code: 'EFBIG' })
})

test('a queued file that was replaced by a FIFO has changed', async () => {
  const path = newFile()
  const identity = identityOf(await stat(path, { bigint: true }))
  renameSync(newFifo(), path)
  expect(await openSameFile(path, identity)).toMatchObject({ ok: false, failure: { code: 'file-changed' } })
})

test('opens a file once another process returns its lease', async () => {
  const leased = await leasedFile()
  const opening = openRegularFile(leased.path)
  await leased.until('requested')
  leased.release()
  await using file = await opening
  expect(await file.readFile('utf8')).toBe('text')
})

async function leasedWithIdentity() {
  const leased = await leasedFile()
  return { leased, path: leased.path, identity: identityOf(await stat(leased.path, { bigint: true })) }
}

test('stops waiting for a file on abort, and closes it when it is opened later', async () => {
  const { leased, path, identity } = await leasedWithIdentity()
  const stop = new AbortController()
  const opening = openWithTimeout({ path, identity }, stop.signal)
  await leased.until('requested')
  stop.abort()
  expect(await opening).toBeNull()
  leased.release()
  await leased.until('opened')
  await leased.until('closed')
})

test('a file that is not opened in time is on a disk that does not respond', async () => {
  const { leased, path, identity } = await leasedWithIdentity()
  const opened = await openWithTimeout({ path, identity }, new AbortController().signal, 1)
  expect(opened).toEqual({ ok: false, failure: diskTimeoutFailure() })
  await leased.until('requested')
  leased.release()
  await leased.until('opened')
  await leased.until('closed')
})

/** Opens a file with blocking calls, after another one of its folder, which took no time. */
async function openBlocking(path: string) {
  const open = createFileOpener(() => 0)
  const first = join(dirname(path), 'first')
  writeFileSync(first, '')
  await (await open(first)).handle.close()
  return open(path)
}

const isBlocking = (handle: object) => !('fd' in handle)

test('reads with blocking calls what is at a position', async () => {
  const { handle, stats } = await openBlocking(newFile('some text'))
  const into = Buffer.alloc(6)
  expect([isBlocking(handle), stats.size, await handle.read(into, 2, 4, 5)]).toEqual([
    true,
    9n,
    { bytesRead: 4 },
  ])
  expect([into.toString('latin1'), (await handle.stat({ bigint: true })).size]).toEqual(['\0\0text', 9n])
  await handle.close()
})

/** Opens files one after the other, whose calls take `callMs` each; returns which of them have blocking calls. */
function createTimedOpener() {
  const clock = { nowMs: 0, callMs: 0 }
  const open = createFileOpener(() => (clock.nowMs += clock.callMs))
  async function openAll(paths: readonly string[], callMs: number): Promise<readonly boolean[]> {
    clock.callMs = callMs
    const blocking: boolean[] = []
    for (const path of paths) {
      const { handle } = await open(path)
      await handle.close()
      blocking.push(isBlocking(handle))
    }
    return blocking
  }
  return openAll
}

test('reads files in the thread pool for a while after a slow one', async () => {
  const openAll = createTimedOpener()
  const path = newFile()
  await openAll([path], 0)
  expect(await openAll([path], 5)).toEqual([true])
  const next = await openAll(
    Array.from({ length: 34 }, () => path),
    0,
  )
  expect(next).toEqual([...Array.from({ length: 32 }, () => false), true, true])
})

test('opens files of a folder in the thread pool until one of them was opened quickly', async () => {
  const openAll = createTimedOpener()
  const [path, other] = [newFile(), newFile()]
  expect(await openAll([path, path], 5)).toEqual([false, false])
  expect(await openAll([path, path, other, other], 0)).toEqual([false, true, false, true])
})

test.each([
  ['a link', () => linkTo(newFile()), 'ELOOP'],
  ['a FIFO', () => newFifo(), 'NOT_A_REGULAR_FILE'],
  ['a folder', () => mkdtempSync(join(newFolder(), 'inner-')), 'NOT_A_REGULAR_FILE'],
  ['a missing file', () => join(newFolder(), 'missing'), 'ENOENT'],
])('refuses %s with blocking calls too', async (_what, create, code) => {
  expect(await errorOf(openBlocking(create()))).toMatchObject({ code })
})

test('opens a file once another process returns its lease, although calls block', async () => {
  const leased = await leasedFile()
  const opening = openBlocking(leased.path)
  await leased.until('requested')
  leased.release()
  const { handle } = await opening
  await handle.close()
})
