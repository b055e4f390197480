import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync, type BigIntStats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { failure, success, type Failure, type FailureCode } from '../../../electron/contract/failures.ts'
import { MountQueue } from '../../../electron/discovery/scan/mounts.ts'
import { Rechecks } from '../../../electron/intake/recheck-refused-files.ts'
import type { Row } from '../../../electron/journal/rows.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { identityOf } from '../../../electron/platform/files/file-identity.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { liveState, uploadRecord } from '../../support/records.ts'

/** Rechecks of refused files in a folder of their own, whose ids are their names; all on one mount by default. */
function setup(statOf?: (path: string) => Promise<BigIntStats>, mountOf = (_path: string) => '/') {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-rechecks-'))
  const clock = standingClock()
  const rows = new Map<string, Row>()
  const rechecked: string[] = []
  const rechecks = new Rechecks({
    rows: { get: (id) => rows.get(id), ids: () => [...rows.keys()] },
    commands: {
      async retry(ids) {
        rechecked.push(...ids)
        return success(undefined)
      },
    },
    mustReview: () => false,
    environment: createTestEnvironment(clock),
    mountQueue: new MountQueue(clock.timers, async () => mountOf),
    ...(statOf ? { stat: statOf } : {}),
  })
  onTestFinished(() => {
    rechecks.close()
    rmSync(folder, { recursive: true })
  })
  const write = (name: string, text = 'model') => {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  function refuse(
    name: string,
    reason: Failure,
    phase: Row['live']['phase'] = 'failed',
    given: Partial<UploadRecord> = {},
  ): void {
    const path = join(folder, name)
    const found = statSync(path, { bigint: true, throwIfNoEntry: false })
    const record = uploadRecord({ id: name, path, fileName: basename(path), failure: reason, ...given })
    rows.set(name, {
      record: found ? { ...record, identity: identityOf(found) } : record,
      live: liveState({ phase }),
    })
  }
  function remove(name: string): void {
    rows.delete(name)
    rechecks.rowChanged(name)
  }
  return {
    rechecks,
    rechecked,
    clock,
    write,
    refuse,
    remove,
    /** Looks at all files; `last`, which has changed, is looked at after the others. */
    async lookAtAll(last: string) {
      rechecked.length = 0
      remove(last)
      refuse(last, failure('file-missing'))
      rechecks.rowChanged(last)
      rechecks.checkAll()
      await expect.poll(() => rechecked, { interval: 5 }).toContain(last)
      return rechecked.filter((id) => id !== last)
    },
  }
}

test('rechecks only files that were written recently and may become complete, or were not inspected', async () => {
  const { rechecks, rechecked, clock, refuse, remove } = setup()
  const written = (agoMs: number) => ({
    identity: { sizeBytes: 1, mtimeNs: BigInt(clock.now() - agoMs) * 1_000_000n, inode: 1n },
  })
  refuse('copied', failure('file-cut-short'), 'failed', written(500))
  refuse('removed', failure('file-cut-short'), 'failed', written(500))
  refuse('old', failure('file-cut-short'), 'failed', written(60_000))
  refuse('uninspected', failure('file-not-inspected'), 'failed', written(60_000))
  refuse('pointer', failure('file-pointer'), 'failed', written(500))
  refuse('dangerous', failure('file-dangerous'), 'failed', written(500))
  rechecks.schedule(['copied', 'removed', 'old', 'uninspected', 'pointer', 'dangerous'])
  remove('removed')
  expect(clock.waits()).toEqual([5_000])
  clock.advance(5_000)
  expect([rechecked, clock.waits()]).toEqual([['copied', 'uninspected'], []])
  // Each once for a refusal.
  refuse('second', failure('file-cut-short'), 'failed', written(500))
  rechecks.schedule(['second'])
  clock.advance(5_000)
  expect([rechecked, clock.waits()]).toEqual([['copied', 'uninspected', 'second'], []])
})

test.for<[code: FailureCode, isRewritten: boolean, isRechecked: boolean]>([
  ['file-cut-short', true, true],
  ['file-cut-short', false, false],
  ['file-missing', false, true],
  ['file-unreadable', false, true],
  ['file-dangerous', true, false],
])('rechecks a file with %s that was rewritten (%s): %s', async ([code, isRewritten, isRechecked]) => {
  const { rechecks, write, refuse, lookAtAll } = setup()
  write('a')
  write('last')
  refuse('a', failure(code))
  if (isRewritten) write('a', 'the whole model')
  rechecks.resume()
  expect(await lookAtAll('last')).toEqual(isRechecked ? ['a'] : [])
})

test('rechecks a file that needs others whenever something has changed beside it', async () => {
  const { rechecks, write, refuse, lookAtAll } = setup()
  write('models/a')
  write('elsewhere/last')
  refuse('models/a', failure('file-part-missing', { missing: 'weights/b' }))
  rechecks.resume()
  const rechecked = async () => (await lookAtAll('elsewhere/last')).length > 0
  expect(await rechecked()).toBe(true)
  expect(await rechecked()).toBe(false)
  write('models/c')
  expect(await rechecked()).toBe(true)
  write('models/weights/b')
  expect(await rechecked()).toBe(true)
  write('models/weights/b', 'longer')
  expect(await rechecked()).toBe(true)
  expect(await rechecked()).toBe(false)
})

test('rechecks a file that is there but can’t be read once, and again after a change', async () => {
  const { rechecks, write, refuse, lookAtAll } = setup()
  for (const name of ['a', 'last']) write(name)
  refuse('a', failure('file-unreadable'))
  rechecks.resume()
  expect(await lookAtAll('last')).toEqual(['a'])
  expect(await lookAtAll('last')).toEqual([])
  write('a', 'the whole model')
  expect(await lookAtAll('last')).toEqual(['a'])
})

test('makes two calls on a network share that does not respond, however often it looks', async () => {
  const calls: string[] = []
  const { rechecks, clock, refuse } = setup((path) => {
    calls.push(path)
    return new Promise(() => {})
  })
  for (const name of ['models/a', 'models/b', 'other/c', 'more/d']) refuse(name, failure('file-missing'))
  rechecks.resume()
  await expect.poll(() => calls).toHaveLength(1)
  for (let seconds = 0; seconds < 300; seconds += 1) {
    clock.advance(1_000)
    await setImmediate()
  }
  rechecks.checkAll()
  await setImmediate()
  expect(calls).toHaveLength(2)
})

test('rechecks files of other folders while one of the same disk does not respond', async () => {
  const { rechecks, rechecked, clock, write, refuse } = setup((path) =>
    basename(dirname(path)) === 'hangs' || basename(path) === 'hangs'
      ? new Promise(() => {})
      : stat(path, { bigint: true }),
  )
  for (const name of ['hangs/a', 'models/b', 'other/c']) refuse(name, failure('file-missing'))
  for (const name of ['hangs/a', 'models/b', 'other/c']) write(name)
  rechecks.resume()
  await expect
    .poll(() => {
      clock.advance(1_000)
      return [...new Set(rechecked)].toSorted()
    })
    .toEqual(['models/b', 'other/c'])
})

test('checks files again once the share responds', async () => {
  let respond = () => {}
  const response = new Promise<void>((resolve) => (respond = resolve))
  const { rechecks, rechecked, clock, write, refuse } = setup(async (path) => {
    await response
    return stat(path, { bigint: true })
  })
  refuse('models/a', failure('file-missing'))
  rechecks.resume()
  clock.advance(60_000)
  write('models/a')
  respond()
  await expect.poll(() => rechecked).toContain('models/a')
})

test('checks files after ten seconds although those of another mount do not respond', async () => {
  let isHanging = false
  const { rechecks, rechecked, clock, write, refuse } = setup(
    (path) => (isHanging && path.includes('hangs') ? new Promise(() => {}) : stat(path, { bigint: true })),
    (path) => path,
  )
  for (const name of ['hangs/a', 'models/b']) {
    write(name)
    refuse(name, failure('file-missing'))
  }
  rechecks.resume()
  await expect.poll(() => rechecked).toHaveLength(2)
  for (const name of ['hangs/a', 'models/b']) write(name, 'longer')
  rechecked.length = 0
  isHanging = true
  rechecks.checkAll()
  // Of the next look, the call that hangs, and all checks.
  await expect.poll(() => clock.waits(), { interval: 1 }).toEqual([5_000, 10_000, 10_000])
  clock.advance(9_999)
  await setImmediate()
  expect(rechecked).toEqual([])
  clock.advance(1)
  await expect.poll(() => rechecked, { interval: 1 }).toEqual(['models/b'])
})
