import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createMissingVolumeMonitor } from '../../../electron/queue/missing-volume-monitor.ts'
import { aborted } from '../../../electron/platform/aborted.ts'
import { findMissingVolume, isVolumeBack } from '../../../electron/platform/files/find-missing-volume.ts'
import { createHangingFolders } from '../../../electron/platform/files/hanging-folders.ts'
import { standingClock, createTestEnvironment } from '../../support/hand-clock.ts'
import { hangFolderOf } from '../../support/hang-folder.ts'

const folder = (path: string) => ({ path, isDead: false })

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

test('checks a missing folder once at a time, and leaves an upload that was paused during the check', async () => {
  const clock = standingClock()
  const checks: ((isBack: boolean) => void)[] = []
  const paused = new Set<string>()
  const back: string[] = []
  const missing = createMissingVolumeMonitor({
    environment: createTestEnvironment(clock),
    isVolumeBack() {
      const { promise, resolve } = Promise.withResolvers<boolean>()
      checks.push(resolve)
      return promise
    },
    isWaiting: (id) => !paused.has(id),
    back: (ids) => back.push(...ids),
  })
  for (const id of ['a', 'b']) missing.wait(id, folder('/disk'))
  clock.advance(3_000)
  clock.advance(3_000)
  expect(checks).toHaveLength(1)
  paused.add('a')
  checks[0]?.(true)
  await expect.poll(() => back).toEqual(['b'])
})
