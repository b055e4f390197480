import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { setupCommand, partBytes } from '../../support/command-harness.ts'
import { startProgram } from '../../support/command-line.ts'
import { electronHost } from '../../support/host-app.ts'
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
  const modelferry = `'${electronHost}' '${app}' --modelferry-command --`
  return {
    ...cli,
    modelferry,
    /** Runs a shell script. */
    run: (script: string) => startProgram(['sh', '-c', script], environment),
  }
}

test.each(['', 'exit-returns'])('exits with 143 after SIGTERM, with the quirks “%s”', async (quirks) => {
  const cli = await setup(quirks)
  const path = await cli.file('a.safetensors', { sizeBytes: 6 * partBytes })
  cli.stallAfterPart(2)
  const { child, ended, line } = cli.run(`exec ${cli.modelferry} upload '${path}' --json --yes`)
  await line(({ event, sentBytes }) => event === 'progress' && Number(sentBytes) > 0)
  child.kill('SIGTERM')
  expect((await ended).code).toBe(143)
})
