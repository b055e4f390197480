import { parseArgs } from 'node:util'
import type { Target } from '../contract/model.ts'

export type Command =
  | { readonly name: 'help' }
  | { readonly name: 'version' }
  | { readonly name: 'login'; readonly email: string | null }
  | { readonly name: 'logout' }
  | { readonly name: 'teams'; readonly json: boolean }
  | {
      readonly name: 'upload'
      readonly paths: readonly string[]
      readonly team: string | null
      readonly target: Partial<Target>
      readonly json: boolean
    }

/** The command line was not understood: exit code 2, with this sentence. */
export class UsageError extends Error {}

export const usage = `modelferry: brings model files into your team's library on Cyberun Cloud

  modelferry upload <paths…> [--team <id or name>] [--type T] [--path P] [--name N] [--json]
  modelferry login [--email E]   sign in; asks for the password without showing it
  modelferry logout              sign out and remove what the keychain holds
  modelferry teams [--json]      the teams you can upload to

  --team    the team to upload to; without it MODELFERRY_TEAM, else the team chosen last, else your only one
  --type    model type, such as checkpoints or loras; without it what the file itself tells
  --path    library path, for one file: letters, digits, _ . / space and -
  --name    display name, for one file
  --json    one JSON object a line: queued, skipped, progress, registered, failed

Environment
  MODELFERRY_SERVER   base URL of the API (default https://core.cyberun.cloud/api/v1)
  MODELFERRY_TOKEN    an access token or a dk- key, for machines without a keychain; kept nowhere
  MODELFERRY_TEAM     the team to upload to
  MODELFERRY_HOME     data folder (default: the app's own)
  MODELFERRY_MULTIPART_FROM  bytes; larger files go in parts (default 500000000)

Ctrl-C pauses: the same command goes on from there, and so does one after a crash.

Exit codes
  0 all registered · 1 some failed · 2 not understood · 3 not signed in
`

/** Reads the command line. Throws `UsageError` for what it does not understand. */
export function parseCommand(words: readonly string[]): Command {
  const [name, ...rest] = words
  switch (name) {
    case undefined:
    case 'help':
    case '--help':
    case '-h':
      return { name: 'help' }
    case '--version':
    case '-v':
      return { name: 'version' }
    case 'login': {
      const { email } = options(rest, { email: { type: 'string' } }, false).values
      return { name, email: email ?? null }
    }
    case 'logout':
      options(rest, {}, false)
      return { name }
    case 'teams':
      return { name, json: options(rest, { json: { type: 'boolean' } }, false).values.json ?? false }
    case 'upload':
      return parseUpload(rest)
    default:
      throw new UsageError(`There is no command "${name}". Try: modelferry help`)
  }
}

function parseUpload(words: readonly string[]): Command {
  const text = { type: 'string' } as const
  const { values, positionals } = options(
    words,
    { team: text, type: text, path: text, name: text, json: { type: 'boolean' } },
    true,
  )
  if (positionals.length === 0) throw new UsageError('Which files? Try: modelferry upload model.safetensors')
  if (positionals.length > 1 && (values.path !== undefined || values.name !== undefined)) {
    throw new UsageError('--path and --name are for one file; leave them out for several.')
  }
  return {
    name: 'upload',
    paths: positionals,
    team: values.team ?? null,
    target: {
      ...(values.type === undefined ? {} : { modelType: values.type }),
      ...(values.path === undefined ? {} : { modelPath: values.path }),
      ...(values.name === undefined ? {} : { displayName: values.name }),
    },
    json: values.json ?? false,
  }
}

type OptionTable = Record<string, { readonly type: 'string' | 'boolean' }>

function options<const Table extends OptionTable>(
  words: readonly string[],
  table: Table,
  allowPositionals: boolean,
) {
  try {
    return parseArgs({ args: [...words], options: table, allowPositionals, strict: true })
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\nTry: modelferry help`)
  }
}
