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
  begin,
  bytesOf,
  fault,
  patiently,
  resumedBy,
  settled,
  worldFor,
  type Begun,
  type Way,
} from './fault.ts'

/** Stops a file's upload at a moment, does something to the file, and lets go. */
async function meanwhile(
  way: Way,
  on: string,
  moment: HoldMoment,
  change: (path: string) => void,
): Promise<Begun> {
  const world = await worldFor(way)
  const held = world.cloud.hold(on, moment)
  const begun = await begin(world, way)
  await held.arrived
  change(begun.path)
  held.release()
  return begun
}

/** The change is found out both ways, and once the person tries again the file goes as it is now. */
async function bothWays(sees: FailureCode, change: (path: string) => void, rest: Rest = {}): Promise<void> {
  await expectStopped(await meanwhile('whole', 'put-object', 70_000, change), sees, rest)
  await expectStopped(await meanwhile('parts', 'put-part', 'answer', change), sees)
}

fault('a file that is written to midway is not registered', 'file-changed', async (sees) => {
  const overwrite = (path: string) => {
    const file = openSync(path, 'r+')
    writeSync(file, 'other bytes', 140_000)
    closeSync(file)
  }
  await bothWays(sees, overwrite, { orphans: 1 })
})

fault('a file that shrinks midway is not registered', 'file-changed', async (sees) => {
  await bothWays(sees, (path) => truncateSync(path, 100_000), { orphans: 1 })
})

fault('a file that grows midway is not registered', 'file-changed', async (sees) => {
  await bothWays(sees, (path) => appendFileSync(path, 'more'), { orphans: 1 })
})

fault('a file that another one replaces midway is not registered', 'file-changed', async (sees) => {
  const replace = (path: string) => {
    copyFileSync(path, `${path}.new`)
    renameSync(`${path}.new`, path)
  }
  await bothWays(sees, replace, { orphans: 1 })
})

fault('a file that is deleted midway is not registered', 'file-missing', async (sees) => {
  await bothWays(sees, (path) => rmSync(path), { orphans: 1 })
})

fault('a file that can’t be opened any more midway is not registered', 'file-unreadable', async (sees) => {
  const loop = (path: string) => {
    rmSync(path)
    symlinkSync(path, path)
  }
  await bothWays(sees, loop, { orphans: 1 })
})

fault(
  'a file that is only touched midway is sent anew when the person tries again',
  'file-changed',
  async (sees) => {
    const begun = await meanwhile('parts', 'put-part', 'answer', (path) => utimesSync(path, 1, 1))
    expect((await settled(begun)).failure?.code).toBe(sees)
    await begun.app.calls.retry({ ids: [begun.id] })
    await expectInLibrary(begun)
    expect(begun.countOf('initiateMultipart')).toBe(2)
  },
)

fault(
  'a file that was touched while it waited is not sent before the person says so',
  'file-changed',
  async (sees) => {
    const world = await worldFor('whole')
    await world.app.calls.pauseAll(undefined)
    const begun = await begin(world, 'whole')
    utimesSync(begun.path, 1, 1)
    await world.app.calls.resumeAll(undefined)
    expect((await settled(begun)).failure?.code).toBe(sees)
    expect(world.countOf('put-object')).toBe(0)
    await world.app.calls.retry({ ids: [begun.id] })
    await expectInLibrary(begun)
  },
)

fault(
  'a file that is replaced after its last part and before it is registered is not registered',
  'file-changed',
  async (sees) => {
    const replace = (path: string) => {
      copyFileSync(path, `${path}.new`)
      renameSync(`${path}.new`, path)
    }
    await expectStopped(await meanwhile('parts', 'put-part', 'answer', replace), sees)
    await expectStopped(await meanwhile('whole', 'put-object', 'answer', replace), sees, { orphans: 1 })
  },
)

fault(
  'a file that changed while the app was closed is not glued to its old parts',
  'file-changed',
  async (sees) => {
    const world = await worldFor('parts')
    const begun = await begin(world, 'parts')
    await world.cloud.ended('put-part', 2)
    await world.app.stop()
    appendFileSync(begun.path, 'more')
    await expectStopped(resumedBy(begun, await world.open()), sees)
  },
)

fault(
  'bytes that changed while the app was closed, under the old size and time, are found by their checksum',
  'file-changed',
  async (sees) => {
    const world = await worldFor('parts')
    const held = world.cloud.hold('presignPart', 'arrival', { skip: 2 })
    const path = await world.file('model.safetensors', { sizeBytes: bytesOf.parts })
    // A whole second, which every file system and every way to set it keeps.
    utimesSync(path, 1_700_000_000, 1_700_000_000)
    const [id = ''] = await world.app.add(path)
    await world.cloud.ended('put-part', 2)
    await world.app.stop()
    held.release()
    const file = openSync(path, 'r+')
    for (let at = 4_000; at < bytesOf.parts; at += 1_000_000) writeSync(file, 'other bytes', at)
    closeSync(file)
    utimesSync(path, 1_700_000_000, 1_700_000_000)
    await expectStopped({ ...world, id, path, met: new Map(), app: await world.open() }, sees)
  },
)

fault('a file with holes arrives with its zeros', null, async () => {
  const world = await worldFor('parts')
  await expectInLibrary(await begin(world, 'parts', { payload: 'sparse' }))
})

fault(
  'a disk that is unplugged midway is waited for, and the upload goes on by itself when it is back',
  'disk-missing',
  async (sees) => {
    const world = await worldFor('parts')
    const held = world.cloud.hold('put-part', 'answer')
    const begun = await begin(world, 'parts', { name: 'disk/model.safetensors' })
    await held.arrived
    renameSync(dirname(begun.path), `${dirname(begun.path)}-gone`)
    held.release()
    await patiently(begun, () => begun.met.has(sees))
    expect(world.cloud.modelsOf(ALICES_TEAM_ID)).toEqual([])
    renameSync(`${dirname(begun.path)}-gone`, dirname(begun.path))
    await expectInLibrary(begun)
    expect(world.countOf('put-part')).toBe(4)
  },
)

fault('a disk that is unplugged while the app is closed is waited for', 'disk-missing', async (sees) => {
  const world = await worldFor('whole')
  await world.app.calls.pauseAll(undefined)
  const begun = await begin(world, 'whole', { name: 'disk/model.safetensors' })
  await world.app.stop()
  const away = `${dirname(begun.path)}-gone`
  renameSync(dirname(begun.path), away)
  const again = resumedBy(begun, await world.open())
  await again.app.calls.resumeAll(undefined)
  await patiently(again, () => again.met.has(sees))
  mkdirSync(dirname(begun.path))
  renameSync(`${away}/model.safetensors`, begun.path)
  await expectInLibrary(again)
})
