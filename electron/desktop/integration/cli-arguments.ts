/**
 * Passed by the `modelferry` script of installed packages (build/linux/modelferry) when it was called with a
 * command.
 */
const commandSwitch = '--modelferry-command'

/**
 * The arguments for the command line, or null for a start of the app. They follow `--`, so that Chromium does
 * not interpret them as its own switches (such as `--type`).
 */
export function cliArguments(argv: readonly string[]): readonly string[] | null {
  const separator = argv.indexOf('--')
  const switchIndex = argv.indexOf(commandSwitch)
  if (switchIndex < 1 || separator < switchIndex) return null
  return argv.slice(separator + 1)
}
