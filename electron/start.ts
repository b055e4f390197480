import { app } from 'electron'
import process from 'node:process'
import { cliArguments } from './desktop/integration/cli-arguments.ts'

const commandArguments = cliArguments(process.argv)

// The app must be set up before `ready`, which is emitted after this module has run. The command line opens
// no window.
if (commandArguments === null) await import('./main.ts')
else {
  // On a signal the command line pauses its uploads and then exits.
  app.on('before-quit', (event) => event.preventDefault())
  void import('./cli/main.ts')
    .then(({ main, renewSignalListeners }) => {
      void app.whenReady().then(() => renewSignalListeners(process))
      return main(commandArguments)
    })
    // Without an exit code the command line has failed.
    .finally(() => app.exit(Number(process.exitCode ?? 1)))
}
