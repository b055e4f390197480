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
  ['MODELFERRY_SERVER', 'server address (default: the server set in the app)'],
  ['MODELFERRY_TOKEN', 'access token or device key (dk-…), for computers without a keychain; never saved'],
  ['MODELFERRY_TEAM', 'team to upload to'],
  [
    'MODELFERRY_REVIEW',
    'when files are shown first: always, when-needed, never (default: the setting of the app)',
  ],
  ['MODELFERRY_LIMIT', 'speed limit, in the format of --limit'],
  ['HTTPS_PROXY, HTTP_PROXY', 'proxy, as http://host:port or socks5h://host:port; NO_PROXY lists exceptions'],
  ['MODELFERRY_HOME', 'data folder (default: the data folder of the app)'],
  [
    'MODELFERRY_MULTIPART_FROM',
    'size in bytes from which files are uploaded in parts (default: the setting of the app)',
  ],
])

const exits = table([
  ['0', 'success'],
  ['1', 'an error occurred'],
  ['2', 'invalid command, option or variable'],
  ['3', 'not signed in'],
  ['130', 'interrupted by Ctrl-C (143: terminated by SIGTERM)'],
])

/** The help for all commands. */
export const usage = `modelferry: upload model files to your team’s library on Cyberun Cloud

Commands
${table(entries.map(([name, info]) => [usageOf(name, info), info.about]))}
  Run "modelferry help <command>" or "modelferry <command> --help" for details.

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
