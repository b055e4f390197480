import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  openSync,
  closeSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { expect } from 'vitest'
import type { FailureCode } from '../../../electron/contract/failures.ts'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import type { HoldMoment } from '../../cloud/faults.ts'
import { expectInLibrary, expectStopped, type Leftovers } from './expect-end.ts'
import {
  beginHeldUpload,
  beginUpload,
  bytesOf,
  fault,
  advanceUntil,
  resumedBy,
  settled,
  setupFor,
  type BegunUpload,
  type UploadMethod,
} from './fault.ts'

/** Holds an upload at a moment, changes its file, and lets the upload continue. */
async function changeDuringUpload(
  method: UploadMethod,
  on: string,
  moment: HoldMoment,
  change: (path: string) => void,
): Promise<BegunUpload> {
  const begun = await beginHeldUpload(method, { on, moment })
  change(begun.path)
  begun.release()
  return begun
}

/** Expects that the change stops the upload, both as one PUT and in parts. */
async function expectStoppedByChange(
  expected: FailureCode,
  change: (path: string) => void,
  leftovers: Leftovers = {},
): Promise<void> {
  await expectStopped(await changeDuringUpload('whole', 'put-object', 70_000, change), expected, leftovers)
  await expectStopped(await changeDuringUpload('parts', 'put-part', 'answer', change), expected)
}

fault('does not register a file that is overwritten during the upload', 'file-changed', async (expected) => {
  const overwrite = (path: string) => {
    const file = openSync(path, 'r+')
    writeSync(file, 'other bytes', 140_000)
    closeSync(file)
  }
  await expectStoppedByChange(expected, overwrite, { orphans: 1 })
})

fault('does not register a file that shrinks during the upload', 'file-changed', async (expected) => {
  await expectStoppedByChange(expected, (path) => truncateSync(path, 100_000), { orphans: 1 })
})

fault('does not register a file that grows during the upload', 'file-changed', async (expected) => {
  await expectStoppedByChange(expected, (path) => appendFileSync(path, 'more'), { orphans: 1 })
})

fault('does not register a file that is replaced during the upload', 'file-changed', async (expected) => {
  const replace = (path: string) => {
    copyFileSync(path, `${path}.new`)
    renameSync(`${path}.new`, path)
  }
  await expectStoppedByChange(expected, replace, { orphans: 1 })
})

fault('does not register a file that is deleted during the upload', 'file-missing', async (expected) => {
  await expectStoppedByChange(expected, (path) => rmSync(path), { orphans: 1 })
})

fault(
  'does not register a file that becomes unreadable during the upload',
  'file-unreadable',
  async (expected) => {
    const loop = (path: string) => {
      renameSync(dirname(path), `${dirname(path)}.away`)
      symlinkSync(dirname(path), dirname(path))
    }
    await expectStoppedByChange(expected, loop, { orphans: 1 })
  },
)

fault(
  'restarts when the user retries a file whose mtime changed during the upload',
  'file-changed',
  async (expected) => {
    const begun = await changeDuringUpload('parts', 'put-part', 'answer', (path) => utimesSync(path, 1, 1))
    expect((await settled(begun)).failure?.code).toBe(expected)
    await begun.app.calls.retry({ ids: [begun.id] })
    await expectInLibrary(begun)
    expect(begun.countOf('initiateMultipart')).toBe(2)
  },
)

fault(
  'sends a file whose mtime changed in the queue only after the user retries',
  'file-changed',
  async (expected) => {
    const harness = await setupFor('whole')
    await harness.app.calls.pauseAll(undefined)
    const begun = await beginUpload(harness, 'whole')
    utimesSync(begun.path, 1, 1)
    await harness.app.calls.resumeAll(undefined)
    expect((await settled(begun)).failure?.code).toBe(expected)
    expect(harness.countOf('put-object')).toBe(0)
    await harness.app.calls.retry({ ids: [begun.id] })
    await expectInLibrary(begun)
  },
)

