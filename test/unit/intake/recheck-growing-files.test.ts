import { expect, test } from 'vitest'
import { failure, success, type FailureCode } from '../../../electron/contract/failures.ts'
import { MountQueue } from '../../../electron/discovery/scan/mounts.ts'
import { createRechecks } from '../../../electron/intake/recheck-growing-files.ts'
import { standingClock } from '../../support/hand-clock.ts'
import { liveState, uploadRecord } from '../../support/records.ts'

/** Refused rows, each with the time in ms since its file was written. */
function setup(rows: Readonly<Record<string, readonly [code: FailureCode, agoMs: number]>>) {
  const clock = standingClock()
  const inspected: (readonly string[])[] = []
  const rechecks = createRechecks({
    rows: {
      ids: () => Object.keys(rows),
      get(id) {
        const [code, agoMs] = rows[id] ?? []
        if (code === undefined) return undefined
        const mtimeNs = BigInt(clock.now() - (agoMs ?? 0)) * 1_000_000n
        const record = uploadRecord({
          failure: failure(code),
          identity: { sizeBytes: 1, mtimeNs, inode: 1n },
        })
        return { record, live: liveState({ phase: 'failed' }) }
      },
    },
    commands: {
      async retry(ids) {
        inspected.push(ids)
        return success(undefined)
      },
    },
    mustReview: () => false,
    environment: clock,
    mountQueue: new MountQueue(clock.timers),
  })
  return { rechecks, inspected, clock, ids: Object.keys(rows) }
}

test('rechecks only files that were written recently and may become complete, or were not inspected', () => {
  const { rechecks, inspected, clock, ids } = setup({
    copied: ['file-cut-short', 500],
    old: ['file-cut-short', 60_000],
    uninspected: ['file-not-inspected', 60_000],
    pointer: ['file-pointer', 500],
    dangerous: ['file-dangerous', 500],
  })
  rechecks.schedule(ids)
  expect(clock.waits()).toEqual([5_000])
  clock.advance(5_000)
  expect([inspected, clock.waits()]).toEqual([[['copied', 'uninspected']], []])
})

test('rechecks a file once for each refusal, and not after it was removed', () => {
  const rows: Record<string, [FailureCode, number]> = {
    first: ['file-cut-short', 0],
    second: ['file-cut-short', 0],
    removed: ['file-cut-short', 0],
  }
  const { rechecks, inspected, clock } = setup(rows)
  rechecks.schedule(['first', 'removed'])
  delete rows['removed']
  clock.advance(5_000)
  rechecks.schedule(['second'])
  clock.advance(5_000)
  expect([inspected, clock.waits()]).toEqual([[['first'], ['second']], []])
})
