import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bridge } from '../../../electron/contract/calls.ts'
import { ALICE, ALICES_TEAM_ID, BOB } from '../../cloud/accounts.ts'
import { startCloud } from '../../cloud/cloud.ts'
import { expect, test, type EngineHarness } from '../support/fixtures.ts'
import { answerBoxes, answerPicker, asked, notified, pressEnterInBoxes } from '../support/main-steps.ts'
import { ask, signIn } from '../support/page-steps.ts'
import type { RunningApp } from '../support/running-app.ts'

/** An app whose server is in the settings, as in an installed one, with Alice signed in. */
async function startInstalled(harness: EngineHarness): Promise<RunningApp> {
  Reflect.deleteProperty(harness.environment, 'MODELFERRY_SERVER')
  writeFileSync(
    join(harness.home, 'settings.json'),
    JSON.stringify({ server: harness.cloud.url, review: 'never' }),
  )
  const app = await harness.start()
  await signIn(app.page)
  return app
}

/** Watches a folder with one model in it as the user would. */
async function watchFolder(harness: EngineHarness, { page, electron }: RunningApp): Promise<string> {
  await harness.file('inbox/loras/private.safetensors')
  await answerPicker(electron, [join(harness.folder, 'files/inbox')])
  await answerBoxes(electron, 0)
  const id = await page.evaluate(async () => {
    const bridge = window.testBridge
    const session = await bridge.session()
    const chosen = session.ok ? session.value.chosen : null
    const watched = chosen && (await bridge.watchFolder({ team: chosen }))
    return watched?.ok ? (watched.value.folders[0]?.id ?? '') : ''
  })
  await pressEnterInBoxes(electron)
  return id
}

