import { app } from 'electron'
import process from 'node:process'
import { cliArguments } from './desktop/integration/cli-arguments.ts'
import { serveFinder } from './desktop/integration/serve-finder.ts'
import { forbiddenSwitch } from './desktop/security/forbidden-switches.ts'

const commandArguments = cliArguments(process.argv)
const refused = forbiddenSwitch()

// The app must be set up before `ready`, which is emitted after this module has run.
if (refused !== null) {
  // An app has no console on Windows. Before `ready`, Linux writes this to standard error.
  if (commandArguments === null) {
    const { showForbiddenSwitch } = await import('./desktop/diagnostics/start-failure.ts')
    showForbiddenSwitch(refused)
  } else process.stderr.write(`Modelferry doesn’t start with ${refused}.\n`)
  app.exit(1)
} else if (commandArguments === null)
  await import('./main.ts').catch(async (error: unknown) => {
    const { reportEarlyFailure } = await import('./desktop/diagnostics/start-failure.ts')
    void reportEarlyFailure(error)
  })
else {
  const command = import('./cli/main.ts')
    .then(({ main }) => main(commandArguments))
    // Without an exit code the command line has failed.
    .finally(() => app.exit(Number(process.exitCode ?? 1)))
  // Until this module has run, Electron runs only Node's event loop (`NodeBindings::JoinAppCode`). So a command
  // ends before Chromium starts, and needs no display, no profile and no sandbox.
  if (process.platform === 'darwin') serveFinder()
  else await command
}
