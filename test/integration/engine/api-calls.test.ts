import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { unrepeatableResponseTimeoutMs } from '../../../electron/cloud/client.ts'
import { setup, valueOf, type EngineHarness } from '../../support/engine.ts'
import type { HandClock } from '../../support/hand-clock.ts'

// The numbers in docs/decisions/044-polite-api-use.md.

const minuteMs = 60_000

/** Calls of the API since the last count, by operation; storage is not part of it. */
function takeCounts({ cloud }: EngineHarness): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { name } of cloud.operations) if (!name.includes('-')) counts[name] = (counts[name] ?? 0) + 1
  cloud.forgetOperations()
  return counts
}

/** Adds a folder of small files and resolves once each is registered and verified. */
async function uploadBatch(harness: EngineHarness, fileCount: number): Promise<void> {
  const { app, file, folder } = harness
  const verified = new Set<string>()
  app.engine.subscribe({ verified: (id, result) => result?.kind === 'verified' && verified.add(id) })
  for (let index = 0; index < fileCount; index += 1)
    await file(`batch/${index}.safetensors`, { sizeBytes: 20_000 + index })
  // Otherwise the first files may be registered before the last ones are queued.
  await app.pauseNow()
  valueOf(await app.engine.add([join(folder, 'files/batch')]))
  valueOf(await app.calls.resumeAll(undefined))
  await app.until(() => verified.size === fileCount)
}

test('a batch needs two calls per file, and two listings', async () => {
  const harness = await setup()
  takeCounts(harness)
  await uploadBatch(harness, 60)
  // One listing for conflicts, and one page that verifies all of them.
  expect(takeCounts(harness)).toEqual({ listModels: 2, presignModel: 60, registerModel: 60 })
})

test('a single file needs four calls', async () => {
  const harness = await setup()
  takeCounts(harness)
  await uploadBatch(harness, 1)
  expect(takeCounts(harness)).toEqual({ listModels: 1, presignModel: 1, registerModel: 1, getModel: 1 })
})

test('an idle day needs one call, at the start', async () => {
  const harness = await setup()
  const { app, folder } = harness
  mkdirSync(join(folder, 'watched'))
  const { chosen } = app.session()
  if (!chosen) throw new Error('no team is chosen')
  valueOf(await app.engine.watchFolder(join(folder, 'watched'), chosen, async () => true))
  await app.stop()
  expect(takeCounts(harness)).toEqual({ login: 1, getCurrentUser: 1 })

  const started = await harness.open()
  await harness.cloud.ended('getCurrentUser')
  await started.until(() => !hasOpenRequest(harness.clock))
  await advanceADay(harness)
  expect(takeCounts(harness)).toEqual({ getCurrentUser: 1 })

  // A window shows the list of uploads, and then the library of each of two teams.
  for (const { id } of started.session().accounts[0]?.teams ?? [])
    valueOf(await started.calls.library({ choice: { accountId: chosen.accountId, teamId: id } }))
  started.engine.subscribe({ patch: () => {}, library: () => {}, session: () => {} })
  // The access token has expired during the day.
  expect(takeCounts(harness)).toEqual({ refresh: 1, listModels: 2 })
  await advanceADay(harness)
  expect(takeCounts(harness)).toEqual({})
})

/**
 * Moves the clock on by a day and resolves once all requests that were started by timers have ended, even if files
 * were read before. Threads don't follow this clock: what they start is not part of the day.
 */
async function advanceADay({ clock }: EngineHarness): Promise<void> {
  for (let minute = 0; minute < 24 * 60; minute += 1) {
    clock.advance(minuteMs)
    do await setImmediate()
    while (isReadingFiles())
  }
  await expect.poll(() => !isReadingFiles() && !hasOpenRequest(clock)).toBe(true)
}

const isReadingFiles = () => process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'))

/** Each request has a time limit, which ends with the response; no other timer is started for as short a time. */
const hasOpenRequest = (clock: HandClock) =>
  clock.delays().some((delayMs) => delayMs <= unrepeatableResponseTimeoutMs)
