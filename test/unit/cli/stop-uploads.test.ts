import { expect, test, vi } from 'vitest'
import type { UploadContext } from '../../../electron/cli/command-context.ts'
import { stopUploads } from '../../../electron/cli/commands/stop-uploads.ts'
import { success } from '../../../electron/contract/failures.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'

/** An engine with one upload whose pause ends when the test says so. */
function setup() {
  const clock = standingClock()
  const paused = Promise.withResolvers<unknown>()
  const listeners = new Set<() => void>()
  const totals = { pausing: { finishingParts: 0, unacknowledgedBytes: 0, uploadCount: 1, isSingle: false } }
  const lines: string[] = []
  const pausing = vi.fn<UploadContext['reporter']['pausing']>()
  const context = {
    environment: createTestEnvironment(clock),
    engine: {
      calls: { pause: () => paused.promise },
      snapshot: () => ({ rows: [{ id: '1', phase: 'sending' }], totals }),
      subscribe({ patch }: { readonly patch: () => void }) {
        listeners.add(patch)
        return () => listeners.delete(patch)
      },
    },
    interruption: { exitCode: 130 },
    reporter: { pausing, finished: () => {}, stopped: () => {} },
    streams: { err: { line: (text: string) => void lines.push(text) } },
  } as unknown as UploadContext
  const ended = stopUploads(context, { command: 'upload', remove: false })
  return {
    clock,
    lines,
    listeners,
    pausing,
    change(finishingParts: number, unacknowledgedBytes: number) {
      totals.pausing = { ...totals.pausing, finishingParts, unacknowledgedBytes }
      for (const listener of listeners) listener()
    },
    async end() {
      paused.resolve(success(undefined))
      return ended
    },
  }
}

test('reports on Ctrl-C once what is finished, also parts that have just begun', async () => {
  const { clock, lines, listeners, pausing, change, end } = setup()
  change(1, 5)
  clock.advance(200)
  change(2, 3_000_000)
  expect(lines).toEqual([
    'Pausing, finishing 1 part. Press Ctrl-C again to stop now; 5 bytes would be uploaded again.',
  ])
  expect(pausing).toHaveBeenCalledOnce()
  expect(await end()).toBe(130)
  expect([listeners.size, clock.waits()]).toEqual([0, []])
})

test('reports what is finished when the first report of a part is late', async () => {
  const { clock, lines, change, end } = setup()
  clock.advance(200)
  expect(lines).toEqual([])
  change(4, 3_000_000)
  expect(lines).toEqual([
    'Pausing, finishing 4 parts. Press Ctrl-C again to stop now; 3.0 MB would be uploaded again.',
  ])
  await end()
})

test('reports nothing about a pause that ends at once', async () => {
  const { lines, pausing, end } = setup()
  await end()
  expect(lines).toEqual([
    'Paused. Uploaded data is kept. To continue, run the same command or: modelferry resume.',
  ])
  expect(pausing).not.toHaveBeenCalled()
})
