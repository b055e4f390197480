import { app } from 'electron'
import process from 'node:process'
import { cliArguments } from './desktop/integration/cli-arguments.ts'

const words = cliArguments(process.argv)

// `ready` waits for this module, so the app is set up before it; the command line needs no window and never asks for it.
if (words === null) await import('./main.ts')
else {
  // A signal is the command line's own affair: it pauses what it sends, and ends the process itself.
  app.on('before-quit', (event) => event.preventDefault())
  void import('./cli/main.ts')
    .then(({ main }) => main(words))
    // Without a code it has not come to its end, whatever the reason.
    .finally(() => app.exit(Number(process.exitCode ?? 1)))
}
