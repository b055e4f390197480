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
import { expectInLibrary, expectStopped, type Rest } from './ends.ts'
import {
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

/** Stops a file's upload at a moment, does something to the file, and lets go. */
async function meanwhile(
  way: UploadMethod,
  on: string,
  moment: HoldMoment,
  change: (path: string) => void,
): Promise<BegunUpload> {
  const harness = await setupFor(way)
  const held = harness.cloud.hold(on, moment)
  const begun = await beginUpload(harness, way)
  await held.arrived
  change(begun.path)
  held.release()
  return begun
}

/** The change is found out both ways, and once the person tries again the file goes as it is now. */
async function bothWays(
  expected: FailureCode,
  change: (path: string) => void,
  rest: Rest = {},
): Promise<void> {
  await expectStopped(await meanwhile('whole', 'put-object', 70_000, change), expected, rest)
  await expectStopped(await meanwhile('parts', 'put-part', 'answer', change), expected)
}

fault('a file that is written to midway is not registered', 'file-changed', async (expected) => {
  const overwrite = (path: string) => {
    const file = openSync(path, 'r+')
    writeSync(file, 'other bytes', 140_000)
    closeSync(file)
  }
  await bothWays(expected, overwrite, { orphans: 1 })
})

fault('a file that shrinks midway is not registered', 'file-changed', async (expected) => {
  await bothWays(expected, (path) => truncateSync(path, 100_000), { orphans: 1 })
})

fault('a file that grows midway is not registered', 'file-changed', async (expected) => {
  await bothWays(expected, (path) => appendFileSync(path, 'more'), { orphans: 1 })
})

fault('a file that another one replaces midway is not registered', 'file-changed', async (expected) => {
  const replace = (path: string) => {
    copyFileSync(path, `${path}.new`)
    renameSync(`${path}.new`, path)
  }
  await bothWays(expected, replace, { orphans: 1 })
})

fault('a file that is deleted midway is not registered', 'file-missing', async (expected) => {
  await bothWays(expected, (path) => rmSync(path), { orphans: 1 })
})

fault(
  'a file that can’t be opened any more midway is not registered',
  'file-unreadable',
  async (expected) => {
    const loop = (path: string) => {
      rmSync(path)
      symlinkSync(path, path)
    }
    await bothWays(expected, loop, { orphans: 1 })
  },
)

fault(
  'a file that is only touched midway is sent anew when the person tries again',
  'file-changed',
  async (expected) => {
    const begun = await meanwhile('parts', 'put-part', 'answer', (path) => utimesSync(path, 1, 1))
    expect((await settled(begun)).failure?.code).toBe(expected)
    await begun.app.calls.retry({ ids: [begun.id] })
    await expectInLibrary(begun)
    expect(begun.countOf('initiateMultipart')).toBe(2)
  },
)

fault(
  'a file that was touched while it waited is not sent before the person says so',
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
  'a file that is replaced after its last part and before it is registered is not registered',
  'file-changed',
  async (expected) => {
    const replace = (path: string) => {
      copyFileSync(path, `${path}.new`)
      renameSync(`${path}.new`, path)
    }
    await expectStopped(await meanwhile('parts', 'put-part', 'answer', replace), expected)
    await expectStopped(await meanwhile('whole', 'put-object', 'answer', replace), expected, { orphans: 1 })
  },
)

fault(
  'a file that changed while the app was closed is not glued to its old parts',
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
  'bytes that changed while the app was closed, under the old size and time, are found by their checksum',
  'file-changed',
  async (expected) => {
    const harness = await setupFor('parts')
    const held = harness.cloud.hold('presignPart', 'arrival', { skip: 2 })
    const path = await harness.file('model.safetensors', { sizeBytes: bytesOf.parts })
    // A whole second, which every file system and every way to set it keeps.
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

fault('a file with holes arrives with its zeros', null, async () => {
  const harness = await setupFor('parts')
  await expectInLibrary(await beginUpload(harness, 'parts', { payload: 'sparse' }))
})

fault(
  'a disk that is unplugged midway is waited for, and the upload goes on by itself when it is back',
  'disk-missing',
  async (expected) => {
    const harness = await setupFor('parts')
    const held = harness.cloud.hold('put-part', 'answer')
    const begun = await beginUpload(harness, 'parts', { name: 'disk/model.safetensors' })
    await held.arrived
    renameSync(dirname(begun.path), `${dirname(begun.path)}-gone`)
    held.release()
    await advanceUntil(begun, () => begun.shownFailures.has(expected))
    expect(harness.cloud.modelsOf(ALICES_TEAM_ID)).toEqual([])
    renameSync(`${dirname(begun.path)}-gone`, dirname(begun.path))
    await expectInLibrary(begun)
    expect(harness.countOf('put-part')).toBe(4)
  },
)

fault('a disk that is unplugged while the app is closed is waited for', 'disk-missing', async (expected) => {
  const harness = await setupFor('whole')
  await harness.app.calls.pauseAll(undefined)
  const begun = await beginUpload(harness, 'whole', { name: 'disk/model.safetensors' })
  await harness.app.stop()
  const away = `${dirname(begun.path)}-gone`
  renameSync(dirname(begun.path), away)
  const again = resumedBy(begun, await harness.open())
  await again.app.calls.resumeAll(undefined)
  await advanceUntil(again, () => again.shownFailures.has(expected))
  mkdirSync(dirname(begun.path))
  renameSync(`${away}/model.safetensors`, begun.path)
  await expectInLibrary(again)
})
