import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import process from 'node:process'
import { ALICE, ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { expect, test } from '../support/fixtures.ts'
import type { EngineHarness } from '../support/fixtures.ts'
import { ask, rowOf, signIn } from '../support/page-steps.ts'
import { startWords } from '../support/running-app.ts'

// The command line inside the program, as in a package. MODELFERRY_PACKAGED is the path of a packaged program, which
// is tested too.

type Launcher = (words: readonly string[]) => { readonly program: string; readonly words: readonly string[] }

const packaged = process.env['MODELFERRY_PACKAGED']
const launchers: Readonly<Record<string, Launcher>> = {
  'the built app': startWords,
  ...(packaged && { 'the packaged app': (words: readonly string[]) => ({ program: packaged, words }) }),
}
/** Longer than any command here needs. */
const limitMs = 30_000

/** Starts a command without a display, with its input. */
function start(
  launcher: Launcher,
  { environment }: EngineHarness,
  command: readonly string[],
  { input = '', more = {} }: { readonly input?: string; readonly more?: NodeJS.ProcessEnv } = {},
) {
  const { program, words } = launcher(['--modelferry-command', '--', ...command])
  const env: NodeJS.ProcessEnv = { ...environment, ...more }
  for (const name of ['DISPLAY', 'WAYLAND_DISPLAY']) Reflect.deleteProperty(env, name)
  const child = spawn(program, words, { env, stdio: 'pipe', timeout: limitMs, killSignal: 'SIGKILL' })
  child.stdin.on('error', () => undefined) // it may end without reading
  child.stdin.end(input)
  const ended = Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]).then(
    ([[code], out, err]) => ({ code: code as number | null, out, err }),
  )
  return { child, ended }
}

for (const [name, launcher] of Object.entries(launchers)) {
  const run = (harness: EngineHarness, command: readonly string[], input = '') =>
    start(launcher, harness, command, { input }).ended

  test(`the command line of ${name} prints its version and nothing else`, async ({ harness }) => {
    const { code, out, err } = await run(harness, ['--version'])
    expect([code, out, err]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/), ''])
  })

  test(`the command line of ${name} signs in with a password from a pipe, and uploads`, async ({
    harness,
  }) => {
    const signedIn = await run(harness, ['login', '--email', ALICE.email], `${ALICE.password}\n`)
    expect([signedIn.code, signedIn.out]).toEqual([0, expect.stringContaining(`Signed in as ${ALICE.email}`)])
    const uploaded = await run(harness, [
      ...['upload', await harness.file('loras/piped.safetensors')],
      ...['--team', ALICES_TEAM_ID, '--yes'],
    ])
    expect([uploaded.code, harness.cloud.modelsOf(ALICES_TEAM_ID).length]).toEqual([0, 1])
  })

  test(`the command line of ${name} steers the running app`, async ({ harness }) => {
    const { page, kill } = await harness.start()
    await signIn(page)
    const limited = await run(harness, ['limit', '5M'])
    expect([limited.code, limited.out, limited.err]).toEqual([0, 'Speed limit: 5.0 MB/s.\n', ''])
    expect((await ask(page, 'settings')).limitBytesPerSecond).toBe(5_000_000)
    expect((await run(harness, ['pause', '--all'])).code).toBe(0)
    expect((await ask(page, 'snapshot')).allPaused).toBe(true)
    const file = await harness.file('loras/harbour.safetensors')
    const added = await run(harness, ['upload', file, '--yes', '--detach'])
    const why = 'All uploads are paused. To continue, run: modelferry resume --all\n'
    expect([added.code, added.err]).toEqual([0, why])
    await expect(rowOf(page, 'harbour')).toBeVisible()
    const waiting = start(launcher, harness, [
      'upload',
      await harness.file('loras/other.safetensors'),
      '--yes',
    ])
    await expect(rowOf(page, 'other')).toBeVisible()
    await kill()
    const { code: uploaded, err: said } = await waiting.ended
    const goesOn = 'Modelferry has ended. This command continues with its files.\n'
    expect([uploaded, said]).toEqual([0, why + goesOn])
    expect(harness.cloud.modelsOf(ALICES_TEAM_ID)).toMatchObject([{ display_name: 'other' }])
    const { code, err } = await run(harness, ['resume', '--all'])
    expect([code, err]).toEqual([1, expect.stringContaining('isn’t running')])
  })

  test(`the command line of ${name} ends with 130 after Ctrl-C`, async ({ harness }) => {
    test.skip(process.platform === 'win32', 'Windows has no signals that another process can send')
    const { child, ended } = start(launcher, harness, ['login'])
    await once(child.stdout, 'data')
    child.kill('SIGINT')
    expect((await ended).code).toBe(130)
  })
}

if (packaged)
  test('the packaged app cannot be used as Node', async ({ harness }) => {
    const launcher: Launcher = (words) => ({ program: packaged, words: ['--inspect=0', ...words] })
    // Where the fuses are not in force, Node rejects the first switch, or doesn't find the module.
    const more = { ELECTRON_RUN_AS_NODE: '1', NODE_OPTIONS: '--require=/missing.cjs' }
    const { code, out, err } = await start(launcher, harness, ['--version'], { more }).ended
    expect([code, out]).toEqual([0, expect.stringMatching(/^\d/)])
    expect(err).not.toContain('Debugger listening')
  })
