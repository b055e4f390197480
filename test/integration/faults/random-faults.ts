import { expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import type { FaultKind, FaultRule } from '../../cloud/faults.ts'
import { seededRandom } from '../../fixtures/seeded.ts'
import { sha256Of } from '../../support/engine.ts'
import { beginUpload, partBytes, settled, setupFor, type UploadMethod } from './fault.ts'

/** Transient faults: the same request works again afterwards. */
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

/** One to four faults for an upload of this method, each on one operation after a few requests. */
function randomFaults(random: () => number, method: UploadMethod): readonly FaultRule[] {
  const below = (count: number) => Math.floor(random() * count)
  const oneOf = <T>(list: readonly T[]): T => list[below(list.length)] as T
  return Array.from({ length: 1 + below(4) }, () => {
    const on = oneOf<string>(operations[method])
    const isStorage = on.startsWith('put-')
    const how = oneOf(isStorage ? storageFaults : apiFaults)
    return {
      on,
      how,
      skip: below(3),
      times: 1 + below(2),
      ...(how === 'cut' && isStorage ? { after: below(method === 'parts' ? partBytes : 150_000) } : {}),
      ...(how === 429 || how === 503 ? { retryAfterSeconds: 1 + below(40) } : {}),
    }
  })
}

/** Registers one test per seed, starting at `first`. A failing test prints its faults. */
export function testRandomFaults(first: number, count: number): void {
  const seeds = Array.from({ length: count }, (_, index) => first + index)
  test.each(seeds)('registers one complete model despite random transient faults (seed %i)', async (seed) => {
    const random = seededRandom(seed)
    const method: UploadMethod = random() < 0.5 ? 'whole' : 'parts'
    const harness = await setupFor(method)
    const rules = randomFaults(random, method)
    for (const rule of rules) harness.cloud.fail(rule)
    const begun = await beginUpload(harness, method)
    let row = await settled(begun)
    if (row.phase === 'failed') {
      // Failures that need the user are retried once, without faults.
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
