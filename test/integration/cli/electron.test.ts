import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ALICE } from '../../cloud/accounts.ts'
import { setupCommand, partBytes } from '../../support/command-harness.ts'
import { startProgram } from '../../support/command-line.ts'
import { hostExecutable } from '../../support/runner/electron-runtime.ts'
import { terminalLines } from '../../support/pseudo-terminal.ts'
import { projectFolder } from '../../support/temp-project.ts'

// Commands inside Electron's executable, as in a package, without a display or Chromium.

/** A command with the behaviour of another system, named by its quirks. */
async function setup(quirks: string) {
  const cli = await setupCommand()
  const app = mkdtempSync(join(tmpdir(), 'modelferry-app-'))
  onTestFinished(() => rmSync(app, { recursive: true, maxRetries: 20, retryDelay: 50 }))
  const about = { type: 'module', main: join(projectFolder, 'electron/start.ts') }
  writeFileSync(join(app, 'package.json'), JSON.stringify(about))
  const environment = {
    ...cli.processEnv,
    MODELFERRY_REVIEW: 'always',
    DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere',
    ELECTRON_HOST_CHROMIUM: '/nowhere',
    ELECTRON_HOST_QUIRKS: quirks,
    TERM: 'xterm',
  }
  const modelferry = `'${hostExecutable}' '${app}' --modelferry-command --`
  return {
    ...cli,
    modelferry,
    /** Runs a shell script. */
    run: (script: string, input = '', more: NodeJS.ProcessEnv = {}) =>
      startProgram(['sh', '-c', script], { ...environment, ...more }, input),
    runOnTerminal: (command: string) =>
      startProgram(
        ['script', '--quiet', '--return', '--flush', '-c', command, '/dev/null'],
        environment,
        null,
      ),
  }
}

const login = `login --email '${ALICE.email}'`

test.each(['', 'ended-stdin'])(
  'reads a password from a pipe or a file, with the quirks “%s”',
  async (quirks) => {
    const { run, modelferry, folder } = await setup(quirks)
    writeFileSync(join(folder, 'password'), `${ALICE.password}\n`)
    // It was accepted: without a keychain, the sign-in can't be saved.
    const accepted = expect.stringMatching(/^Not signed in: this computer has no keychain/) as string
    const fromFile = await run(`${modelferry} ${login} < '${folder}/password'`).ended
    const fromPipe = await run(`cat '${folder}/password' | ${modelferry} ${login}`).ended
    const fromSocket = await run(`${modelferry} ${login}`, `${ALICE.password}\n`).ended
    expect([fromFile, fromPipe, fromSocket].map(({ code, err }) => [code, err])).toEqual(
      Array.from({ length: 3 }, () => [3, accepted]),
    )
  },
)

test.each(['', 'ended-stdin'])('says that the input is missing, with the quirks “%s”', async (quirks) => {
  const { run, modelferry } = await setup(quirks)
  const { code, err } = await run(`${modelferry} ${login} < /dev/null`).ended
  expect([code, err]).toEqual([2, expect.stringMatching(/^Standard input has no password\./)])
})

test.each(['', 'ended-stdin'])(
  'asks on a terminal, without showing a password, with the quirks “%s”',
  async (quirks) => {
    const { file, modelferry, runOnTerminal } = await setup(quirks)
    const signIn = runOnTerminal(`${modelferry} ${login}`)
    await signIn.printed((out) => out.includes('Password:'))
    signIn.child.stdin?.write(`${ALICE.password}\r`)
    const { code, out } = await signIn.ended
    expect([code, out.includes(ALICE.password)]).toEqual([3, false])
    const upload = runOnTerminal(`${modelferry} upload '${await file('a.safetensors')}'`)
    await upload.printed((printed) => printed.includes('?'))
    upload.child.stdin?.write('y\r')
    const { code: uploaded, out: shown } = await upload.ended
    expect([uploaded, terminalLines(shown).at(-1)]).toEqual([0, expect.stringMatching(/^verified/)])
  },
)

test.each(['', 'exit-returns'])('exits with 143 after SIGTERM, with the quirks “%s”', async (quirks) => {
  const cli = await setup(quirks)
  const path = await cli.file('a.safetensors', { sizeBytes: 6 * partBytes })
  cli.stallAfterPart(2)
  const { child, ended, line } = cli.run(`exec ${cli.modelferry} upload '${path}' --json --yes`)
  await line(({ event, sentBytes }) => event === 'progress' && Number(sentBytes) > 0)
  child.kill('SIGTERM')
  expect((await ended).code).toBe(143)
})

test.each(['', 'exit-returns'])('ends after an unexpected error, with the quirks “%s”', async (quirks) => {
  const { file, modelferry, run } = await setup(quirks)
  const throwing = `process.on('worker', () => setImmediate(() => { throw new Error('unexpected') }))`
  const { code, err } = await run(`${modelferry} inspect '${await file('a.safetensors')}'`, '', {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(throwing)}`,
  }).ended
  expect([code, err]).toEqual([1, expect.stringMatching(/^Modelferry stopped because of an internal error/)])
})

test.each(['--js-flags=--expose-gc', '--remote-debugging-pipe', '--host-rules=a'])(
  'a package does not start with %s',
  async (given) => {
    const { run, modelferry, folder } = await setup('')
    const preload = join(folder, 'packaged.cjs')
    writeFileSync(preload, `require('electron').app.isPackaged = true`)
    const start = modelferry.replace("' '", `' -r '${preload}' ${given} '`)
    const asCommand = await run(`${start} --version`).ended
    const asApp = await run(start.replace('--modelferry-command --', '')).ended
    const [option] = given.split('=')
    expect([asCommand, asApp]).toMatchObject([
      { code: 1, err: `Modelferry doesn’t start with ${option}.\n` },
      { code: 1, err: expect.stringMatching(`^error box: Modelferry couldn’t start: .*${option} `) },
    ])
    const inDevelopment = modelferry.replace("' '", `' ${given} '`)
    expect(await run(`${inDevelopment} --version`).ended).toMatchObject({ code: 0 })
  },
)
