import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ALICE, ALICES_TEAM_ID, BOB, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import type { CloudOptions } from '../../cloud/cloud.ts'
import { startCommand, startProgram } from '../../support/command-line.ts'
import { keyringCommand } from '../../support/runner/keyring.ts'
import { commandLineFile } from '../../support/runner/test-programs.ts'
import { setup as setupEngine } from '../../support/engine.ts'
import { createDeviceKey } from '../../support/pairing.ts'

async function setup(cloudOptions: CloudOptions = {}) {
  const engineSetup = await setupEngine({ as: null, cloud: { pollSeconds: 1, ...cloudOptions } })
  const commandHome = join(engineSetup.folder, 'command-home')
  const processEnv = { MODELFERRY_SERVER: engineSetup.cloud.url, MODELFERRY_HOME: commandHome }
  return {
    ...engineSetup,
    commandHome,
    /** Runs a shell script in a session with an unlocked keychain; `modelferry` is the command line. */
    runWithKeychain: (script: string, input = '', more: NodeJS.ProcessEnv = {}) =>
      startProgram(
        keyringCommand(['sh', '-c', `modelferry() { "$NODE" "$COMMAND" "$@"; }\n${script}`]),
        { ...process.env, ...processEnv, NODE: process.execPath, COMMAND: commandLineFile(), ...more },
        input,
      ),
    runWithoutKeychain: (words: readonly string[], input: string) =>
      startCommand(words, processEnv, input).ended,
    readDataFolder: () =>
      readdirSync(commandHome, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => readFileSync(join(entry.parentPath, entry.name)).toString('latin1'))
        .join('\n'),
  }
}

const signIn = `printf '%s\\n' '${ALICE.password}' | modelferry login --email '${ALICE.email}'`
const userCode = /\b[A-Z0-9]{4}-[A-Z0-9]{4}\b/

const encrypted = 'Uploads and history on this computer are encrypted until the account signs in again.'

test('keeps a password sign-in across processes until sign-out', async () => {
  const { runWithKeychain, file, cloud, readDataFolder } = await setup()
  const path = await file('a.safetensors')
  const { out, err } = await runWithKeychain(
    `${signIn}; echo "login $?"
     modelferry teams; echo "teams $?"
     modelferry upload '${path}' --team 'Studio North' | cut -d' ' -f1; echo "upload $?"
     modelferry logout; echo "logout $?"
     modelferry teams; echo "teams $?"
     modelferry logout; echo "logout $?"`,
  ).ended
  expect(out.trimEnd().split('\n')).toEqual([
    ...[`Signed in as ${ALICE.email}, for Alice's Team, Studio North.`, 'login 0'],
    ...[
      `${ALICES_TEAM_ID}  Alice's Team  (${ALICE.email})`,
      `${STUDIO_NORTH_ID}  Studio North  (${ALICE.email})`,
    ],
    ...['teams 0', 'queued', 'registered', 'verified', 'upload 0'],
    ...['Signed out.', encrypted, 'logout 0', 'teams 3', 'No account was signed in.', 'logout 0'],
  ])
  expect(err).toContain('Not signed in. Run: modelferry login')
  expect(cloud.modelsOf(STUDIO_NORTH_ID)).toHaveLength(1)
  await cloud.ended('logout')
  expect(readDataFolder()).not.toMatch(new RegExp(`${ALICE.email}|a\\.safetensors`))
  expect([out, err, readDataFolder()].join('\n')).not.toContain(ALICE.password)
  expect(readDataFolder()).not.toContain('eyJ')
})

test('uses tokens refreshed by an earlier process', async () => {
  const { runWithKeychain, file, cloud } = await setup()
  const [first, second] = [await file('a.safetensors'), await file('b.safetensors')]
  cloud.fail({ on: 'presignModel', how: 401 })
  cloud.fail({ on: 'presignModel', how: 401, skip: 1 })
  const { out } = await runWithKeychain(
    `${signIn} >/dev/null
     modelferry upload '${first}' --team 'Studio North' >/dev/null; echo $?
     modelferry upload '${second}' --team 'Studio North' >/dev/null; echo $?`,
  ).ended
  const refreshes = cloud.operations.filter(({ name }) => name === 'refresh').map(({ status }) => status)
  expect([out, refreshes, cloud.modelsOf(STUDIO_NORTH_ID).length]).toEqual(['0\n0\n', [200, 200], 2])
})

