import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { registerLimitMs } from '../../../electron/queue/queue.ts'
import { ALICE, ALICES_TEAM_ID, BOB, type DemoAccount } from '../../cloud/accounts.ts'
import {
  setup,
  sha256Of,
  valueOf,
  type App,
  type EngineHarness,
  type EngineOptions,
} from '../../support/engine.ts'
import { createDeviceKey } from '../../support/pairing.ts'

const partBytes = 5 * 1024 ** 2
const options = {
  settings: { singlePutLimitBytes: 6_000_000, atOnce: 1 },
  cloud: { partSizeBytes: partBytes },
}

const historyOf = async (app: App) =>
  valueOf(await app.calls.history({ beforeMs: null, search: '', limit: 500 })).rows

async function signOut(app: App, account: DemoAccount = ALICE) {
  const found = app.session().accounts.find(({ email }) => email === account.email)
  return app.calls.signOut({ accountId: found?.id ?? '' })
}

/** The files of the data folder that have any of these texts, in any encoding of SQLite. */
function filesWith(home: string, texts: readonly string[]): readonly string[] {
  const files = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return files.flatMap(({ parentPath, name }) => {
    const content = readFileSync(join(parentPath, name))
    return texts.filter((text) => content.includes(text)).map((text) => `${name}: ${text}`)
  })
}

/** A finished upload, a large one with two acknowledged parts, a rejected one, and a watched folder. */
async function setupUsed(more: EngineOptions = {}) {
  const harness = await setup({ ...options, ...more })
  const { app, cloud, file, folder } = harness
  const donePath = await file('zq-models-done.safetensors')
  const [done = ''] = await app.add(donePath)
  await app.settled(done)
  const [rejected = ''] = await app.add(await file('zq-models-rejected.safetensors', { cutBytes: 10 }))
  const watched = join(folder, 'zq-models-watched')
  mkdirSync(watched)
  const { accountId = '', teamId = '' } = app.session().chosen ?? {}
  valueOf(await app.engine.watchFolder(watched, { accountId, teamId }, async () => true))
  const largePath = await file('zq-models-large.safetensors', { sizeBytes: 4 * partBytes })
  const stall = ({ partNumber = 0 }: { readonly partNumber?: number }) => partNumber > 2
  cloud.fail({ on: 'put-part', how: 'stall', times: Infinity, when: stall })
  const [large = ''] = await app.add(largePath)
  await app.until(() => app.row(large).sentBytes === 2 * partBytes)
  return { ...harness, done, rejected, large, donePath, largePath, watched }
}

/** Everything that only Alice's account has brought into the data folder. */
function textsOf(harness: Awaited<ReturnType<typeof setupUsed>>) {
  const { app, cloud, home, donePath, watched } = harness
  const journal = new DatabaseSync(join(home, 'journal.sqlite'), { readOnly: true })
  const uploads = journal
    .prepare(`SELECT multipart ->> 'uploadId' AS id FROM uploads WHERE multipart IS NOT NULL`)
    .all()
  journal.close()
  const [model] = cloud.modelsOf(ALICES_TEAM_ID)
  return [
    ...['zq-models-', watched, ALICE.email, ALICE.id, 'Alice', ALICES_TEAM_ID, 'Studio North'],
    ...[sha256Of(donePath), model?.id ?? '', app.rows()[0]?.id ?? '', new URL(cloud.url).host],
    ...uploads.map(({ id }) => String(id)),
  ]
}

const shown = ({ app }: EngineHarness) =>
  app.rows().map(({ id, phase, position, sentBytes }) => [id, phase, position, sentBytes])

test('nothing of an account is readable in the data folder after its sign-out', async () => {
  const harness = await setupUsed()
  const { app, home } = harness
  const texts = textsOf(harness)
  // Proves that the search finds what there is.
  const found = filesWith(home, texts).join()
  for (const text of texts) expect(found).toContain(text)
  mkdirSync(join(home, 'logs'))
  writeFileSync(join(home, 'window.json'), JSON.stringify({ zoom: 1, lastFolder: harness.watched }))
  writeFileSync(join(home, 'journal.sqlite.damaged-2026-01-01'), readFileSync(join(home, 'journal.sqlite')))

  expect(valueOf(await signOut(app)).accounts).toEqual([])
  expect(filesWith(home, texts)).toEqual([])
  expect([app.rows(), await historyOf(app), app.session().chosen]).toEqual([[], [], null])
  expect(valueOf(await app.calls.watching(undefined)).folders).toEqual([])
  expect(app.engine.fileOf(harness.done)).toBeNull()
  await app.stop()
  expect(filesWith(home, texts)).toEqual([])
})

