/** Said by the `modelferry` on the PATH of an installed package (build/linux/modelferry) when a command stands behind it. */
const commandMark = '--modelferry-command'

/**
 * The words of a command that the installed app was started for, or null when it was started as an app. They stand behind
 * `--`, so that Chromium takes none of them for a switch of its own (`--type` is one).
 */
export function cliArguments(argv: readonly string[]): readonly string[] | null {
  const dashes = argv.indexOf('--')
  const mark = argv.indexOf(commandMark)
  if (mark < 1 || dashes < mark) return null
  return argv.slice(dashes + 1)
}