test('uploads with a paired device, lists it and revokes it at sign-out', async () => {
  const { runWithKeychain, file, cloud, readDataFolder } = await setup()
  const path = await file('a.safetensors')
  const { ended, printed } = runWithKeychain(
    `modelferry login; echo "login $?"
     modelferry accounts --json; modelferry accounts
     modelferry upload '${path}' -q; echo "upload $?"
     modelferry logout ${ALICE.email}; echo "logout $?"; modelferry accounts`,
  )
  let shown = ''
  await printed(
    (out) => out.includes('Press Ctrl-C to cancel') && (shown = userCode.exec(out)?.[0] ?? '') !== '',
  )
  cloud.confirmPairing(shown, ALICE.email, STUDIO_NORTH_ID)
  const { out, err } = await ended
  const [, page, , signedIn, login, json, plain, ...rest] = out.trimEnd().split('\n')
  expect(page).toContain(`user_code=${shown}`)
  expect([signedIn, login]).toEqual([`Signed in as ${ALICE.email}, for Studio North.`, 'login 0'])
  const { id, ...account } = JSON.parse(json ?? '') as { readonly id: string }
  expect(account).toEqual({
    kind: 'device',
    server: cloud.url,
    name: ALICE.displayName,
    email: ALICE.email,
    teams: [{ id: STUDIO_NORTH_ID, name: 'Studio North' }],
    state: 'ready',
  })
  expect(plain).toBe(`signed in   ${ALICE.email}  paired  ${cloud.url}  Studio North  (${id})`)
  expect(rest.slice(0, 4)).toEqual(['upload 0', 'Signed out.', encrypted, 'logout 0'])
  expect(cloud.modelsOf(STUDIO_NORTH_ID)).toHaveLength(1)
  await cloud.ended('revokeOwnDevice')
  expect([out, err, readDataFolder()].join('\n')).not.toMatch(/[da]k-/)
})

test('says at a sign-out that another sign-in of the user keeps everything readable', async () => {
  const { runWithKeychain, cloud } = await setup()
  const { ended, printed } = runWithKeychain(
    `${signIn}; modelferry login
     modelferry logout "$(modelferry accounts | sed -n 's/.* paired .*(\\(.*\\))$/\\1/p')"; modelferry logout`,
  )
  let shown = ''
  await printed(
    (out) => out.includes('Press Ctrl-C to cancel') && (shown = userCode.exec(out)?.[0] ?? '') !== '',
  )
  cloud.confirmPairing(shown, ALICE.email, STUDIO_NORTH_ID)
  const { out } = await ended
  expect(out.trimEnd().split('\n').slice(-4)).toEqual([
    ...['Signed out.', expect.stringContaining('It continues uploads to ') as string],
    ...['Signed out.', encrypted],
  ])
})

test('keeps everything of a user with two sign-ins readable', async () => {
  const { runWithKeychain, cloud } = await setup()
  const { ended, printed } = runWithKeychain(
    `${signIn}; modelferry login; modelferry logout --keep; modelferry accounts >/dev/null; modelferry accounts`,
  )
  let shown = ''
  await printed(
    (out) => out.includes('Press Ctrl-C to cancel') && (shown = userCode.exec(out)?.[0] ?? '') !== '',
  )
  cloud.confirmPairing(shown, ALICE.email, STUDIO_NORTH_ID)
  const { out } = await ended
  expect(out.match(/^signed out .*/gm)).toHaveLength(2)
})

test('names the accounts at a sign-out whose sign-in has expired', async () => {
  const { runWithKeychain, cloud, folder, file } = await setup()
  const path = await file('a.safetensors')
  const { ended, printed } = runWithKeychain(
    `${signIn}; printf '%s\\n' '${BOB.password}' | modelferry login --email '${BOB.email}'
     until [ -e '${folder}/ended' ]; do sleep 0.1; done
     modelferry upload '${path}' --team "Alice's Team"; echo "upload $?"
     modelferry logout; echo "logout $?"`,
  )
  await printed((out) => out.includes(`Signed in as ${BOB.email}`))
  cloud.endSessions(ALICE.email)
  cloud.fail({ on: 'presignModel', how: 401 })
  writeFileSync(join(folder, 'ended'), '')
  const { out, err } = await ended
  expect(out.trimEnd().split('\n').slice(-4)).toEqual(['upload 3', 'Signed out.', encrypted, 'logout 0'])
  expect(err).toContain(`Uploads and history of ${ALICE.email} are still readable: the sign-in has expired`)
})

test('exits with 3 when a pairing code expires', async () => {
  const { runWithKeychain } = await setup({ pairingSeconds: 1 })
  const { out, err } = await runWithKeychain('modelferry login; echo "login $?"').ended
  expect([out.trimEnd().split('\n').at(-1), err.includes('pairing-over')]).toEqual(['login 3', true])
})