test('the next sign-in continues where the account was, and sends no part again', async () => {
  const harness = await setupUsed()
  const { app, cloud, home, large, countOf } = harness
  const history = await historyOf(app)
  valueOf(await signOut(app))
  cloud.clearFailures()
  const sent = countOf('put-part')
  await app.signIn()
  expect(await app.settled(large)).toMatchObject({ phase: 'registered', sha256: sha256Of(harness.largePath) })
  expect(countOf('put-part') - sent).toBe(2)
  expect(countOf('initiateMultipart')).toBe(1)
  expect(app.row(harness.rejected)).toMatchObject({ phase: 'failed', failure: { code: 'file-cut-short' } })
  expect(await historyOf(app)).toEqual(expect.arrayContaining([...history]))
  expect(valueOf(await app.calls.watching(undefined)).folders).toHaveLength(1)
  expect(readdirSync(home).filter((name) => name.includes('damaged'))).toEqual([])
})

test('a user who signs in in between sees nothing of it, before and after a restart', async () => {
  const harness = await setupUsed()
  const { app, open, done } = harness
  const before = shown(harness)
  valueOf(await signOut(app))
  await app.signIn(BOB)
  const texts = () => JSON.stringify([app.engine.snapshot(), app.session()])
  expect(texts()).not.toMatch(/Alice|zq-models-/)
  await app.stop()
  const next = await open()
  expect([next.rows(), await historyOf(next), next.session().accounts.map(({ email }) => email)]).toEqual([
    [],
    [],
    [BOB.email],
  ])
  await next.signIn()
  await next.until(() => next.rows().some(({ id }) => id === done))
  expect(
    next
      .rows()
      .map(({ id, position }) => [id, position])
      .sort(),
  ).toEqual(before.map(([id, , position]) => [id, position]).sort())
})

test('without a keychain nothing changes until the user has chosen what happens', async () => {
  const harness = await setupUsed()
  const { app, secretStore, large } = harness
  secretStore.beforeCall = (call) =>
    secretStore.failWith(call.startsWith('set sealed') ? 'keychain-absent' : null)
  expect(await signOut(app)).toMatchObject({ failure: { code: 'seal-unavailable' } })
  expect([app.row(large).phase, app.session().accounts[0]?.state]).toEqual(['sending', 'ready'])

  const [account] = app.session().accounts
  const kept = valueOf(await app.calls.signOut({ accountId: account?.id ?? '', data: 'kept' }))
  expect([kept.accounts[0]?.state, app.rows().length]).toEqual(['signed-out', 3])
  await app.signIn(BOB)
  await app.until(({ rows }) => rows.length === 0)
})

test('what is removed at a sign-out is gone, and storage has no part of it', async () => {
  const harness = await setupUsed()
  const { app, cloud, home, countOf } = harness
  const texts = textsOf(harness)
  const [account] = app.session().accounts
  valueOf(await app.calls.signOut({ accountId: account?.id ?? '', data: 'removed' }))
  expect(countOf('abortMultipart')).toBe(1)
  expect(filesWith(home, texts)).toEqual([])
  await app.signIn()
  await app.engine.unsealPresent()
  expect([app.rows(), await historyOf(app)]).toEqual([[], []])
  // The model itself stays in the library.
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(1)
})

test('keeps the account and an upload to be removed while registering isn’t answered', async () => {
  const { app, cloud, clock, file } = await setup()
  const held = cloud.hold('registerModel', 'answer')
  const [id = ''] = await app.add(await file('registering.safetensors'))
  await held.arrived
  await app.phase(id, 'registering')
  const [account] = app.session().accounts
  const signedOut = app.calls.signOut({ accountId: account?.id ?? '', data: 'removed' })
  clock.advance(registerLimitMs)
  expect(await signedOut).toMatchObject({ failure: { code: 'not-registered-yet', params: { count: 1 } } })
  expect([app.row(id).phase, app.session().accounts[0]?.state]).toEqual(['registering', 'ready'])
  held.release()
  await app.phase(id, 'registered')
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(1)
})

