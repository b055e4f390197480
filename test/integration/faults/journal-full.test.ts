import { expect } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import type { HoldMoment } from '../../cloud/faults.ts'
import { sha256Of } from '../../support/engine.ts'
import { refuseWrites } from '../../support/refused-writes.ts'
import { expectInLibrary } from './expect-end.ts'
import {
  beginHeldUpload,
  beginUpload,
  bytesOf,
  fault,
  advanceUntil,
  setupFor,
  type BegunUpload,
  type UploadMethod,
} from './fault.ts'

/** Starts an upload whose journal rejects all writes from this moment on, and waits for ten rejections. */
async function uploadWithFullJournal(
  method: UploadMethod,
  { on, moment, of = 'all' }: { on: string; moment: HoldMoment; of?: 'uploads' | 'parts' | 'all' },
): Promise<BegunUpload & { readonly allowWrites: () => void }> {
  const begun = await beginHeldUpload(method, { on, moment })
  const allowWrites = refuseWrites(begun.home, of)
  begun.release()
  const refusals = () =>
    begun.environment.lines.filter(({ message }) => message.includes('could not be written'))
  await advanceUntil(begun, () => refusals().length > 10 && begun.app.row(begun.id).phase === 'retrying')
  return { ...begun, allowWrites }
}

/** Allows writes again, expects success and returns how often each call was made in total. */
async function countCallsAfterRecovery(
  begun: BegunUpload & { readonly allowWrites: () => void },
  calls: readonly string[],
) {
  begun.allowWrites()
  // After ten attempts the user has to retry.
  if (begun.app.row(begun.id).phase === 'failed') await begun.app.calls.retry({ ids: [begun.id] })
  await expectInLibrary(begun)
  return calls.map((name) => begun.countOf(name))
}

fault(
  'does not resend a stored file while the journal can’t be written',
  'journal-trouble',
  async (expected) => {
    const begun = await uploadWithFullJournal('whole', { on: 'put-object', moment: 'answer' })
    expect(begun.app.row(begun.id).failure?.code).toBe(expected)
    const calls = ['presignModel', 'put-object', 'registerModel']
    expect(await countCallsAfterRecovery(begun, calls)).toEqual([1, 1, 1])
  },
)

fault(
  'does not resend stored parts while the journal can’t be written',
  'journal-trouble',
  async (expected) => {
    const begun = await uploadWithFullJournal('parts', { on: 'put-part', moment: 'answer' })
    expect(begun.app.row(begun.id).failure?.code).toBe(expected)
    const calls = ['initiateMultipart', 'put-part', 'registerModel']
    expect(await countCallsAfterRecovery(begun, calls)).toEqual([1, 4, 1])
  },
)

fault('counts a part as sent only once the journal has stored it', 'journal-trouble', async (expected) => {
  const begun = await uploadWithFullJournal('parts', { on: 'put-part', moment: 'answer', of: 'parts' })
  expect(begun.app.row(begun.id)).toMatchObject({ sentBytes: 0, failure: { code: expected } })
  expect(await countCallsAfterRecovery(begun, ['initiateMultipart', 'put-part'])).toEqual([1, 4])
})

fault(
  'does not register again when the journal can’t be written after registering',
  'journal-trouble',
  async (expected) => {
    const begun = await uploadWithFullJournal('whole', { on: 'registerModel', moment: 'answer' })
    expect(begun.app.row(begun.id).failure?.code).toBe(expected)
    expect(await countCallsAfterRecovery(begun, ['put-object', 'registerModel'])).toEqual([1, 1])
  },
)

fault(
  'waits for the journal to mark a duplicate, without blocking other files',
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
    const allowWrites = refuseWrites(harness.home)
    held.release()
    await advanceUntil(begun, () => begun.app.row(begun.id).failure?.code === expected)
    allowWrites()
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
