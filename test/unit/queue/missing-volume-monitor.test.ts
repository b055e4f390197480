import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createMissingVolumeMonitor } from '../../../electron/queue/missing-volume-monitor.ts'
import { aborted } from '../../../electron/platform/attempt.ts'
import { findMissingVolume, isVolumeBack } from '../../../electron/platform/files/find-missing-volume.ts'
import { createHangingFolders } from '../../../electron/platform/files/hanging-folders.ts'
import { standingClock, createTestEnvironment } from '../../support/hand-clock.ts'
import { hangFolderOf } from '../../support/hang-folder.ts'

const folder = (path: string) => ({ path, isDead: false })

function setup() {
  const clock = standingClock()
  const asked: string[] = []
  const there = new Set<string>()
  const gone = new Set<string>()
  const back: string[] = []
  const missing = createMissingVolumeMonitor({
    environment: createTestEnvironment(clock),
    async isVolumeBack({ path }) {
      asked.push(path)
      return there.has(path)
    },
    isWaiting: (id) => !gone.has(id),
    back: (ids) => back.push(...ids),
  })
  return {
    missing,
    clock,
    asked,
    there,
    gone,
    back,
    async tick() {
      clock.advance(3_000)
      for (let turn = 0; turn < 3; turn += 1) await Promise.resolve()
    },
  }
}

test('checks each missing folder once per interval, however many uploads wait for it', async () => {
  const { missing, asked, there, back, tick, clock } = setup()
  for (const id of ['a', 'b', 'c']) missing.wait(id, folder('/disk'))
  missing.wait('d', folder('/other'))
  await tick()
  await tick()
  expect([asked, back]).toEqual([['/disk', '/other', '/disk', '/other'], []])
  there.add('/disk')
  await tick()
  expect([back, clock.waits()]).toEqual([['a', 'b', 'c'], [3_000]])
})

test('finds a file missing with its folder, and names the topmost missing one', async () => {
  const root = mkdtempSync(join(tmpdir(), 'modelferry-away-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  mkdirSync(join(root, 'models'))
  writeFileSync(join(root, 'models', 'there.gguf'), 'x')
  const disk = join(root, 'disk')
  const find = (path: string) => findMissingVolume(path, { timers: standingClock().timers, signal })
  const { signal } = new AbortController()
  expect(await find(join(disk, 'loras', 'deep', 'a.gguf'))).toEqual({
    folder: disk,
    until: folder(disk),
  })
  expect(await find(join(root, 'models', 'deleted.gguf'))).toBeNull()
  expect(await find(join(root, 'models', 'there.gguf'))).toBeNull()
})

test('takes a mount that does not respond for dead, and stops waiting for it at an abort', async () => {
  const clock = standingClock()
  const stopping = new AbortController()
  const find = (path: string) =>
    findMissingVolume(path, { timers: clock.timers, signal: stopping.signal }, () => forever)
  const late = find('/nas/models/a.gguf')
  clock.advance(5_000)
  expect(await late).toEqual({ folder: '/nas/models', until: { path: '/nas/models', isDead: true } })
  const stopped = find('/nas/loras/a.gguf')
  stopping.abort()
  expect(await stopped).toEqual(aborted)
})

test('a dead mount is back when it responds, unless its folder is empty', async () => {
  const root = mkdtempSync(join(tmpdir(), 'modelferry-away-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  const file = join(root, 'disk', 'a.gguf')
  const dead = { path: file, isDead: true }
  // The upload then finds that the folder is missing, and waits for it by name.
  expect(await isVolumeBack(dead)).toBe(true)
  mkdirSync(join(root, 'disk'))
  expect(await isVolumeBack(dead)).toBe(false)
  writeFileSync(join(root, 'disk', 'other.gguf'), 'x')
  expect(await isVolumeBack(dead)).toBe(true)
  expect(await isVolumeBack(folder(file))).toBe(false)
  writeFileSync(file, 'x')
  expect(await isVolumeBack(dead)).toBe(true)
})

test('a folder is back that was mounted again while a call for it never returns', async () => {
  const { now, timers, advance } = standingClock()
  const folders = createHangingFolders(now)
  const hanging = folders.withFolderTimeout('/nas/models', () => forever, timers, 1_000)
  advance(1_000)
  await hanging
  const dead = { path: '/nas/models', isDead: true }
  const isBack = () => isVolumeBack(dead, { codeAt: async () => null, timers, folders })
  expect(await isBack()).toBe(false)
  advance(5 * 60_000)
  expect([await isBack(), await isBack()]).toEqual([true, true])
})

test('makes no call for a folder in which one hangs, which is not back before that returns', async () => {
  const root = mkdtempSync(join(tmpdir(), 'modelferry-away-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  const file = join(root, 'a.gguf')
  writeFileSync(file, 'x')
  const end = await hangFolderOf(file)
  const { signal } = new AbortController()
  const searches: string[] = []
  const search = async (path: string) => (searches.push(path), null)
  const find = () => findMissingVolume(file, { timers: standingClock().timers, signal }, search)
  const dead = { path: root, isDead: true }
  expect([await find(), searches]).toEqual([{ folder: root, until: dead }, []])
  expect(await isVolumeBack(dead)).toBe(false)
  expect(await isVolumeBack({ path: file, isDead: true })).toBe(false)
  end()
  await expect.poll(() => isVolumeBack(dead)).toBe(true)
  expect([await find(), searches]).toEqual([null, [file]])
})

const forever = new Promise<never>(() => {})

/** A monitor whose checks end when the test gives their result. */
function setupSlow() {
  const clock = standingClock()
  const checks: { readonly path: string; readonly find: (isBack: boolean) => void }[] = []
  const gone = new Set<string>()
  const back: string[] = []
  const missing = createMissingVolumeMonitor({
    environment: createTestEnvironment(clock),
    isVolumeBack({ path }) {
      const { promise, resolve } = Promise.withResolvers<boolean>()
      checks.push({ path, find: resolve })
      return promise
    },
    isWaiting: (id) => !gone.has(id),
    back: (ids) => back.push(...ids),
  })
  return {
    missing,
    clock,
    checks,
    gone,
    back,
    async find(isBack: boolean) {
      checks.at(-1)?.find(isBack)
      for (let turn = 0; turn < 3; turn += 1) await Promise.resolve()
    },
  }
}

test('does not check a folder again before it has answered', async () => {
  const { missing, clock, checks, find } = setupSlow()
  missing.wait('a', folder('/disk'))
  clock.advance(3_000)
  clock.advance(3_000)
  expect(checks).toHaveLength(1)
  await find(false)
  clock.advance(3_000)
  expect(checks).toHaveLength(2)
})

test('leaves an upload where it is when it was paused during the check', async () => {
  const { missing, clock, gone, back, find } = setupSlow()
  for (const id of ['a', 'b']) missing.wait(id, folder('/disk'))
  clock.advance(3_000)
  gone.add('a')
  await find(true)
  expect(back).toEqual(['b'])
})
