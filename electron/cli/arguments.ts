import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import * as v from 'valibot'
import type { FailureCode } from '../contract/failures.ts'
import { onConflict, type OnConflict } from '../contract/library.ts'
import { settingsSchema } from '../contract/settings.ts'
import type { Target } from '../contract/uploads.ts'
import { commands, isCommandName, type CommandInfo, type CommandName } from './options.ts'
import { usage } from './help.ts'
import { parseRate, rateHint } from './parse-rate.ts'
import { closestMatch } from './closest-match.ts'

/** Format and amount of output. */
interface OutputOptions {
  readonly json: boolean
  readonly quiet: boolean
}

/** Limits of the upload speed. */
export interface SpeedOptions {
  /** Null for no limit, undefined without the option. */
  readonly limitBytesPerSecond: number | null | undefined
  /** Maximum of parallel connections, 1–64, or undefined without the option. */
  readonly streamsMost: number | undefined
}

/** What the running app is asked to do. */
export type QueueChange =
  | {
      readonly verb: 'pause' | 'resume' | 'retry'
      /** None for all. */
      readonly uploads: readonly string[]
    }
  | { readonly verb: 'remove'; readonly uploads: readonly string[]; readonly yes: boolean }
  | {
      readonly verb: 'move'
      readonly uploads: readonly string[]
      /** The place in the queue, or the upload before which they go. */
      readonly to: 'first' | 'last' | { readonly before: string }
    }
  /** Null for no limit, undefined to show it. */
  | { readonly verb: 'limit'; readonly bytesPerSecond: number | null | undefined }

type LibraryAction =
  | { readonly action: 'list'; readonly search: string }
  | { readonly action: 'show'; readonly models: readonly string[] }
  | { readonly action: 'disable' | 'enable'; readonly models: readonly string[] }
  | { readonly action: 'rename'; readonly models: readonly string[]; readonly newName: string }
  | { readonly action: 'rm'; readonly models: readonly string[]; readonly yes: boolean }

export type Command =
  | { readonly name: 'help'; readonly about: CommandName | null }
  | { readonly name: 'version' }
  | { readonly name: 'login'; readonly by: 'pairing' | 'password' | 'key'; readonly email: string | null }
  | { readonly name: 'logout'; readonly account: string | null; readonly data: 'kept' | 'removed' | null }
  | { readonly name: 'accounts'; readonly json: boolean; readonly discardEncrypted: boolean }
  | { readonly name: 'teams'; readonly json: boolean }
  | { readonly name: 'status'; readonly follow: boolean; readonly json: boolean }
  | ({ readonly name: 'change-uploads' } & QueueChange)
  | { readonly name: 'history'; readonly search: string; readonly count: number; readonly json: boolean }
  | ({ readonly name: 'library'; readonly team: string | null; readonly json: boolean } & LibraryAction)
  | ({ readonly name: 'watch' } & Watching)
  | { readonly name: 'log'; readonly upload: string; readonly json: boolean }
  | {
      readonly name: 'check'
      readonly storage: boolean
      readonly team: string | null
      readonly json: boolean
    }
  | ({
      readonly name: 'workflow'
      readonly file: string
      readonly team: string | null
      readonly upload: boolean
    } & OutputOptions &
      SpeedOptions)
  | { readonly name: 'find'; readonly team: string | null; readonly json: boolean }
  | {
      readonly name: 'inspect'
      readonly paths: readonly string[]
      readonly output: 'text' | 'json' | 'report'
    }
  | {
      readonly name: 'verify'
      readonly receipt: string
      readonly file: string | null
      readonly json: boolean
    }
  | ({ readonly name: 'resume' } & OutputOptions & SpeedOptions)
  | ({
      readonly name: 'upload'
      readonly paths: readonly string[]
      /** Ids or names; none without the option. */
      readonly teams: readonly string[]
      readonly target: Partial<Target>
      /** The failures that the options accept. */
      readonly allow: ReadonlySet<FailureCode>
      /** Undefined without the option. */
      readonly onConflict: OnConflict | undefined
      /** Uploads without asking. */
      readonly yes: boolean
      readonly dryRun: boolean
      readonly abortOnInterrupt: boolean
      /** Doesn't wait for the uploads. */
      readonly detach: boolean
    } & OutputOptions &
      SpeedOptions)

export type Watching =
  | { readonly action: 'list'; readonly json: boolean }
  | { readonly action: 'add'; readonly folder: string; readonly team: string | null }
  | { readonly action: 'pause' | 'resume' | 'rm'; readonly folders: readonly string[] }