test('keeps the account if the journal can’t remove its uploads', async () => {
  const { app, file, home } = await setup()
  valueOf(await app.calls.pauseAll(undefined))
  const [id = ''] = await app.add(await file('waiting.safetensors'))
  const journal = new DatabaseSync(join(home, 'journal.sqlite'))
  onTestFinished(() => journal.close())
  journal.exec(`CREATE TRIGGER no_room BEFORE DELETE ON uploads BEGIN SELECT RAISE(ABORT, 'no room'); END`)
  const [account] = app.session().accounts
  const signOutAndRemove = () => app.calls.signOut({ accountId: account?.id ?? '', data: 'removed' })
  expect(await signOutAndRemove()).toMatchObject({ failure: { code: 'journal-trouble' } })
  expect([app.row(id).phase, app.session().accounts[0]?.state]).toEqual(['waiting', 'ready'])
  journal.exec('DROP TRIGGER no_room')
  expect(valueOf(await signOutAndRemove()).accounts).toEqual([])
})

test('a missing key is reported after the sign-in, and what it encrypted can be discarded', async () => {
  const { app, home, secretStore, open } = await setupUsed()
  valueOf(await signOut(app))
  for (const name of secretStore.entries.keys())
    if (name.startsWith('sealed ')) secretStore.entries.delete(name)
  await app.signIn()
  await app.until((_snapshot, { sealed }) => sealed?.code === 'sealed-key-missing')
  await app.stop()
  const next = await open()
  await next.until((_snapshot, { sealed }) => sealed?.code === 'sealed-key-missing')
  expect(valueOf(await next.calls.discardSealed(undefined)).sealed).toBeUndefined()
  const journal = new DatabaseSync(join(home, 'journal.sqlite'), { readOnly: true })
  expect(journal.prepare('SELECT count(*) AS count FROM sealed').get()).toEqual({ count: 0 })
  journal.close()
})

test('a locked keychain loses nothing: everything returns once it is unlocked', async () => {
  const { app, secretStore, large } = await setupUsed()
  valueOf(await signOut(app))
  secretStore.beforeCall = (call) =>
    secretStore.failWith(call.includes(' sealed ') ? 'keychain-locked' : null)
  await app.signIn()
  await app.until((_snapshot, { sealed }) => sealed?.code === 'sealed-locked')
  secretStore.beforeCall = () => secretStore.failWith(null)
  await app.engine.keychainChanged()
  await app.until(({ rows }, { sealed }) => sealed === undefined && rows.some(({ id }) => id === large))
})

test('an ended session is not a sign-out', async () => {
  const { app, cloud, clock, open } = await setup()
  await app.calls.pauseAll(undefined)
  cloud.endSessions(ALICE.email)
  clock.advance(2 * 3_600_000)
  await app.engine.confirmSignIns()
  await app.until((_snapshot, { accounts }) => accounts[0]?.state === 'signed-out')
  await app.stop()
  expect((await open()).session().accounts).toMatchObject([{ email: ALICE.email, state: 'signed-out' }])
})

/** As after a sign-out whose data is not encrypted yet. */
function recordSignOut(home: string): void {
  const journal = new DatabaseSync(join(home, 'journal.sqlite'))
  journal.exec(
    `UPDATE accounts SET account = json_set(account, '$.state', 'signed-out', '$.hasLeft', json('true'))`,
  )
  journal.close()
}

test('encrypts at the start what an older version left of an account that had signed out', async () => {
  const harness = await setupUsed()
  const { app, home, open, done } = harness
  const texts = textsOf(harness)
  await app.stop()
  recordSignOut(home)
  const next = await open()
  expect(next.session().accounts).toEqual([])
  await next.until(() => filesWith(home, texts).length === 0)
  await next.signIn()
  await next.until(({ rows }) => rows.some(({ id }) => id === done))
})

test('encrypts what a locked keychain has left as soon as it is unlocked', async () => {
  const harness = await setupUsed()
  const { app, home, open, secretStore } = harness
  const texts = textsOf(harness)
  await app.stop()
  recordSignOut(home)
  secretStore.beforeCall = (call) =>
    secretStore.failWith(call.includes(' sealed ') ? 'keychain-locked' : null)
  const next = await open()
  await expect.poll(() => secretStore.calls.some((call) => call.includes(' sealed '))).toBe(true)
  expect(filesWith(home, texts)).not.toEqual([])
  secretStore.beforeCall = () => secretStore.failWith(null)
  await next.engine.keychainChanged()
  await next.until(() => filesWith(home, texts).length === 0)
})

test('hides what a full disk leaves partly encrypted, and completes it when there is room', async () => {
  const harness = await setupUsed()
  const { app, home, clock } = harness
  const texts = textsOf(harness)
  const journal = new DatabaseSync(join(home, 'journal.sqlite'))
  journal.exec(`CREATE TRIGGER no_room BEFORE INSERT ON sealed BEGIN SELECT RAISE(ABORT, 'no room'); END`)
  expect(await signOut(app)).toMatchObject({ failure: { code: 'seal-pending' } })
  expect([app.rows(), app.session().accounts]).toEqual([[], []])
  journal.exec('DROP TRIGGER no_room')
  journal.close()
  clock.advance(60_000)
  await app.until(() => filesWith(home, texts).length === 0)
})

