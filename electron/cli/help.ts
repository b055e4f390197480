import { commands, type CommandInfo, type CommandName } from './options.ts'

const usageOf = (name: string, { words }: CommandInfo) =>
  ['modelferry', name, words].filter(Boolean).join(' ')

/** Two columns, the first as wide as its longest entry. */
function table(lines: readonly (readonly [string, string])[]): string {
  const width = Math.max(...lines.map(([first]) => first.length))
  return lines.map(([first, second]) => `  ${first.padEnd(width)}  ${second}\n`).join('')
}

const entries: readonly (readonly [string, CommandInfo])[] = Object.entries(commands)

const environment = table([
  ['MODELFERRY_SERVER', 'base URL of the API (default https://core.cyberun.cloud/api/v1)'],
  ['MODELFERRY_TOKEN', 'an access token or a dk- key, for machines without a keychain; kept nowhere'],
  ['MODELFERRY_TEAM', 'the team to upload to'],
  ['MODELFERRY_LIMIT', 'the most to send in a second, as --limit takes it'],
  [
    'HTTPS_PROXY, HTTP_PROXY',
    'the proxy, http://host:port or socks5h://host:port; NO_PROXY names what goes straight',
  ],
  ['MODELFERRY_HOME', "data folder (default: the app's own)"],
  ['MODELFERRY_MULTIPART_FROM', 'bytes; larger files go in parts (default 500000000)'],
])

const exits = table([
  ['0', 'everything is in the library'],
  ['1', 'something failed'],
  ['2', 'the command was not understood'],
  ['3', 'not signed in'],
  ['130', 'interrupted by Ctrl-C (143: ended by SIGTERM)'],
])

/** The help for all commands. */
export const usage = `modelferry: brings model files into your team's library on Cyberun Cloud

Commands
${table(entries.map(([name, info]) => [usageOf(name, info), info.about]))}
  modelferry help <command>  or  modelferry <command> --help  tells more.

Environment
${environment}
Exit codes
${exits}`

/** The help for one command. */
export function helpFor(name: CommandName): string {
  const info: CommandInfo = commands[name]
  const options = Object.entries(info.options).map(([option, { short, value, about }]) => {
    const flag = value ? `--${option} <${value}>` : `--${option}`
    return [short ? `-${short}, ${flag}` : `    ${flag}`, about] as const
  })
  return [
    `${usageOf(name, info)} [options]\n\n${info.about[0]?.toUpperCase()}${info.about.slice(1)}.\n`,
    `Options\n${table(options)}`,
    ...(info.more ? [`${info.more}\n`] : []),
    `Exit codes\n${exits}`,
  ].join('\n')
}
