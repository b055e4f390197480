import { setInterval as every } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Failure, FailureCode } from '../../../electron/contract/failures.ts'
import type { UploadRow } from '../../../electron/contract/uploads.ts'
import { failureText, translatorFor } from '../../../electron/messages/messages.ts'
import type { EnqueueRequest } from '../../../electron/engine/engine.ts'
import type { FaultRule } from '../../cloud/faults.ts'
import type { SafetensorsOptions } from '../../fixtures/model-files.ts'
import { setup, type App, type EngineOptions, type World } from '../../support/engine.ts'

/** As one PUT, or in parts. */
export type Way = 'whole' | 'parts'

/** The smallest part that S3 takes; four of them make a file in parts. */
export const partBytes = 5 * 1024 * 1024
export const bytesOf = { whole: 150_000, parts: 3 * partBytes + 4_321 } as const

/**
 * One fault. `sees` is the code whose sentence the person reads on the row meanwhile or at the end, null when
 * nothing shows. Name and code are literals: the table in README.md is made from them.
 */
export function fault<Sees extends FailureCode | null>(
  name: string,
  sees: Sees,
  run: (sees: Sees) => Promise<void>,
  timeLimitMs = 60_000,
): void {
  test(name, () => run(sees), timeLimitMs)
}

/** An upload that has been added, and all that the person has read on its row so far. */
export interface Begun extends World {
  readonly app: App
  readonly id: string
  readonly path: string
  readonly met: Map<FailureCode, Failure>
}

/** A world in which a file goes this way. */
export function worldFor(way: Way, options: EngineOptions = {}): Promise<World> {
  return setup({
    ...options,
    cloud: { partSizeBytes: partBytes, ...options.cloud },
    settings: { ...(way === 'parts' ? { singlePutLimitBytes: partBytes } : {}), ...options.settings },
  })
}

/** Writes a file and adds it. */
export async function begin(
  world: World,
  way: Way,
  file: SafetensorsOptions & { readonly name?: string } = {},
  options?: EnqueueRequest,
): Promise<Begun> {
  const path = await world.file(file.name ?? 'model.safetensors', { sizeBytes: bytesOf[way], ...file })
  const [id = ''] = await world.app.add(path, options)
  return { ...world, id, path, met: new Map() }
}

/** A file on its way that meets these faults. */
export async function meet(way: Way, ...rules: readonly FaultRule[]): Promise<Begun> {
  const world = await worldFor(way)
  for (const rule of rules) world.cloud.fail(rule)
  return begin(world, way)
}

/** The same upload as another start of the app has it. */
export const resumedBy = (begun: Begun, app: App): Begun => ({ ...begun, app })

/** So often in a row must nothing have moved before the clock does. */
const stillTicks = 4

/**
 * Waits for what `look` finds. Whenever nothing moves, neither row nor request, and a timer waits, the clock
 * is moved on to it: retries, probes and polls take no time, and no test knows how they are paced.
 */
export async function patiently<T>(
  { app, clock, cloud, met }: Pick<Begun, 'app' | 'clock' | 'cloud' | 'met'>,
  look: () => Promise<T | false | null | undefined> | T | false | null | undefined,
): Promise<T> {
  let before = ''
  let still = 0
  for await (const _tick of every(5)) {
    for (const row of app.rows()) if (row.failure) met.set(row.failure.code, row.failure)
    const found = await look()
    if (found !== false && found !== null && found !== undefined) return found
    const now = JSON.stringify([cloud.operations.length, app.rows().map((row) => [row.phase, row.sentBytes])])
    // Storage that reads nothing does not notice that its client has given up.
    const isRunning = app.engine.snapshot().totals.running > 0
    const moves = now !== before || (isRunning && cloud.operations.some(({ ended }) => !ended))
    still = moves ? 0 : still + 1
    before = now
    const [waitMs] = clock.waits()
    if (still >= stillTicks && waitMs !== undefined) clock.advance(Math.max(waitMs, 0))
  }
  throw new Error('an interval never ends')
}

/** The row once it is in the library or needs the person. */
export function settled(begun: Begun): Promise<UploadRow> {
  return patiently(begun, () => {
    const row = begun.app.rows().find(({ id }) => id === begun.id)
    return (row?.phase === 'registered' || row?.phase === 'failed') && row
  })
}

/** That the person read exactly this on the way: the code's sentence, or nothing at all. */
export function expectSeen({ met }: Begun, sees: FailureCode | null): void {
  expect([...met.keys()]).toEqual(sees === null ? [] : [sees])
  for (const failure of met.values()) expectSentence(failure)
}

/** That the person could read nothing but this, if they looked in the moment in which it stood there. */
export function expectAtMost({ met }: Begun, sees: FailureCode): void {
  expect([...met.keys()].filter((code) => code !== sees)).toEqual([])
}

/** That a failure reads as a whole sentence in every language. */
export function expectSentence(failure: Failure): void {
  for (const locale of ['en', 'zh-Hans', 'zh-Hant'] as const) {
    expect(failureText(failure, translatorFor(locale))).toMatch(/^[^{}]+[.。]$/)
  }
}