/** An invalid command line or environment variable: ends with exit code 2 and this message. */
export class UsageError extends Error {}

/** Parses the command line. Throws `UsageError`. */
export function parseCommand(words: readonly string[]): Command {
  const [name, ...rest] = words
  if (name === undefined) throw new UsageError(usage.trimEnd())
  if (name === '--help' || name === '-h') return { name: 'help', about: null }
  if (name === '--version' || name === '-v') return { name: 'version' }
  if (name === 'help') return { name, about: rest[0] === undefined ? null : commandNameOf(rest[0]) }
  const command = commandNameOf(name)
  // --help works even when the other words are invalid.
  if (wordsBeforeDashes(rest).some((word) => word === '--help' || word === '-h'))
    return { name: 'help', about: command }
  return parsers[command](rest)
}

const parsers: Record<CommandName, (words: readonly string[]) => Command> = {
  upload: parseUpload,
  resume(words) {
    const { values, positionals } = parseWords(words, commands.resume, Infinity)
    if (positionals.length > 0 || values.all) return parseSteer('resume', words)
    return {
      name: 'resume',
      json: values.json ?? false,
      quiet: values.quiet ?? false,
      ...parseSpeedOptions(values),
    }
  },
  workflow(words) {
    const { values, positionals } = parseWords(words, commands.workflow, 1)
    const [file] = positionals
    if (file === undefined) throw new UsageError('No file given. Example: modelferry workflow workflow.json')
    return {
      name: 'workflow',
      file: resolve(file),
      team: values.team ?? null,
      upload: values.upload ?? false,
      json: values.json ?? false,
      quiet: values.quiet ?? false,
      ...parseSpeedOptions(values),
    }
  },
  find(words) {
    const { team = null, json = false } = parseWords(words, commands.find, 0).values
    return { name: 'find', team, json }
  },
  inspect(words) {
    const { values, positionals } = parseWords(words, commands.inspect, Infinity)
    if (positionals.length === 0) throw new UsageError('No files given. Example: modelferry inspect models/')
    if (values.json && values.report) throw new UsageError('--json and --report exclude each other.')
    const output = values.json ? 'json' : 'text'
    return { name: 'inspect', paths: positionals, output: values.report ? 'report' : output }
  },
  verify(words) {
    const { values, positionals } = parseWords(words, commands.verify, 1)
    const [receipt] = positionals
    if (receipt === undefined)
      throw new UsageError('No receipt given. Example: modelferry verify receipt.json')
    return { name: 'verify', receipt, file: values.file ?? null, json: values.json ?? false }
  },
  pause: (words) => parseSteer('pause', words),
  retry: (words) => parseSteer('retry', words),
  remove(words) {
    const { values, positionals: uploads } = parseWords(words, commands.remove, Infinity)
    if (uploads.length === 0) throw new UsageError(noUploads('remove'))
    return { name: 'change-uploads', verb: 'remove', uploads, yes: values.yes ?? false }
  },
  move(words) {
    const { values, positionals: uploads } = parseWords(words, commands.move, Infinity)
    if (uploads.length === 0) throw new UsageError(noUploads('move --first'))
    const { first, last, before } = values
    if ([first, last, before].filter((value) => value !== undefined).length !== 1)
      throw new UsageError('Use one of --first, --last and --before.')
    const end = first ? 'first' : 'last'
    return { name: 'change-uploads', verb: 'move', uploads, to: before === undefined ? end : { before } }
  },
  limit(words) {
    const [rate] = parseWords(words, commands.limit, 1).positionals
    const bytesPerSecond = rate === undefined ? undefined : parseRate(rate)
    if (rate !== undefined && bytesPerSecond === undefined) throw new UsageError(`The limit ${rateHint}`)
    return { name: 'change-uploads', verb: 'limit', bytesPerSecond }
  },
  status(words) {
    const { follow = false, json = false } = parseWords(words, commands.status, 0).values
    return { name: 'status', follow, json }
  },
  history(words) {
    const { values, positionals } = parseWords(words, commands.history, 1)
    const count = Number(values.count ?? 50)
    if (!Number.isInteger(count) || count < 1) throw new UsageError('--count must be a number from 1.')
    return { name: 'history', search: positionals[0] ?? '', count, json: values.json ?? false }
  },
  library(words) {
    const { values, positionals } = parseWords(words, commands.library, Infinity)
    const action = parseLibraryAction(positionals, values)
    return { name: 'library', team: values.team ?? null, json: values.json ?? false, ...action }
  },
  watch: (words) => ({ name: 'watch', ...parseWatching(words) }),
  log(words) {
    const { values, positionals } = parseWords(words, commands.log, 1)
    const [upload] = positionals
    if (upload === undefined)
      throw new UsageError('No upload given. Example: modelferry log model.safetensors')
    return { name: 'log', upload, json: values.json ?? false }
  },
  check(words) {
    const { storage = false, team = null, json = false } = parseWords(words, commands.check, 0).values
    if (team !== null && !storage) throw new UsageError('Use --team only with --storage.')
    return { name: 'check', storage, team, json }
  },
  login: parseLogin,
  logout: parseLogout,
  accounts(words) {
    const { values } = parseWords(words, commands.accounts, 0)
    if (values.json && values['discard-encrypted'])
      throw new UsageError('--json and --discard-encrypted exclude each other.')
    return {
      name: 'accounts',
      json: values.json ?? false,
      discardEncrypted: values['discard-encrypted'] ?? false,
    }
  },
  teams: (words) => ({ name: 'teams', json: parseWords(words, commands.teams, 0).values.json ?? false }),
}

