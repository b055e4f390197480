import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createFileReader, MountQueue, readMounts } from '../../../../electron/discovery/scan/mounts.ts'
import { standingClock, type HandClock } from '../../../support/hand-clock.ts'
import { createModelFolder } from '../model-folder.ts'

test('finds the innermost mount of a path in Linux’s table', async () => {
  const table = join(createModelFolder(), 'mountinfo')
  const mounts = ['/', '/mnt/nas', '/mnt/nas/inner', '/media/my\\040disk']
  writeFileSync(table, mounts.map((mount) => `36 35 98:0 / ${mount} rw - nfs server:/ rw\n`).join(''))
  const mountOf = await readMounts('linux', table)
  const paths = [
    '/home/a.pt',
    '/mnt/nas/a.pt',
    '/mnt/nas2/a.pt',
    '/mnt/nas/inner/a.pt',
    '/media/my disk/a.pt',
  ]
  expect(paths.map(mountOf)).toEqual(['/', '/mnt/nas', '/', '/mnt/nas/inner', '/media/my disk'])
})

test.for<[NodeJS.Platform, string, string]>([
  ['linux', '/mnt/nas/a.pt', '/'],
  ['darwin', '/Volumes/My Disk/models/a.pt', '/Volumes/My Disk'],
  ['darwin', '/Users/a.pt', '/'],
  ['win32', 'E:\\models\\a.pt', 'e:\\'],
  ['win32', '\\\\Server\\share\\models\\a.pt', '\\\\server\\share\\'],
])('takes the mount of a path on %s from its text: %s', async ([platform, path, mount]) => {
  const mountOf = await readMounts(platform, '/none')
  expect(mountOf(path)).toBe(mount)
})

test('makes one call at a time on each mount, also after a failed one', async () => {
  const queue = new MountQueue(standingClock().timers, async () => (path) => path.slice(0, 1))
  const called: string[] = []
  const first = Promise.withResolvers<void>()
  const run = (path: string, result = Promise.resolve()) =>
    queue.run(path, () => {
      called.push(path)
      return result
    })
  const hanging = run('a/1', first.promise)
  const waiting = run('a/2')
  await run('b/1')
  await run('b/2')
  expect(called).toEqual(['a/1', 'b/1', 'b/2'])
  first.reject(new Error('gone'))
  await expect(hanging).rejects.toThrow('gone')
  await waiting
  expect(called.at(-1)).toBe('a/2')
})

test('makes the next call on a mount after one that hangs, but none once two hang', async () => {
  const clock = standingClock()
  const queue = new MountQueue(clock.timers, async () => () => '/')
  const called: string[] = []
  const hanging = Promise.withResolvers<void>()
  const run = (path: string, result = Promise.resolve()) =>
    queue.run(path, () => {
      called.push(path)
      return result
    })
  const first = run('/a', hanging.promise)
  const again = run('/a')
  const healthy = run('/b')
  await expect.poll(() => called).toEqual(['/a'])
  clock.advance(10_000)
  await healthy
  // The same folder is not tried again meanwhile.
  expect([called, clock.waits()]).toEqual([['/a', '/b'], []])
  void run('/c', new Promise(() => {}))
  await expect.poll(() => called).toEqual(['/a', '/b', '/c'])
  clock.advance(10_000)
  const last = run('/d')
  await setImmediate()
  expect(called).toEqual(['/a', '/b', '/c'])
  hanging.resolve()
  await Promise.all([first, again, last])
  expect(called).toEqual(['/a', '/b', '/c', '/a', '/d'])
})

const createReader = (clock: HandClock, signal?: AbortSignal) => {
  const mountQueue = new MountQueue(clock.timers, async () => (path) => path.slice(0, 4))
  return createFileReader({ mountQueue, timers: clock.timers }, signal)
}
const never = () => new Promise<never>(() => {})

test('gives up on a folder that does not respond for 15 seconds, and does not read it again', async () => {
  const clock = standingClock()
  const readFiles = createReader(clock)
  const [hanging, beside, healthy] = ['/nas/a', '/nas/b', '/usb/c'].map((path) => ({ path }))
  const files = [hanging, beside, healthy].flatMap((file) => file ?? [])
  const first = Promise.withResolvers<string>()
  const started: string[] = []
  const readAll = () =>
    readFiles(files, ({ path }) => {
      started.push(path)
      return path === '/nas/a' ? first.promise : Promise.resolve('read')
    })
  let results: ReadonlyMap<unknown, string> | null = null
  const reading = readAll().then((read) => (results = read))
  await expect
    .poll(() => [started, clock.waits()])
    .toEqual([
      ['/nas/a', '/usb/c'],
      [10_000, 15_000],
    ])
  // One file was read in this time, so that it waits once more.
  clock.advance(15_000)
  await expect.poll(() => clock.waits()).toEqual([15_000])
  clock.advance(14_999)
  await setImmediate()
  expect(results).toBeNull()
  clock.advance(1)
  await reading
  expect([...(results ?? [])]).toEqual([[healthy, 'read']])
  first.resolve('late')
  await setImmediate()
  expect([...(await readAll()).keys()]).toEqual([healthy])
  expect(started).toEqual(['/nas/a', '/usb/c', '/usb/c'])
})

test('returns no files once its signal aborts, and waits no longer', async () => {
  const clock = standingClock()
  const aborting = new AbortController()
  const files = [{ path: '/usb/a' }, { path: '/nas/a' }]
  const read: string[] = []
  const reading = createReader(clock, aborting.signal)(files, async ({ path }) => {
    read.push(path)
    if (path === '/nas/a') await never()
  })
  await expect.poll(() => read).toEqual(['/usb/a', '/nas/a'])
  aborting.abort()
  expect((await reading).size).toBe(0)
})

test('reads all files of a slow drive, however long they take in total', async () => {
  const clock = standingClock()
  const mountQueue = new MountQueue(clock.timers, async () => () => '/')
  const readFiles = createFileReader({ mountQueue, timers: clock.timers })
  const files = ['/nas/one', '/nas/two', '/nas/three'].map((path) => ({ path }))
  const started: string[] = []
  const pending = files.map(() => Promise.withResolvers<string>())
  const reading = readFiles(files, ({ path }) => {
    const { promise } = pending[started.length] ?? Promise.withResolvers<string>()
    started.push(path)
    return promise
  })
  for (const [index, { resolve }] of pending.entries()) {
    await expect.poll(() => started.length).toBe(index + 1)
    clock.advance(14_000)
    resolve('read')
  }
  expect([...(await reading).keys()]).toEqual(files)
})