test('removing what belongs to a sign-in leaves the uploads of another one that expired', async () => {
  const harness = await setup()
  const { app, cloud, clock, file, home } = harness
  valueOf(await app.calls.pauseAll(undefined))
  const [waiting = ''] = await app.add(await file('waiting.safetensors'))
  const [first] = app.session().accounts
  cloud.endSessions(ALICE.email)
  clock.advance(2 * 3_600_000)
  await app.engine.confirmSignIns()
  await app.until((_snapshot, { accounts }) => accounts[0]?.state === 'signed-out')
  const key = await createDeviceKey(cloud)
  valueOf(await app.calls.signInWithKey({ key }))
  const paired = app.session().accounts.find(({ kind }) => kind === 'device')
  expect([first?.kind, paired?.state]).toEqual(['session', 'ready'])
  valueOf(await app.calls.signOut({ accountId: paired?.id ?? '', data: 'removed' }))
  expect(app.session().accounts.map(({ id }) => id)).toEqual([first?.id])
  expect(app.row(waiting).fileName).toBe('waiting.safetensors')
  expect(filesWith(home, [paired?.id ?? 'none'])).toEqual([])
})

test('a folder whose confirmation is open at the sign-out is not watched', async () => {
  const { app, folder, home } = await setup()
  const path = join(folder, 'zq-models-watched')
  mkdirSync(path)
  const { accountId = '', teamId = '' } = app.session().chosen ?? {}
  const confirm = async () => (await signOut(app)).ok
  expect(await app.engine.watchFolder(path, { accountId, teamId }, confirm)).toMatchObject({
    failure: { code: 'no-team' },
  })
  expect(filesWith(home, ['zq-models-watched'])).toEqual([])
})

test('erases at the next start what could not be erased at the sign-out', async () => {
  const harness = await setupUsed()
  const { app, home, open, watched } = harness
  const logFile = join(home, 'logs', 'modelferry.log')
  // Neither a log that is no file nor a window file that can't be read can be erased.
  mkdirSync(join(logFile, 'zq-models-log'), { recursive: true })
  mkdirSync(join(home, 'window.json'))
  expect(await signOut(app)).toMatchObject({ failure: { code: 'seal-pending' } })
  expect(app.rows()).toEqual([])
  await app.stop()

  rmSync(join(home, 'logs'), { recursive: true })
  rmSync(join(home, 'window.json'), { recursive: true })
  mkdirSync(join(home, 'logs'))
  writeFileSync(logFile, watched)
  writeFileSync(join(home, 'window.json'), JSON.stringify({ zoom: 1, lastFolder: watched }))
  const next = await open()
  await next.until(() => filesWith(home, ['zq-models-']).length === 0)
  expect(JSON.parse(readFileSync(join(home, 'window.json'), 'utf8'))).toEqual({ zoom: 1 })
})

test('log lines that wait for a slow disk at the sign-out are not written after it', async () => {
  let waiting = ''
  let logFile = ''
  const flushLog = async () => {
    if (waiting !== '') writeFileSync(logFile, waiting)
    waiting = ''
  }
  const { app, home } = await setup({ flushLog })
  mkdirSync(join(home, 'logs'))
  logFile = join(home, 'logs', 'modelferry.log')
  waiting = 'zq-models-line'
  valueOf(await signOut(app))
  await flushLog()
  expect(filesWith(home, ['zq-models-line'])).toEqual([])
})

test('a command leaves no log line that was written after its sign-out', async () => {
  const { app, home, fileLog } = await setup({ hasLogFile: true, isCommand: true })
  valueOf(await signOut(app))
  fileLog?.warn('zq-models-late')
  await fileLog?.flush()
  expect(filesWith(home, ['zq-models-late'])).not.toEqual([])
  await app.stop()
  await fileLog?.flush()
  expect(filesWith(home, ['zq-models-late'])).toEqual([])
})

test('reports the accounts of which nothing may be shown any more', async () => {
  const { app } = await setup()
  const [id = ''] = app.session().accounts.map((account) => account.id)
  const departed: boolean[][] = []
  app.engine.subscribe({
    departed: (isDeparted) => void departed.push([isDeparted(id), isDeparted('another')]),
  })
  valueOf(await signOut(app))
  expect(departed).toEqual([[true, false]])
})
