import { expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import type { FaultKind, FaultRule } from '../../cloud/faults.ts'
import { seededRandom } from '../../fixtures/seeded.ts'
import { sha256Of } from '../../support/engine.ts'
import { beginUpload, partBytes, settled, setupFor, type UploadMethod } from './fault.ts'

/** Faults that pass: after them the same request works again. */
const apiFaults: readonly FaultKind[] = ['cut', 'lose-answer', 'html', 'half-json', 500, 502, 503, 429]
const storageFaults: readonly FaultKind[] = ['cut', 'lose-answer', 'expired-url', 500, 503]
const operations = {
  whole: ['presignModel', 'put-object', 'registerModel'],
  parts: [
    'presignModel',
    'initiateMultipart',
    'presignPart',
    'put-part',
    'completeMultipart',
    'registerModel',
  ],
} as const

/** One to four faults of an upload that goes this way, each on its own operation and some requests later. */
function randomFaults(random: () => number, way: UploadMethod): readonly FaultRule[] {
  const below = (count: number) => Math.floor(random() * count)
  const oneOf = <T>(list: readonly T[]): T => list[below(list.length)] as T
  return Array.from({ length: 1 + below(4) }, () => {
    const on = oneOf<string>(operations[way])
    const isStorage = on.startsWith('put-')
    const how = oneOf(isStorage ? storageFaults : apiFaults)
    return {
      on,
      how,
      skip: below(3),
      times: 1 + below(2),
      ...(how === 'cut' && isStorage ? { after: below(way === 'parts' ? partBytes : 150_000) } : {}),
      ...(how === 429 || how === 503 ? { retryAfterSeconds: 1 + below(40) } : {}),
    }
  })
}

/** Registers one test for each seed from `first` on. A failure names its faults. */
export function testRandomFaults(first: number, count: number): void {
  const seeds = Array.from({ length: count }, (_, index) => first + index)
  test.each(seeds)('random passing faults end in one whole model (seed %i)', async (seed) => {
    const random = seededRandom(seed)
    const way: UploadMethod = random() < 0.5 ? 'whole' : 'parts'
    const harness = await setupFor(way)
    const rules = randomFaults(random, way)
    for (const rule of rules) harness.cloud.fail(rule)
    const begun = await beginUpload(harness, way)
    let row = await settled(begun)
    if (row.phase === 'failed') {
      // What needs the user gets their next try, without faults.
      harness.cloud.clearFailures()
      await harness.app.calls.retry({ ids: [begun.id] })
      row = await settled(begun)
    }
    const models = harness.cloud.modelsOf(ALICES_TEAM_ID)
    const [model] = models
    const object = (await harness.cloud.objects()).find(({ key }) => key === model?.storage_key)
    const hash = sha256Of(begun.path)
    expect(
      [
        row.phase,
        row.failure?.code,
        models.map(({ file_hash: registered }) => registered),
        await object?.sha256(),
      ],
      JSON.stringify(rules),
    ).toEqual(['registered', undefined, [`sha256:${hash}`], hash])
  })
}
