import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ALICE, ALICES_TEAM_ID, STUDIO_NORTH_ID } from '../../cloud/accounts.ts'
import { commandLineFile, startCommand, startProgram } from '../../support/command-line.ts'
import { setup as setupWorld } from '../../support/engine.ts'
import { projectFolder } from '../../support/temp-project.ts'

async function setup() {
  const world = await setupWorld({ as: null })
  const commandHome = join(world.folder, 'command-home')
  const environment = { MODELFERRY_SERVER: world.cloud.url, MODELFERRY_HOME: commandHome }
  return {
    ...{ ...world, commandHome },
    /** Runs a shell script in which `modelferry` is the command, inside one session with an unlocked keychain. */
    inKeychain: (script: string, input = '') =>
      startProgram(
        [
          ...[process.execPath, join(projectFolder, 'test/support/keyring.ts'), 'sh', '-c'],
          `modelferry() { "$NODE" "$COMMAND" "$@"; }\n${script}`,
        ],
        { ...process.env, ...environment, NODE: process.execPath, COMMAND: commandLineFile },
        input,
      ).ended,
    withoutKeychain: (words: readonly string[], input: string) =>
      startCommand(words, environment, input).ended,
    disk: () =>
      readdirSync(commandHome, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => readFileSync(join(entry.parentPath, entry.name)).toString('latin1'))
        .join('\n'),
  }
}

test('a sign-in by pipe lasts from process to process until the sign-out', async () => {
  const { inKeychain, file, cloud, disk } = await setup()
  const path = await file('a.safetensors')
  const { out, err } = await inKeychain(
    `printf '%s\\n' '${ALICE.email}' '${ALICE.password}' | modelferry login; echo "login $?"
     modelferry teams; echo "teams $?"
     modelferry upload '${path}' --team 'Studio North' | cut -d' ' -f1; echo "upload $?"
     modelferry logout; echo "logout $?"
     modelferry teams; echo "teams $?"
     modelferry logout; echo "logout $?"`,
  )
  expect(out.trimEnd().split('\n')).toEqual([
    ...[`Signed in as ${ALICE.email}.`, 'login 0'],
    ...[
      `${ALICES_TEAM_ID}  Alice's Team  (${ALICE.email})`,
      `${STUDIO_NORTH_ID}  Studio North  (${ALICE.email})`,
    ],
    ...['teams 0', 'queued', 'registered', 'upload 0'],
    ...['Signed out.', 'logout 0', 'teams 3', 'Nobody was signed in.', 'logout 0'],
  ])
  expect(err).toContain('Nobody is signed in. Run: modelferry login')
  expect(cloud.modelsOf(STUDIO_NORTH_ID)).toHaveLength(1)
  await cloud.ended('logout')
  expect([out, err, disk()].join('\n')).not.toContain(ALICE.password)
  expect(disk()).not.toContain('eyJ')
})

test('a pair that one process was given serves the next', async () => {
  const { inKeychain, file, cloud } = await setup()
  const [first, second] = [await file('a.safetensors'), await file('b.safetensors')]
  cloud.fail({ on: 'presignModel', how: 401 })
  cloud.fail({ on: 'presignModel', how: 401, skip: 1 })
  const { out } = await inKeychain(
    `printf '%s\\n' '${ALICE.password}' | modelferry login --email '${ALICE.email}' >/dev/null
     modelferry upload '${first}' --team 'Studio North' >/dev/null; echo $?
     modelferry upload '${second}' --team 'Studio North' >/dev/null; echo $?`,
  )
  const refreshes = cloud.operations.filter(({ name }) => name === 'refresh').map(({ status }) => status)
  expect([out, refreshes, cloud.modelsOf(STUDIO_NORTH_ID).length]).toEqual(['0\n0\n', [200, 200], 2])
})

test('a wrong password ends with 3 and names what it may be', async () => {
  const { withoutKeychain, disk } = await setup()
  const { code, out, err } = await withoutKeychain(['login', '--email', ALICE.email], 'wrong-horse\n')
  expect([code, out, err.includes('login-refused'), err.includes('wrong-horse')]).toEqual([
    3,
    '',
    true,
    false,
  ])
  expect(disk()).not.toContain('wrong-horse')
})

test('without a keychain a sign-in ends with 3 and names the way out', async () => {
  const { withoutKeychain } = await setup()
  const { code, err } = await withoutKeychain(['login', '--email', ALICE.email], `${ALICE.password}\n`)
  expect([code, err.includes('MODELFERRY_TOKEN')]).toEqual([3, true])
})
