import { expect } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { collision, takenPath } from '../../support/collision.ts'
import { expectInLibrary } from './ends.ts'
import { beginUpload, fault, resumedBy, settled, setupFor } from './fault.ts'

// The list of models is inferred (openapi.yaml): it may leave out by what our own model is known, which is
// told by the record of one model.

const cloud = { listLacks: ['storage_key', 'file_hash'] }

fault('a lost answer to registering is found by the record where the list has no keys', null, async () => {
  const harness = await setupFor('whole', { cloud })
  harness.cloud.fail({ on: 'registerModel', how: 'lose-answer' })
  const begun = await beginUpload(harness, 'whole')
  await expectInLibrary(begun)
  expect([begun.countOf('registerModel'), begun.countOf('put-object')]).toEqual([1, 1])
})

fault(
  'a restart between registering and its answer makes no second model where the list has no keys',
  null,
  async () => {
    const harness = await setupFor('whole', { cloud })
    const held = harness.cloud.hold('registerModel', 'answer')
    const begun = await beginUpload(harness, 'whole', {}, { onConflict: 'replace' })
    await held.arrived
    await harness.app.stop()
    held.release()
    await harness.cloud.ended('registerModel')
    const resumed = resumedBy(begun, await harness.open())
    await expectInLibrary(resumed)
    // Its own model was not taken for one in its way.
    expect(resumed.app.row(begun.id).replaces).toBeUndefined()
    expect(begun.countOf('registerModel')).toBe(1)
    expect(harness.cloud.modelsOf(ALICES_TEAM_ID)).toMatchObject([{ model_status: 'active' }])
  },
)

fault(
  'a new model whose older one can’t be deleted at once is not registered again where the list has no keys',
  'server-trouble',
  async (expected) => {
    const harness = await collision({ cloud })
    await harness.app.phase(harness.id, 'failed')
    harness.cloud.fail({ on: 'deleteModel', how: 503, times: 2 })
    const begun = { ...harness, path: '', shownFailures: new Map() }
    await harness.decide('replace', { fate: 'delete' })
    expect((await settled(begun)).phase).toBe('registered')
    expect([...begun.shownFailures.keys()].filter((code) => code !== 'path-taken')).toEqual([expected])
    // Refused while the old one stood there, then once it had been moved aside.
    expect(harness.countOf('registerModel')).toBe(2)
    expect(harness.library().map(([, path]) => path)).toEqual([takenPath])
  },
)
