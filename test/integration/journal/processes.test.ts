import { linkSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { readJournal } from '../../../electron/journal/journal-reader.ts'
import { ALICE, ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import {
  accessTokenOf,
  startCommand,
  startProcess,
  type Started,
  type StartedProcess,
} from '../../support/command-line.ts'
import { setup as setupEngine, sha256Of, valueOf, type EngineOptions } from '../../support/engine.ts'
import { advanceUntil, begunUpload } from '../faults/fault.ts'

const large = { sizeBytes: 12_000_000 }
const partSizeBytes = 5_242_880

/** A signed-in app, and commands with a token of their own on the same data folder. */
async function setup(options: EngineOptions = {}) {
  const context = await setupEngine(options)
  const environment = {
    MODELFERRY_SERVER: context.cloud.url,
    MODELFERRY_HOME: context.home,
    MODELFERRY_TEAM: ALICES_TEAM_ID,
    MODELFERRY_TOKEN: await accessTokenOf(context.cloud.url, ALICE),
    ...(options.cloud?.partSizeBytes
      ? { MODELFERRY_MULTIPART_FROM: String(options.cloud.partSizeBytes) }
      : {}),
  }
  return {
    ...context,
    upload: (...words: string[]): Started => startCommand(['upload', '--json', ...words], environment),
    uploadInProcess: (...words: string[]): StartedProcess =>
      startProcess(['upload', '--json', ...words], environment),
  }
}

test('the app finishes the upload of a killed process', async () => {
  const { app, cloud, file, open, uploadInProcess } = await setup()
  await app.stop()
  const path = await file('a.safetensors', large)
  const held = cloud.hold('put-object', 4_000_000)
  const { kill, ended } = uploadInProcess(path)
  await held.arrived
  kill('SIGKILL')
  expect((await ended).signal).toBe('SIGKILL')
  held.release()

  const next = await open()
  const [row] = next.rows()
  expect(await next.settled(row?.id ?? '')).toMatchObject({ phase: 'registered', sha256: sha256Of(path) })
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(1)
})

test('the same command after a kill continues the row without sending its parts again', async () => {
  const { app, home, cloud, file, open, upload, uploadInProcess, countOf } = await setup({
    cloud: { partSizeBytes },
  })
  await app.stop()
  const path = await file('a.safetensors', { sizeBytes: 3 * partSizeBytes })
  // The third part doesn't arrive.
  const held = cloud.hold('put-part', 'arrival', { skip: 2 })
  const killed = uploadInProcess(path)
  await held.arrived
  await expect.poll(() => valueOf(readJournal(home))?.unfinished[0]?.acknowledgedParts).toBe(2)
  killed.kill('SIGKILL')
  await killed.ended
  held.release()

  const { code, json } = await upload(path).ended
  const last = json().at(-1)
  expect([code, last?.event]).toEqual([0, 'verified'])
  const sent = cloud.operations.filter(({ name, status }) => name === 'put-part' && status === 200)
  expect(sent.map(({ partNumber = 0 }) => partNumber).sort()).toEqual([1, 2, 3])
  expect(countOf('initiateMultipart')).toBe(1)
  const next = await open()
  expect(next.rows().map(({ id, phase }) => [id, phase])).toEqual([[last?.['id'], 'registered']])
})

test('Ctrl-C pauses the upload and the app does not continue it automatically', async () => {
  const { app, cloud, file, open, upload, uploadInProcess } = await setup()
  await app.stop()
  const path = await file('a.safetensors', large)
  const held = cloud.hold('put-object', 4_000_000)
  const { kill, ended, line } = uploadInProcess(path)
  await held.arrived
  kill('SIGINT')
  // The rest fits into the socket's buffers, so the pause would wait for its response.
  await line(({ event }) => event === 'pausing')
  kill('SIGINT')
  const { code } = await ended
  held.release()
  expect(code).toBe(130)

  const next = await open()
  expect(next.rows().map(({ phase }) => phase)).toEqual(['paused'])
  await next.stop()
  expect((await upload(path).ended).code).toBe(0)
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(1)
})

test('a file that is added twice at once, and a hard link to it, is sent once', async () => {
  const context = await setup()
  const { app, cloud, file, countOf } = context
  const path = await file('a.safetensors', large)
  const link = path.replace('a.safetensors', 'linked/a.safetensors')
  mkdirSync(dirname(link))
  linkSync(path, link)
  const held = cloud.hold('put-object', 4_000_000)
  await Promise.all([path, path, link].map((one) => app.engine.add([one])))
  await held.arrived
  held.release()
  await advanceUntil(begunUpload(context, ''), () => app.rows().every(({ phase }) => phase === 'registered'))
  expect([countOf('put-object'), cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([1, 1])
})

test('a command runs only what it is asked for, and leaves the rest of the queue as it is', async () => {
  const { app, cloud, file, open, upload } = await setup()
  await app.calls.pauseAll(undefined)
  const [asked, other] = [await file('a.safetensors'), await file('b.safetensors')]
  const ids = await app.add([asked, other])
  const link = other.replace('b.safetensors', 'linked/b.safetensors')
  mkdirSync(dirname(link))
  linkSync(other, link)
  await app.stop()

  expect((await upload(asked).ended).code).toBe(0)
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(1)
  // It neither waits for the upload of the same file nor asks about its library path.
  expect((await upload(link).ended).code).toBe(0)
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(2)
  const rows = (await open()).rows()
  expect(
    rows
      .filter(({ id }) => ids.includes(id))
      .map(({ phase }) => phase)
      .sort(),
  ).toEqual(['registered', 'waiting'])
})
