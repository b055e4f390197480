import { expect } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import type { HoldMoment } from '../../cloud/faults.ts'
import { sha256Of } from '../../support/engine.ts'
import { refuseWrites } from '../../support/refused-writes.ts'
import { expectInLibrary } from './ends.ts'
import {
  beginUpload,
  bytesOf,
  fault,
  advanceUntil,
  setupFor,
  type BegunUpload,
  type UploadMethod,
} from './fault.ts'

/** An upload whose journal takes nothing more from a moment on, tried in vain more than a few times. */
async function withoutRoom(
  way: UploadMethod,
  { on, moment, of = 'all' }: { on: string; moment: HoldMoment; of?: 'uploads' | 'parts' | 'all' },
): Promise<BegunUpload & { readonly makeRoom: () => void }> {
  const harness = await setupFor(way)
  const held = harness.cloud.hold(on, moment)
  const begun = await beginUpload(harness, way)
  await held.arrived
  const makeRoom = refuseWrites(harness.home, of)
  held.release()
  const refusals = () =>
    harness.environment.lines.filter(({ message }) => message.includes('could not be written'))
  await advanceUntil(begun, () => refusals().length > 10 && begun.app.row(begun.id).phase === 'retrying')
  return { ...begun, makeRoom }
}

/** There is room again: how often each call was made in all. */
async function thenArrives(begun: BegunUpload & { readonly makeRoom: () => void }, calls: readonly string[]) {
  begun.makeRoom()
  // After ten tries it is the person's turn.
  if (begun.app.row(begun.id).phase === 'failed') await begun.app.calls.retry({ ids: [begun.id] })
  await expectInLibrary(begun)
  return calls.map((name) => begun.countOf(name))
}

fault(
  'a file that is stored when the journal takes nothing more is not sent again, however often it is tried',
  'journal-trouble',
  async (expected) => {
    const begun = await withoutRoom('whole', { on: 'put-object', moment: 'answer' })
    expect(begun.app.row(begun.id).failure?.code).toBe(expected)
    const calls = ['presignModel', 'put-object', 'registerModel']
    expect(await thenArrives(begun, calls)).toEqual([1, 1, 1])
  },
)

fault(
  'parts that are stored when the journal takes nothing more are not sent again',
  'journal-trouble',
  async (expected) => {
    const begun = await withoutRoom('parts', { on: 'put-part', moment: 'answer' })
    expect(begun.app.row(begun.id).failure?.code).toBe(expected)
    const calls = ['initiateMultipart', 'put-part', 'registerModel']
    expect(await thenArrives(begun, calls)).toEqual([1, 4, 1])
  },
)

fault(
  'a part that the journal could not take goes first into it, and counts only then',
  'journal-trouble',
  async (expected) => {
    const begun = await withoutRoom('parts', { on: 'put-part', moment: 'answer', of: 'parts' })
    expect(begun.app.row(begun.id)).toMatchObject({ sentBytes: 0, failure: { code: expected } })
    expect(await thenArrives(begun, ['initiateMultipart', 'put-part'])).toEqual([1, 4])
  },
)

fault(
  'a model that is registered when the journal takes nothing more is not registered again',
  'journal-trouble',
  async (expected) => {
    const begun = await withoutRoom('whole', { on: 'registerModel', moment: 'answer' })
    expect(begun.app.row(begun.id).failure?.code).toBe(expected)
    expect(await thenArrives(begun, ['put-object', 'registerModel'])).toEqual([1, 1])
  },
)

fault(
  'a file that the team has waits for room to say so, and holds up nobody',
  'journal-trouble',
  async (expected) => {
    const harness = await setupFor('whole')
    const held = harness.cloud.hold('listModels', 'answer')
    const path = await harness.file('model.safetensors', { sizeBytes: bytesOf.whole })
    harness.cloud.addModel(ALICES_TEAM_ID, {
      model_path: 'models/loras/theirs.safetensors',
      file_size: bytesOf.whole,
      file_hash: `sha256:${sha256Of(path)}`,
    })
    const begun = await beginUpload(harness, 'whole')
    await held.arrived
    const makeRoom = refuseWrites(harness.home)
    held.release()
    await advanceUntil(begun, () => begun.app.row(begun.id).failure?.code === expected)
    makeRoom()
    const row = await advanceUntil(begun, () => {
      const now = begun.app.row(begun.id)
      return now.phase === 'registered' && now
    })
    expect(row.already).toBeDefined()
    expect(begun.countOf('put-object')).toBe(0)
    const other = await beginUpload(harness, 'whole', { name: 'other.safetensors' })
    expect((await begun.app.settled(other.id)).phase).toBe('registered')
  },
)