test('cancels a pairing on Ctrl-C without claiming a sign-in', async () => {
  const { runWithKeychain, folder } = await setup()
  const { out, err } = await runWithKeychain(
    `(exec "$NODE" "$COMMAND" login > '${folder}/printed') & pid=$!
     until grep -q cancel '${folder}/printed'; do :; done
     kill -INT $pid; wait $pid; echo "login $?"
     cat '${folder}/printed'; modelferry teams; echo "teams $?"`,
  ).ended
  expect(out).toMatch(/^login 130\nConfirm the code [^]*Press Ctrl-C to cancel\.\nteams 3\n$/)
  expect(err).toContain('Cancelled.')
})

test.each([
  ['a new', `Signed in as ${ALICE.email}, for Studio North.`],
  ['a known', 'Signed in.'],
])(
  'finishes and reports the sign-in of %s account if Ctrl-C comes after the confirmed key',
  async (kind, report) => {
    const { runWithKeychain, cloud, folder } = await setup()
    const key = await createDeviceKey(cloud)
    const before = kind === 'a known' ? `echo '${key}' | modelferry login --key - > '${folder}/first'` : ''
    const { ended, printed } = runWithKeychain(
      `${before}
     "$NODE" "$COMMAND" login & pid=$!
     until [ -e '${folder}/arrived' ]; do sleep 0.1; done
     kill -INT $pid; echo killed; wait $pid; echo "login $?"`,
    )
    let shown = ''
    await printed(
      (out) => out.includes('Press Ctrl-C to cancel') && (shown = userCode.exec(out)?.[0] ?? '') !== '',
    )
    const held = cloud.hold('getCurrentTeam')
    cloud.confirmPairing(shown, ALICE.email, STUDIO_NORTH_ID)
    await held.arrived
    writeFileSync(join(folder, 'arrived'), '')
    await printed((out) => out.includes('killed'))
    held.release()
    const { out, err } = await ended
    expect(out).toContain(`${report}\nlogin 0\n`)
    expect(err).not.toContain('Cancelled')
  },
)

test('reads a device key from standard input and never prints or misdirects a key', async () => {
  const { runWithKeychain, file, cloud, readDataFolder } = await setup()
  const key = await createDeviceKey(cloud)
  const path = await file('a.safetensors')
  const { out, err } = await runWithKeychain(
    `cat | modelferry login --key -; echo "login $?"
     modelferry upload '${path}' -q; echo "upload $?"
     echo sk-123456 | modelferry login --key -; echo "login $?"`,
    `${key}\n`,
  ).ended
  expect(out.trimEnd().split('\n')).toEqual([
    ...[`Signed in as ${ALICE.email}, for Studio North.`, 'login 0', 'upload 0', 'login 3'],
  ])
  expect(err).toContain('key-of-api')
  expect([out, err, readDataFolder()].join('\n')).not.toMatch(new RegExp(`${key}|sk-123456`))
  expect(cloud.modelsOf(STUDIO_NORTH_ID)).toHaveLength(1)
})

test('lists the signed-in accounts when the one to sign out is unknown', async () => {
  const { runWithKeychain } = await setup()
  const { out, err } = await runWithKeychain(
    `${signIn} >/dev/null; modelferry logout bob@example.com; echo "logout $?"`,
  ).ended
  expect([
    out,
    err.includes('No signed-in account matches "bob@example.com"'),
    err.includes(ALICE.email),
  ]).toEqual([...['logout 2\n', true, true]])
})

test('exits with 3 for a wrong password and explains it', async () => {
  const { runWithoutKeychain, readDataFolder } = await setup()
  const { code, out, err } = await runWithoutKeychain(['login', '--email', ALICE.email], 'wrong-horse\n')
  expect([code, out, err.includes('login-refused'), err.includes('wrong-horse')]).toEqual([
    ...[3, '', true, false],
  ])
  expect(readDataFolder()).not.toContain('wrong-horse')
})

test.each([
  [['login', '--email', ALICE.email], `${ALICE.password}\n`],
  [['login'], ''],
])('exits with 3 for %j without a keychain and names the alternative', async (words, input) => {
  const { runWithoutKeychain } = await setup()
  const { code, out, err } = await runWithoutKeychain(words, input)
  expect([code, out, err.includes('MODELFERRY_TOKEN')]).toEqual([3, '', true])
  expect(err).toMatch(/^Not signed in: /)
  expect(err).not.toContain('quit')
})
