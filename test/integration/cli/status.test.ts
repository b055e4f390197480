import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { ALICE, ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { partBytes, setupCommand } from '../../support/command-harness.ts'
import { startProgram } from '../../support/command-line.ts'
import { commandLineFile } from '../../support/runner/test-programs.ts'
import { begunUpload, settled } from '../faults/fault.ts'

/** Runs `status` on the app's data folder without server, token and team. */
async function setup() {
  const cli = await setupCommand({ as: ALICE, settings: { singlePutLimitBytes: partBytes } })
  const withoutAccount = {
    MODELFERRY_SERVER: undefined,
    MODELFERRY_TOKEN: undefined,
    MODELFERRY_TEAM: undefined,
  }
  const runStatus = (...words: string[]) =>
    cli.runWith({ ...withoutAccount, MODELFERRY_HOME: cli.home }, 'status', ...words)
  return {
    ...cli,
    runStatus,
    async json() {
      const { code, out, err } = await runStatus('--json')
      expect([code, err]).toEqual([0, ''])
      return JSON.parse(out) as {
        readonly totals: object
        readonly uploads: readonly object[]
        readonly deadline: { readonly neededBytesPerSecond: number | null } | null
      }
    },
  }
}

test('shows an empty queue without a journal, and creates none', async () => {
  const { run, commandHome } = await setupCommand()
  const [plain, json] = [await run('status'), await run('status', '--json')]
  expect([plain.code, plain.out, plain.err]).toEqual([0, 'The upload queue is empty.\n', ''])
  expect([json.code, JSON.parse(json.out)]).toMatchObject([
    0,
    { schema: 1, uploads: [], totals: { left: 0, registered: 0 } },
  ])
  expect(existsSync(commandHome)).toBe(false)
})

test('shows the uploads of a running app without changing them', async () => {
  const harness = await setup()
  const { app, cloud, file, json, runStatus, home, stallAfterPart } = harness
  stallAfterPart(2)
  const sizeBytes = 3 * partBytes + 99
  const path = await file('水墨.safetensors', { sizeBytes })
  const [id = ''] = await app.add(path)
  await app.until(() => app.row(id).sentBytes >= 2 * partBytes)
  const found = await json()
  const [account] = app.session().accounts
  const { target, addedAtMs } = app.row(id)
  expect(found).toEqual({
    schema: 1,
    at: expect.stringMatching(/Z$/) as string,
    folder: home,
    allPaused: false,
    held: null,
    totals: {
      left: 1,
      waiting: 1,
      paused: 0,
      failed: 0,
      needsAttention: 0,
      review: 0,
      registered: 0,
      verified: 0,
      differing: 0,
      leftBehind: 0,
      sizeBytes,
      acknowledgedBytes: 2 * partBytes,
    },
    uploads: [
      {
        id,
        file: '水墨.safetensors',
        localPath: path,
        phase: 'waiting',
        status: 'waiting',
        runByPid: null,
        sizeBytes,
        acknowledgedBytes: 2 * partBytes,
        parts: { sizeBytes: partBytes, count: 4, acknowledged: 2 },
        team: { id: ALICES_TEAM_ID, name: app.row(id).team.name },
        account: { id: account?.id, email: ALICE.email, server: cloud.url, signedIn: true },
        type: target.modelType,
        path: target.modelPath,
        name: target.displayName,
        failure: null,
        addedAt: new Date(addedAtMs).toISOString(),
      },
    ],
    differing: [],
    deadline: null,
  })
  const plain = await runStatus()
  expect(plain.out).toBe(
    `waiting     水墨.safetensors → Alice's Team: 10.5 MB of 15.7 MB, 2 of 4 parts\n` +
      '1 upload in the queue, 10.5 MB of 15.7 MB uploaded.\nTo continue, run: modelferry resume\n',
  )
  cloud.clearFailures()
  expect(await settled(begunUpload(harness, id))).toMatchObject({ phase: 'registered' })
})

test('shows a signed-out account and the text of a failure', async () => {
  const { app, file, runStatus, json } = await setup()
  await app.calls.pauseAll(undefined)
  await app.add([await file('a.safetensors'), await file('b.safetensors', { cutBytes: 10 })])
  await app.calls.signOut({ accountId: app.session().accounts[0]?.id ?? '', data: 'kept' })
  await app.stop()
  const { out } = await runStatus()
  expect(out).toContain(`${ALICE.email} is signed out`)
  expect(out).toContain('All uploads are paused in the app.')
  expect(out).toContain('To continue, run: modelferry resume')
  expect((await json()).uploads).toMatchObject([
    { runByPid: null, account: { signedIn: false }, failure: { code: 'signed-out' } },
    {
      phase: 'failed',
      failure: { code: 'file-cut-short', sentence: expect.stringMatching(/\.$/) as string },
    },
  ])
})

test('shows nothing of an account that has signed out', async () => {
  const { app, file, runStatus, json } = await setup()
  const [done = ''] = await app.add(await file('a.safetensors'))
  await app.settled(done)
  await app.calls.pauseAll(undefined)
  await app.add([await file('b.safetensors')])
  await app.calls.signOut({ accountId: app.session().accounts[0]?.id ?? '' })
  expect((await runStatus()).out).toBe('The upload queue is empty.\nAll uploads are paused in the app.\n')
  expect(await json()).toMatchObject({ uploads: [], totals: { left: 0, registered: 0 } })
})

test('counts a stored but unregistered upload as fully acknowledged', async () => {
  const { app, cloud, file, json } = await setup()
  const held = cloud.hold('registerModel')
  const [id = ''] = await app.add(await file('a.safetensors'))
  await held.arrived
  await app.pauseNow(id)
  held.release()
  const { sizeBytes } = app.row(id)
  expect((await json()).uploads).toMatchObject([
    { phase: 'paused', parts: null, acknowledgedBytes: sizeBytes },
  ])
})

test('does not wait for a process that has locked the journal', async () => {
  const { app, file, home, json } = await setup()
  await app.calls.pauseAll(undefined)
  const [id = ''] = await app.add(await file('a.safetensors'))
  const { uploads, totals } = await json()
  expect(uploads).toMatchObject([{ id, file: 'a.safetensors', phase: 'waiting' }])
  const writer = new DatabaseSync(join(home, 'journal.sqlite'))
  writer.exec(`BEGIN IMMEDIATE; DELETE FROM uploads`)
  expect(await json()).toMatchObject({ uploads, totals })
  writer.exec('ROLLBACK')
  writer.close()
})

test('writes nothing to the journal of a process that has ended', async () => {
  const { app, file, home, json } = await setup()
  await app.calls.pauseAll(undefined)
  await app.add(await file('a.safetensors'))
  await app.stop()
  // A reader of SQLite makes an empty log and shared memory beside the database; neither holds data.
  const written = () =>
    readdirSync(home)
      .filter((name) => !name.endsWith('-shm'))
      .map((name) => [name, readFileSync(join(home, name)).toString('latin1')])
      .filter(([, bytes]) => bytes !== '')
  const before = written()
  expect(before.map(([name]) => name)).toContain('journal.sqlite')
  expect((await json()).uploads).toMatchObject([{ runByPid: null }])
  expect(written()).toEqual(before)
})

test.each(['newer', 'damaged'])('reports a %s journal and does not change it', async (which) => {
  const { commandHome, run } = await setupCommand()
  mkdirSync(commandHome)
  const path = join(commandHome, 'journal.sqlite')
  if (which === 'damaged') writeFileSync(path, 'This is no database. '.repeat(200))
  else {
    const newer = new DatabaseSync(path)
    newer.exec('PRAGMA user_version = 9999')
    newer.close()
  }
  const [status, resume] = [await run('status'), which === 'newer' ? await run('resume') : null]
  expect([status.code, status.out]).toEqual([1, ''])
  expect(status.err).toMatch(/^[A-Z].*\(journal-trouble: .*\)\n$/)
  if (resume)
    expect([resume.code, resume.err]).toMatchObject([
      1,
      expect.stringMatching(/a newer version of Modelferry/),
    ])
})

test('shows the deadline of the app and the speed that it needs, without claiming that it is met', async () => {
  const harness = await setup()
  const { app, file, home, json, runStatus } = harness
  await app.calls.pauseAll(undefined)
  await app.add(await file('a.safetensors', { sizeBytes: 3_600_000 }))
  const deadlineMs = Date.now() + 3_600_000
  writeFileSync(join(home, 'settings.json'), JSON.stringify({ deadlineMs }))
  const { deadline } = await json()
  expect(deadline).toMatchObject({ at: new Date(deadlineMs).toISOString(), leftBytes: 3_600_000 })
  const needed = deadline?.neededBytesPerSecond ?? 0
  expect([needed >= 1_000, needed < 1_200]).toEqual([true, true])
  expect((await runStatus()).out).toMatch(/^Deadline .+: 3\.6 MB left, which needs 1 kB\/s on average\.$/m)
  writeFileSync(join(home, 'settings.json'), JSON.stringify({ deadlineMs: 1_000 }))
  expect((await json()).deadline).toMatchObject({ neededBytesPerSecond: null })
  expect((await runStatus()).out).toMatch(/^The deadline \(.+\) has passed with 3\.6 MB left\.$/m)
})

test('loads no HTTP client that it does not use', async () => {
  const report =
    'process.on("exit", () => console.error(process.moduleLoadList.filter((name) => name.includes("undici"))))'
  const probe = `data:text/javascript,${encodeURIComponent(report)}`
  const command = [process.execPath, '--import', probe, commandLineFile(), '--version']
  const { code, err } = await startProgram(command, {}).ended
  expect([code, err]).toEqual([0, '[]\n'])
})