const noUploads = (words: string) => `No upload given. Example: modelferry ${words} model.safetensors`

function parseSteer(verb: 'pause' | 'resume' | 'retry', words: readonly string[]): Command {
  const { values, positionals: uploads } = parseWords(words, commands[verb], Infinity)
  if (values.all && uploads.length > 0) throw new UsageError('Name uploads or use --all, not both.')
  if (!values.all && uploads.length === 0) throw new UsageError(`${noUploads(verb)}\nOr use --all.`)
  return { name: 'change-uploads', verb, uploads }
}

const libraryActions = v.picklist(['list', 'show', 'rename', 'disable', 'enable', 'rm'])

function parseLibraryAction(
  [word, ...models]: readonly string[],
  { name, yes = false }: { readonly name?: string | undefined; readonly yes?: boolean | undefined },
): LibraryAction {
  const action = v.safeParse(libraryActions, word)
  if (!action.success) throw new UsageError(`Use library with one of: ${libraryActions.options.join(', ')}.`)
  if (action.output === 'list') return { action: 'list', search: models.join(' ') }
  if (models.length === 0)
    throw new UsageError(`No model given. Example: modelferry library ${action.output} "Harbour v1"`)
  if (action.output === 'show') return { action: 'show', models }
  if (action.output === 'rm') return { action: 'rm', models, yes }
  if (action.output !== 'rename') return { action: action.output, models }
  if (name === undefined || models.length > 1) throw new UsageError('Use rename with one model and --name.')
  return { action: 'rename', models, newName: name }
}

const watchActions = v.picklist(['list', 'add', 'pause', 'resume', 'rm'])

function parseWatching(words: readonly string[]): Watching {
  const { values, positionals } = parseWords(words, commands.watch, Infinity)
  const [word, ...folders] = positionals
  const action = v.safeParse(watchActions, word)
  if (!action.success) throw new UsageError(`Use watch with one of: ${watchActions.options.join(', ')}.`)
  if (action.output === 'list') return { action: 'list', json: values.json ?? false }
  const [folder] = folders
  if (folder === undefined || (action.output === 'add' && folders.length > 1))
    throw new UsageError(`Name a folder. Example: modelferry watch ${action.output} ./loras`)
  if (action.output === 'add') return { action: 'add', folder, team: values.team ?? null }
  return { action: action.output, folders }
}

function parseLogout(words: readonly string[]): Command {
  const { positionals, values } = parseWords(words, commands.logout, 1)
  if (values.remove && values.keep) throw new UsageError('Use either --remove or --keep, not both.')
  const kept = values.keep ? 'kept' : null
  return { name: 'logout', account: positionals[0] ?? null, data: values.remove ? 'removed' : kept }
}

function parseLogin(words: readonly string[]): Command {
  const { email, key } = parseWords(words, commands.login, 0).values
  if (key === undefined)
    return { name: 'login', by: email === undefined ? 'pairing' : 'password', email: email ?? null }
  if (email !== undefined) throw new UsageError('Use either --email or --key, not both.')
  // Other processes can read the arguments of a command.
  if (key !== '-')
    throw new UsageError('Don’t put the key in the command. Use --key - and pass the key on standard input.')
  return { name: 'login', by: 'key', email: null }
}