test('a script in the page cannot send a watched folder to another server, account or team', async ({
  harness,
}) => {
  const other = await startCloud({})
  try {
    const app = await startInstalled(harness)
    const { page, electron } = app
    const id = await watchFolder(harness, app)
    other.forgetOperations()
    const { codes, teamName, sent } = await page.evaluate(
      async ({ server, account, folder }) => {
        const bridge = window.testBridge
        const results = [
          await bridge.changeSettings({ server }),
          await bridge.changeSettings({ servers: [{ address: server, singlePutLimitBytes: null }] }),
          await bridge.checkServer({ address: server }),
          await bridge.addServer({ address: server }),
          await bridge.signIn(account),
        ]
        const session = await bridge.session()
        // The attacker's team if all of that has worked, else another team of the user.
        const last = session.ok ? session.value.accounts.at(-1) : undefined
        const team = { accountId: last?.id ?? '', teamId: last?.teams.at(-1)?.id ?? '' }
        const given = await bridge.giveWatched({ id: folder, team })
        return {
          codes: results.map((result) => (result.ok ? result.value && 'done' : result.failure.code)),
          teamName: given.ok ? given.value.folders[0]?.team.name : null,
          sent: await bridge.sendOffered({ id: folder }),
        }
      },
      { server: other.url, account: { email: BOB.email, password: BOB.password }, folder: id },
    )
    expect(other.operations.map(({ name }) => name)).toEqual([])
    expect(codes).toEqual(['bad-call', 'bad-call', 'bad-call', null, 'sign-in-declined'])
    expect([teamName, sent]).toEqual(["Alice's Team", { ok: true, value: null }])
    expect((await ask(page, 'settings')).server).toBe(harness.cloud.url)
    expect((await ask(page, 'session')).accounts.map(({ email }) => email)).toEqual([ALICE.email])
    expect(harness.cloud.operations.map(({ name }) => name)).not.toContain('presignModel')
    const [server, account, folder, offered] = await asked(electron)
    expect([server, account]).toEqual([
      `Add the server ${new URL(other.url).host}?`,
      `Add the account ${BOB.email}?`,
    ])
    expect(folder).toMatch(/^Upload new models in “.*inbox” to Studio North\?$/)
    expect(offered).toMatch(/^Upload 1 file \(.*\) to Alice's Team\?$/)
  } finally {
    await other.close()
  }
})

test('a script in the page cannot delete a library', async ({ app, page, harness }) => {
  const { electron } = app
  await pressEnterInBoxes(electron)
  const modelIds = Array.from({ length: 8 }, (_none, index) =>
    harness.cloud.addModel(ALICES_TEAM_ID, { model_path: `models/loras/${index}.safetensors` }),
  )
  const answers = await page.evaluate(async (ids) => {
    const bridge = window.testBridge
    const session = await bridge.session()
    const choice = (session.ok && session.value.chosen) || { accountId: '', teamId: '' }
    const all = await bridge.deleteModels({ choice, modelIds: ids })
    const single = []
    for (const id of ids) single.push(await bridge.deleteModels({ choice, modelIds: [id] }))
    return [all, ...single].map((answer) => answer.ok && answer.value)
  }, modelIds)
  expect(answers).toEqual(Array.from({ length: 9 }, () => null))
  expect(harness.cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(8)
  // Two declined dialogs are followed by a pause.
  const [several, single, ...more] = await asked(electron)
  expect(several).toBe("Delete 8 models from the library of Alice's Team?")
  expect(single).toMatch(/^Delete “.+” from the library of Alice's Team\?$/)
  expect(more).toEqual([])
})

test('a script in the page cannot change settings that protect the team', async ({ app, page }) => {
  await pressEnterInBoxes(app.electron)
  const changed = await page.evaluate(async () => {
    const bridge = window.testBridge
    return bridge.changeSettings({ replacedFate: 'delete', review: 'never', updates: 'off' })
  })
  expect(changed).toMatchObject({ ok: true, value: { replacedFate: 'disable', updates: 'automatic' } })
  expect(await asked(app.electron)).toEqual(['Change settings that protect your team?'])
})

test('a script in the page can neither read responses nor repeat requests without end', async ({
  page,
  harness,
}) => {
  harness.cloud.fail({ on: 'api', how: 403 })
  const { check, codes } = await page.evaluate(async () => {
    const bridge = window.testBridge
    const codeOf = (answer: Awaited<ReturnType<Bridge[keyof Bridge & 'openPage']>>) =>
      answer.ok ? '' : answer.failure.code
    const firstCheck = await bridge.checkConnection()
    const settings = await bridge.settings()
    const address = settings.ok ? settings.value.server : ''
    for (let times = 1; times < 30; times += 1) await bridge.checkServer({ address })
    const pages = []
    for (let times = 0; times < 11; times += 1) pages.push(codeOf(await bridge.openPage({ page: 'pairing' })))
    const tests = []
    const secondCodes = []
    for (let times = 0; times < 6; times += 1) {
      const running = bridge.testStorage()
      const second = await bridge.testStorage()
      if (!second.ok) secondCodes.push(second.failure.code)
      await bridge.cancelStorageTest()
      const tested = await running
      tests.push(tested.ok ? '' : tested.failure.code)
    }
    const lastCheck = await bridge.checkConnection()
    return {
      check: JSON.stringify(firstCheck),
      codes: [
        ...[pages.at(-2), pages.at(-1), secondCodes[0], tests.at(-2), tests.at(-1)],
        lastCheck.ok || lastCheck.failure.code,
      ],
    }
  })
  expect(check).toContain('"code":"sign-in-forbidden"')
  expect(check).not.toMatch(/serverMessage|detail/)
  const expected = ['pairing-over', 'too-often', 'storage-test-running', '', 'too-often', 'too-often']
  expect(codes).toEqual(expected)
})

test(
  'a script in the page cannot hide the notification of a change behind another one',
  { tag: '@host' },
  async ({ app, page }) => {
    const { electron } = app
    await pressEnterInBoxes(electron)
    await page.evaluate(() => window.testBridge.changeSettings({ updates: 'ask' }))
    await expect.poll(() => notified(electron)).toHaveLength(1)
    await electron.evaluate(() => {
      const [first] = globalThis.__electronHost.notifications
      first?.once('close', () => globalThis.dialogsAsked.push('closed'))
    })
    await page.evaluate(async () => {
      const bridge = window.testBridge
      for (let times = 0; times < 2; times += 1) await bridge.changeSettings({ replacedFate: 'delete' })
    })
    await expect.poll(() => notified(electron)).toHaveLength(2)
    expect(await asked(electron)).not.toContain('closed')
  },
)

test(
  'a script in the page cannot remove the notification of a change by signing out',
  { tag: '@host' },
  async ({ app, page }) => {
    const { electron } = app
    await signIn(page)
    await pressEnterInBoxes(electron)
    await page.evaluate(() => window.testBridge.changeSettings({ updates: 'ask' }))
    await expect.poll(() => notified(electron)).toHaveLength(1)
    await electron.evaluate(() => {
      const [first] = globalThis.__electronHost.notifications
      first?.once('close', () => globalThis.dialogsAsked.push('closed'))
    })
    const { accounts } = await ask(page, 'session')
    await page.evaluate(
      (accountId) => window.testBridge.signOut({ accountId, data: 'removed' }),
      accounts[0]?.id ?? '',
    )
    await expect.poll(async () => (await ask(page, 'session')).accounts).toEqual([])
    expect(await asked(electron)).not.toContain('closed')
  },
)

test('a script in the page cannot change the clipboard while another program has the focus', async ({
  app,
}) => {
  const { page, electron } = app
  const copy = (text: string) =>
    page.evaluate(async (copied) => {
      const result = await window.testBridge.copyText({ text: copied })
      return result.ok ? null : result.failure.code
    }, text)
  await electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.focus())
  expect(await copy('of the user')).toBeNull()
  await electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.blur())
  expect(await copy('of a script')).toBe('bad-call')
  expect(await electron.evaluate(({ clipboard }) => clipboard.readText())).toBe('of the user')
})
