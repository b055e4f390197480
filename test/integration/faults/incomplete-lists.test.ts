import { expect } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { collision, takenPath } from '../../support/collision.ts'
import { expectInLibrary } from './expect-end.ts'
import { beginUpload, begunUpload, expectShown, fault, resumedBy, settled, setupFor } from './fault.ts'

// The fields of the model list are not documented. It may lack those that identify a model, which the details
// of one model have (docs.cyberun.cloud/api-reference/model/get-model-details).

const cloud = { listLacks: ['storage_key', 'file_hash'] }

fault('finds its model by its record after a lost response when lists have no keys', null, async () => {
  const harness = await setupFor('whole', { cloud })
  harness.cloud.fail({ on: 'registerModel', how: 'lose-answer' })
  const begun = await beginUpload(harness, 'whole')
  await expectInLibrary(begun)
  expect([begun.countOf('registerModel'), begun.countOf('put-object')]).toEqual([1, 1])
})

fault('registers no second model after a restart when lists have no keys', null, async () => {
  const harness = await setupFor('whole', { cloud })
  const held = harness.cloud.hold('registerModel', 'answer')
  const begun = await beginUpload(harness, 'whole', {}, { onConflict: 'replace' })
  await held.arrived
  await harness.app.stop()
  held.release()
  await harness.cloud.ended('registerModel')
  const resumed = resumedBy(begun, await harness.open())
  await expectInLibrary(resumed)
  // Its own model was not treated as a path conflict.
  expect(resumed.app.row(begun.id).replaces).toBeUndefined()
  expect(begun.countOf('registerModel')).toBe(1)
  expect(harness.cloud.modelsOf(ALICES_TEAM_ID)).toMatchObject([{ model_status: 'active' }])
})

fault(
  'registers no second model after a restart when a list has no body',
  'not-the-api',
  async (expected) => {
    const harness = await setupFor('whole')
    const held = harness.cloud.hold('registerModel', 'answer')
    const begun = await beginUpload(harness, 'whole')
    await held.arrived
    await harness.app.stop()
    held.release()
    await harness.cloud.ended('registerModel')
    harness.cloud.fail({ on: 'listModels', how: { status: 200, body: '' }, times: 3 })
    const resumed = resumedBy(begun, await harness.open())
    await expectInLibrary(resumed)
    expectShown(resumed, expected)
    expect([begun.countOf('registerModel'), begun.countOf('put-object')]).toEqual([1, 1])
  },
)

fault(
  'does not register again when deleting the old model fails and lists have no keys',
  'server-trouble',
  async (expected) => {
    const harness = await collision({ cloud })
    await harness.app.phase(harness.id, 'failed')
    harness.cloud.fail({ on: 'deleteModel', how: 503, times: 2 })
    const begun = begunUpload(harness, harness.id)
    await harness.decide('replace', { fate: 'delete' })
    expect((await settled(begun)).phase).toBe('registered')
    expect([...begun.shownFailures.keys()].filter((code) => code !== 'path-taken')).toEqual([expected])
    // Rejected while the old model had the path, then accepted once it was moved.
    expect(harness.countOf('registerModel')).toBe(2)
    expect(harness.library().map(([, path]) => path)).toEqual([takenPath])
  },
)
