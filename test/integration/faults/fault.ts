import { subscribe } from 'node:diagnostics_channel'
import type { ClientRequest } from 'node:http'
import { setInterval as every } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Failure, FailureCode } from '../../../electron/contract/failures.ts'
import type { UploadRow } from '../../../electron/contract/uploads.ts'
import { failureText, translatorFor } from '../../../electron/messages/messages.ts'
import type { EnqueueRequest } from '../../../electron/engine/engine.ts'
import type { Operation } from '../../cloud/operations.ts'
import type { FaultRule, HoldChoice, HoldMoment } from '../../cloud/faults.ts'
import type { SafetensorsOptions } from '../../fixtures/model-files.ts'
import { dayMs, setup, type App, type EngineOptions, type EngineHarness } from '../../support/engine.ts'

/** One PUT, or a multipart upload. */
export type UploadMethod = 'whole' | 'parts'

/** The minimum part size of S3. Files uploaded in parts have four. */
export const partBytes = 5 * 1024 * 1024
export const bytesOf = { whole: 150_000, parts: 3 * partBytes + 4_321 } as const

/** The bytes of requests that have ended. Parts arrive in any order, the short last one may be among the first. */
export const totalBytes = (operations: readonly Pick<Operation, 'bytes'>[]): number =>
  operations.reduce((sum, { bytes }) => sum + bytes, 0)

/**
 * Registers the test of one fault. `expected` is the code of the failure shown on the row during the upload or
 * at its end, null if none is. Name and code are literals, because the list in README.md is generated from
 * them.
 */
export function fault<Expected extends FailureCode | null>(
  name: string,
  expected: Expected,
  run: (expected: Expected) => Promise<void>,
  timeLimitMs = 60_000,
): void {
  test(name, () => run(expected), timeLimitMs)
}

/** An enqueued upload, and all failures that its row has shown so far. */
export interface BegunUpload extends EngineHarness {
  readonly app: App
  readonly id: string
  readonly path: string
  readonly shownFailures: Map<FailureCode, Failure>
}

/** Sets up a harness whose limits make a file of `bytesOf` use this upload method. */
export function setupFor(method: UploadMethod, options: EngineOptions = {}): Promise<EngineHarness> {
  return setup({
    ...options,
    cloud: { partSizeBytes: partBytes, ...options.cloud },
    settings: { ...(method === 'parts' ? { singlePutLimitBytes: partBytes } : {}), ...options.settings },
  })
}

type NamedFile = SafetensorsOptions & { readonly name?: string }

/** Writes a file and enqueues it. */
export async function beginUpload(
  harness: EngineHarness,
  method: UploadMethod,
  file: NamedFile = {},
  options?: EnqueueRequest,
): Promise<BegunUpload> {
  const path = await harness.file(file.name ?? 'model.safetensors', { sizeBytes: bytesOf[method], ...file })
  const [id = ''] = await harness.app.add(path, options)
  return { ...harness, id, path, shownFailures: new Map() }
}

/** Starts an upload on a cloud with these faults. */
export async function uploadWithFaults(
  method: UploadMethod,
  ...rules: readonly FaultRule[]
): Promise<BegunUpload> {
  const harness = await setupFor(method)
  for (const rule of rules) harness.cloud.fail(rule)
  return beginUpload(harness, method)
}

/** Where the local cloud holds a request. */
export interface HoldPoint {
  readonly on: string
  /** Default: the arrival of the request. */
  readonly moment?: HoldMoment
  readonly choice?: HoldChoice
}

/** An upload of which the cloud holds a request. */
export interface HeldUpload extends BegunUpload {
  /** Lets the held request and later ones continue. */
  readonly release: () => void
}

/** Begins an upload and resolves once the cloud holds a request of it. */
export async function beginHeldUpload(
  method: UploadMethod,
  { on, moment, choice }: HoldPoint,
  options: EngineOptions = {},
  file: NamedFile = {},
): Promise<HeldUpload> {
  const harness = await setupFor(method, options)
  const held = harness.cloud.hold(on, moment, choice)
  const begun = await beginUpload(harness, method, file)
  await held.arrived
  return { ...begun, release: () => held.release() }
}