function parseUpload(words: readonly string[]): Command {
  const { values, positionals } = parseWords(words, commands.upload, Infinity)
  if (positionals.length === 0)
    throw new UsageError('No files given. Example: modelferry upload model.safetensors')
  if (positionals.length > 1 && (values.path !== undefined || values.name !== undefined)) {
    throw new UsageError('--path and --name can only be used with a single file.')
  }
  return {
    name: 'upload',
    paths: positionals,
    teams: values.team ?? [],
    target: {
      ...(values.type === undefined ? {} : { modelType: values.type }),
      ...(values.path === undefined ? {} : { modelPath: values.path }),
      ...(values.name === undefined ? {} : { displayName: values.name }),
    },
    allow: acceptedFailures(values),
    onConflict: parseOnConflict(values['on-conflict']),
    yes: values.yes ?? false,
    dryRun: values['dry-run'] ?? false,
    abortOnInterrupt: values['abort-on-interrupt'] ?? false,
    detach: values.detach ?? false,
    json: values.json ?? false,
    quiet: values.quiet ?? false,
    ...parseSpeedOptions(values),
  }
}

function acceptedFailures(values: {
  readonly 'allow-pickle'?: boolean
  readonly 'allow-dangerous-pickle'?: boolean
  readonly 'follow-links'?: boolean
}): ReadonlySet<FailureCode> {
  const allowsDangerous = values['allow-dangerous-pickle'] === true
  return new Set<FailureCode>([
    ...(values['allow-pickle'] || allowsDangerous ? (['file-suspicious', 'file-not-scanned'] as const) : []),
    ...(allowsDangerous ? (['file-dangerous'] as const) : []),
    ...(values['follow-links'] ? (['file-outside'] as const) : []),
  ])
}

function parseOnConflict(word: string | undefined): OnConflict | undefined {
  if (word === undefined) return undefined
  const parsed = v.safeParse(onConflict, word)
  if (parsed.success) return parsed.output
  throw new UsageError(`--on-conflict must be one of: ${onConflict.options.join(', ')}.`)
}

function parseSpeedOptions({
  limit,
  streams,
}: {
  readonly limit?: string | undefined
  readonly streams?: string | undefined
}): SpeedOptions {
  const limitBytesPerSecond = limit === undefined ? undefined : parseRate(limit)
  if (limit !== undefined && limitBytesPerSecond === undefined) throw new UsageError(`--limit ${rateHint}`)
  const streamsMost = streams === undefined ? undefined : v.safeParse(streamsSchema, Number(streams || NaN))
  if (streamsMost?.success === false) throw new UsageError('--streams must be a number from 1 to 64.')
  return { limitBytesPerSecond, streamsMost: streamsMost?.output }
}

const streamsSchema = settingsSchema.entries.streamsMost.wrapped

function commandNameOf(word: string): CommandName {
  if (isCommandName(word)) return word
  const suggestion = closestMatch(word, Object.keys(commands))
  const hint = suggestion ? `Did you mean "${suggestion}"?` : 'Run: modelferry help'
  throw new UsageError(`Unknown command "${word}". ${hint}`)
}

/** Parses a command's options and at most `maxPositionals` other words. */
function parseWords<const Info extends CommandInfo>(
  words: readonly string[],
  info: Info,
  maxPositionals: number,
) {
  const options: Info['options'] = info.options
  rejectUnknownOptions(words, info)
  try {
    const parsed = parseArgs({ args: [...words], options, allowPositionals: true, strict: true })
    const extra = parsed.positionals[maxPositionals]
    if (extra !== undefined)
      throw new UsageError(`"${extra}" is an unexpected argument. Run: modelferry help`)
    return parsed
  } catch (error) {
    if (error instanceof UsageError) throw error
    // The first line says what is wrong; the others explain `parseArgs`.
    const [sentence] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw new UsageError(`${sentence ?? ''}\nRun: modelferry help`)
  }
}

function rejectUnknownOptions(words: readonly string[], { options }: CommandInfo): void {
  const { tokens } = parseArgs({ args: [...words], options, strict: false, tokens: true })
  const shorts = Object.values(options).flatMap(({ short }) => short ?? [])
  for (const token of tokens) {
    if (token.kind !== 'option' || Object.hasOwn(options, token.name) || shorts.includes(token.name)) continue
    const suggestion = closestMatch(token.name, Object.keys(options))
    throw new UsageError(
      `Unknown option "${token.rawName}". ${suggestion ? `Did you mean "--${suggestion}"?` : 'Run: modelferry help'}`,
    )
  }
}

function wordsBeforeDashes(words: readonly string[]): readonly string[] {
  const dashes = words.indexOf('--')
  return dashes === -1 ? words : words.slice(0, dashes)
}