fault(
  'does not register a file that is replaced between sending and registering',
  'file-changed',
  async (expected) => {
    const replace = (path: string) => {
      copyFileSync(path, `${path}.new`)
      renameSync(`${path}.new`, path)
    }
    await expectStopped(await changeDuringUpload('parts', 'put-part', 'answer', replace), expected)
    await expectStopped(await changeDuringUpload('whole', 'put-object', 'answer', replace), expected, {
      orphans: 1,
    })
  },
)

fault(
  'does not resume a multipart upload whose file changed while the app was closed',
  'file-changed',
  async (expected) => {
    const harness = await setupFor('parts')
    const begun = await beginUpload(harness, 'parts')
    await harness.cloud.ended('put-part', 2)
    await harness.app.stop()
    appendFileSync(begun.path, 'more')
    await expectStopped(resumedBy(begun, await harness.open()), expected)
  },
)

fault(
  'detects bytes changed while the app was closed despite equal size and mtime',
  'file-changed',
  async (expected) => {
    const harness = await setupFor('parts')
    const held = harness.cloud.hold('presignPart', 'arrival', { skip: 2 })
    const path = await harness.file('model.safetensors', { sizeBytes: bytesOf.parts })
    // A whole second, which every file system stores exactly.
    utimesSync(path, 1_700_000_000, 1_700_000_000)
    const [id = ''] = await harness.app.add(path)
    await harness.cloud.ended('put-part', 2)
    await harness.app.stop()
    held.release()
    const file = openSync(path, 'r+')
    for (let at = 4_000; at < bytesOf.parts; at += 1_000_000) writeSync(file, 'other bytes', at)
    closeSync(file)
    utimesSync(path, 1_700_000_000, 1_700_000_000)
    await expectStopped(
      { ...harness, id, path, shownFailures: new Map(), app: await harness.open() },
      expected,
    )
  },
)

fault('uploads a sparse file with its zeros', null, async () => {
  const harness = await setupFor('parts')
  await expectInLibrary(await beginUpload(harness, 'parts', { payload: 'sparse' }))
})

const receivedBytes = ({ cloud }: BegunUpload) =>
  cloud.operations.reduce((sum, { name, bytes }) => sum + (name === 'put-part' ? bytes : 0), 0)

fault(
  'waits for a volume that is unplugged during the upload, then resumes',
  'disk-missing',
  async (expected) => {
    const begun = await beginHeldUpload(
      'parts',
      { on: 'put-part', moment: 'answer' },
      {},
      { name: 'disk/model.safetensors' },
    )
    // A part that is still read when the volume goes is aborted and sent again.
    await expect.poll(() => receivedBytes(begun)).toBe(bytesOf.parts)
    renameSync(dirname(begun.path), `${dirname(begun.path)}-gone`)
    begun.release()
    await advanceUntil(begun, () => begun.shownFailures.has(expected))
    expect(begun.cloud.modelsOf(ALICES_TEAM_ID)).toEqual([])
    renameSync(`${dirname(begun.path)}-gone`, dirname(begun.path))
    await expectInLibrary(begun)
    expect(begun.countOf('put-part')).toBe(4)
  },
)

fault('waits for a volume that was unplugged while the app was closed', 'disk-missing', async (expected) => {
  const harness = await setupFor('whole')
  await harness.app.calls.pauseAll(undefined)
  const begun = await beginUpload(harness, 'whole', { name: 'disk/model.safetensors' })
  await harness.app.stop()
  const movedFolder = `${dirname(begun.path)}-gone`
  renameSync(dirname(begun.path), movedFolder)
  const again = resumedBy(begun, await harness.open())
  await again.app.calls.resumeAll(undefined)
  await advanceUntil(again, () => again.shownFailures.has(expected))
  mkdirSync(dirname(begun.path))
  renameSync(`${movedFolder}/model.safetensors`, begun.path)
  await expectInLibrary(again)
})