/** An upload that was added without `beginUpload`, for the functions below. */
export const begunUpload = (harness: EngineHarness, id: string, path = ''): BegunUpload => ({
  ...harness,
  id,
  path,
  shownFailures: new Map(),
})

/** The same upload in another start of the app. */
export const resumedBy = (begun: BegunUpload, app: App): BegunUpload => ({ ...begun, app })

/**
 * Ticks of 5 ms without any change before the clock is advanced. While an upload runs, a worker thread that
 * waits for a processor looks idle too, and advancing would make the app restart its upload as dead.
 */
const stillTicks = { idle: 4, running: 20 }

/** Calls of the API that haven't ended. On a busy machine one takes long to reach the cloud. */
const openCalls = new Set<ClientRequest>()
subscribe('http.client.request.created', (message) => {
  const { request } = message as { readonly request: ClientRequest }
  openCalls.add(request)
  request.once('close', () => openCalls.delete(request))
})

/**
 * Waits until `find` returns a value. While neither rows nor requests change, the clock is advanced to the next
 * timer: retries, probes and polls take no time, and no test depends on their delays. The clock
 * never passes midnight, when registered uploads leave the list.
 */
export async function advanceUntil<T>(
  upload: Pick<BegunUpload, 'app' | 'clock' | 'cloud' | 'environment' | 'shownFailures'>,
  find: () => Promise<T | false | null | undefined> | T | false | null | undefined,
): Promise<T> {
  const { app, clock, cloud, environment, shownFailures } = upload
  const midnightMs = environment.startOfDay(clock.now()) + dayMs
  let before = ''
  let still = 0
  for await (const _tick of every(5)) {
    for (const row of app.rows()) if (row.failure) shownFailures.set(row.failure.code, row.failure)
    const found = await find()
    if (found !== false && found !== null && found !== undefined) return found
    const now = JSON.stringify([cloud.operations.length, app.rows().map((row) => [row.phase, row.sentBytes])])
    // Stalled storage does not notice that its client has disconnected.
    const isRunning = app.engine.snapshot().totals.running > 0
    // A call of the API times out by the clock, so it must not be advanced before the response.
    const isOpen = cloud.operations.some(({ ended, kind }) => !ended && (isRunning || kind === 'api'))
    const isWaiting = isOpen || openCalls.size > 0
    const moves = now !== before || isWaiting
    still = moves ? 0 : still + 1
    before = now
    const [waitMs = Infinity] = clock.waits()
    const isStill = still >= (isRunning ? stillTicks.running : stillTicks.idle)
    if (isStill && clock.now() + waitMs < midnightMs) clock.advance(Math.max(waitMs, 0))
  }
  throw new Error('the interval ended')
}

/** Resolves with the row once it is registered or has failed. */
export function settled(begun: BegunUpload): Promise<UploadRow> {
  return advanceUntil(begun, () => {
    const row = begun.app.rows().find(({ id }) => id === begun.id)
    return (row?.phase === 'registered' || row?.phase === 'failed') && row
  })
}

/** Signs in again and waits until the upload that failed without a sign-in continues. */
export async function continueSignedIn(begun: BegunUpload): Promise<void> {
  await begun.app.signIn()
  await advanceUntil(begun, () => begun.app.row(begun.id).phase !== 'failed')
}

/** Expects that the row has shown exactly this failure, or none. */
export function expectShown({ shownFailures }: BegunUpload, expected: FailureCode | null): void {
  expect([...shownFailures.keys()]).toEqual(expected === null ? [] : [expected])
  for (const failure of shownFailures.values()) expectSentence(failure)
}

/** Expects that the row has shown at most this failure. It may have been too short to be observed. */
export function expectAtMostShown({ shownFailures }: BegunUpload, expected: FailureCode): void {
  expect([...shownFailures.keys()].filter((code) => code !== expected)).toEqual([])
}

/** Expects a complete sentence for the failure in every language. */
export function expectSentence(failure: Failure): void {
  for (const locale of ['en', 'zh-Hans', 'zh-Hant'] as const) {
    expect(failureText(failure, translatorFor(locale))).toMatch(/^[^{}]+[.。]$/)
  }
}
