import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import type { AddReport, WaitingFilesView } from '../../../electron/contract/uploads.ts'
import { ALICE, ALICES_TEAM_ID, BOB, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { setup, valueOf, type App, type EngineHarness } from '../../support/engine.ts'
import { createDeviceKey } from '../../support/pairing.ts'

const waiting = async (app: App) => valueOf(await app.calls.waitingFiles(undefined))
const readyAccount = (app: App) => app.session().accounts.find(({ state }) => state === 'ready')?.id ?? ''
const choose = async (app: App, teamId: string) =>
  valueOf(await app.calls.chooseTeam({ accountId: readyAccount(app), teamId }))
const registered = (app: App, count: number) =>
  app.until(({ rows }) => rows.length === count && rows.every(({ phase }) => phase === 'registered') && rows)
/** Signs in with a device key, which gives access to Studio North only. */
const signInToOneTeam = async ({ cloud }: EngineHarness, app: App) =>
  valueOf(await app.calls.signInWithKey({ key: await createDeviceKey(cloud) }))
const nothing: WaitingFilesView = { count: 0, names: [], hasFolders: false, failure: null }

test('keeps dropped files until the user has signed in and chosen a team', async () => {
  const { app, cloud, file } = await setup({ as: null })
  const reports: AddReport[] = []
  app.engine.subscribe({ added: (report) => reports.push(report) })
  const paths = [await file('a.safetensors'), await file('b.safetensors')]
  expect(await app.calls.addFiles({ paths })).toEqual({
    ok: true,
    value: { added: 0, refused: 0, skipped: [] },
  })
  expect(await waiting(app)).toMatchObject({ count: 2, names: ['a.safetensors', 'b.safetensors'] })

  await app.signIn(ALICE, { isTeamChosen: false })
  // Alice has two teams and has not chosen one.
  expect([app.rows(), (await waiting(app)).count]).toEqual([[], 2])
  expect(app.session().chosen).toBe(null)
  await choose(app, STUDIO_NORTH_ID)
  await registered(app, 2)
  expect([cloud.modelsOf(STUDIO_NORTH_ID).length, cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([2, 0])
  expect([await waiting(app), reports]).toMatchObject([nothing, [{ added: 2, refused: 0, skipped: [] }]])
})

test('adds waiting files to the only team without asking', async () => {
  const harness = await setup({ as: null })
  const { app, cloud, file } = harness
  await app.calls.addFiles({ paths: [await file('a.safetensors')] })
  await signInToOneTeam(harness, app)
  await registered(app, 1)
  expect(cloud.modelsOf(STUDIO_NORTH_ID)).toHaveLength(1)
})

test('keeps waiting files across a restart, and adds them after the sign-in', async () => {
  const harness = await setup({ as: null })
  const { app, open, file } = harness
  await app.engine.add([await file('a.safetensors')], { source: 'outside' })
  await app.stop()
  const next = await open()
  expect(await waiting(next)).toMatchObject({ count: 1, names: ['a.safetensors'] })
  await signInToOneTeam(harness, next)
  await registered(next, 1)
  await next.stop()
  expect(await waiting(await open())).toEqual(nothing)
})

test('adds nothing to another team while the session of the chosen one has ended', async () => {
  const { app, cloud, clock, file } = await setup()
  await choose(app, STUDIO_NORTH_ID)
  cloud.endSessions(ALICE.email)
  clock.advance(2 * 3_600_000)
  await app.engine.confirmSignIns()
  await app.engine.add([await file('a.safetensors')], { source: 'outside' })
  expect([app.rows(), (await waiting(app)).count]).toEqual([[], 1])
  await app.signIn(BOB, { isTeamChosen: false })
  // Another user replaces Alice, so that her files are encrypted too.
  await expect.poll(async () => [app.rows(), await waiting(app)]).toEqual([[], nothing])
  await app.signIn(ALICE)
  await registered(app, 1)
  expect(cloud.modelsOf(STUDIO_NORTH_ID)).toHaveLength(1)
})

test('lets files from outside wait while several teams are available and none is chosen', async () => {
  const { app, file } = await setup({ isTeamChosen: false })
  await app.engine.add([await file('a.safetensors')], { source: 'outside' })
  expect([app.rows(), (await waiting(app)).count]).toEqual([[], 1])
  await choose(app, ALICES_TEAM_ID)
  await registered(app, 1)
})

test('uploads a file once that was queued and dropped again after a sign-out', async () => {
  const { app, open, cloud, file } = await setup()
  await choose(app, STUDIO_NORTH_ID)
  const path = await file('a.safetensors')
  const held = cloud.hold('put-object', 'answer')
  await app.calls.addFiles({ paths: [path] })
  await held.arrived
  valueOf(await app.calls.signOut({ accountId: readyAccount(app) }))
  await app.calls.addFiles({ paths: [path] })
  expect((await waiting(app)).count).toBe(1)
  held.release()
  await app.stop()
  const next = await open()
  await next.signIn()
  await registered(next, 1)
  expect([await waiting(next), cloud.modelsOf(STUDIO_NORTH_ID).length]).toEqual([nothing, 1])
})

test('discards waiting files for good', async () => {
  const { app, open, file } = await setup({ as: null })
  const path = await file('a.safetensors')
  await app.calls.addFiles({ paths: [path, dirname(path)] })
  expect((await waiting(app)).hasFolders).toBe(true)
  expect(valueOf(await app.calls.discardWaitingFiles(undefined))).toEqual(nothing)
  await app.signIn()
  await choose(app, STUDIO_NORTH_ID)
  expect(app.rows()).toEqual([])
  await app.stop()
  expect(await waiting(await open())).toEqual(nothing)
})

test('keeps again what was discarded in several steps, the latest first', async () => {
  const { app, file } = await setup({ as: null })
  const discardAdded = async (name: string) => {
    await app.calls.addFiles({ paths: [await file(name)] })
    valueOf(await app.calls.discardWaitingFiles(undefined))
  }
  await discardAdded('a.safetensors')
  await discardAdded('b.safetensors')
  const undo = async () => valueOf(await app.calls.undoDiscardWaitingFiles(undefined)).names
  expect([await undo(), await undo()]).toEqual([['b.safetensors'], ['b.safetensors', 'a.safetensors']])
})

test('keeps discarded files again, and adds them if there is a team by then', async () => {
  const { app, file } = await setup({ as: null })
  await app.calls.addFiles({ paths: [await file('a.safetensors')] })
  valueOf(await app.calls.discardWaitingFiles(undefined))
  expect(valueOf(await app.calls.undoDiscardWaitingFiles(undefined)).count).toBe(1)
  valueOf(await app.calls.discardWaitingFiles(undefined))
  await app.signIn()
  await choose(app, STUDIO_NORTH_ID)
  valueOf(await app.calls.undoDiscardWaitingFiles(undefined))
  await registered(app, 1)
  expect(valueOf(await app.calls.undoDiscardWaitingFiles(undefined))).toEqual(nothing)
})

test('reports a waiting file that is gone when its team is chosen', async () => {
  const harness = await setup({ as: null })
  const { app, file } = harness
  const path = await file('a.safetensors')
  await app.calls.addFiles({ paths: [path] })
  rmSync(path)
  await signInToOneTeam(harness, app)
  const [row] = await app.until(({ rows }) => rows.length === 1 && rows)
  expect(row).toMatchObject({ phase: 'failed', failure: { code: 'file-missing' } })
})
