import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isToken } from '../cloud/wire.ts'
import { reviewSetting } from '../contract/review.ts'
import { serverAddressOf, singlePutLimit } from '../contract/servers.ts'
import { defaultSettings, type Settings } from '../contract/settings.ts'
import { protectExistingDataFolder } from '../platform/files/data-folder.ts'
import { parseSettings } from '../platform/settings.ts'
import * as v from 'valibot'
import { UsageError } from './arguments.ts'
import { parseRate, rateHint } from './parse-rate.ts'

/** Values from environment variables and the app's settings file. */
export interface CliEnvironment {
  /** The data folder. */
  readonly home: string
  /** The app's, with what the environment sets instead; only the chosen server when MODELFERRY_SERVER is set. */
  readonly settings: Settings
  /** A secret: kept in memory only. */
  readonly token: string | null
  readonly team: string | null
  /** Null for no limit. */
  readonly limitBytesPerSecond: number | null
}

/**
 * Reads the environment, and protects an existing data folder before anything in it is read.
 * @throws {UsageError} for an invalid value
 * @throws {OtherOwnerError} if the folder, or something in it, belongs to another user
 */
export function readCliEnvironment(environment: NodeJS.ProcessEnv): CliEnvironment {
  const home = resolve(environment['MODELFERRY_HOME'] || appDataFolder(environment))
  protectExistingDataFolder(home)
  const settings = readAppSettings(home)
  const requested = environment['MODELFERRY_SERVER'] || null
  const server = serverAddressOf(requested ?? settings.server)
  if (server === null)
    throw new UsageError(
      'MODELFERRY_SERVER is not a valid server address. Use https://…/api/v1 (http only for this computer).',
    )
  // With MODELFERRY_SERVER nothing is sent to other servers of the app's settings.
  const servers =
    requested === null ? settings.servers : settings.servers.filter(({ address }) => address === server)
  const multipartFrom = readMultipartFrom(environment['MODELFERRY_MULTIPART_FROM'])
  return {
    home,
    settings: {
      ...settings,
      server,
      servers:
        multipartFrom === null
          ? servers
          : servers.map(({ address }) => ({ address, singlePutLimitBytes: null })),
      singlePutLimitBytes: multipartFrom ?? settings.singlePutLimitBytes,
      review: readReview(environment['MODELFERRY_REVIEW']) ?? settings.review,
    },
    token: readToken(environment['MODELFERRY_TOKEN']),
    team: environment['MODELFERRY_TEAM'] || null,
    limitBytesPerSecond: readRate(environment['MODELFERRY_LIMIT']),
  }
}

/** The app's settings, or the defaults when the file is missing or damaged. */
function readAppSettings(home: string): Settings {
  try {
    const stored: unknown = JSON.parse(readFileSync(join(home, 'settings.json'), 'utf8'))
    return parseSettings(typeof stored === 'object' && stored !== null ? { ...stored } : {}).settings
  } catch {
    return defaultSettings
  }
}

/** Space around the token is trimmed. */
function readToken(text: string | undefined): string | null {
  const token = text?.trim()
  if (!token) return null
  if (isToken(token)) return token
  throw new UsageError('MODELFERRY_TOKEN is not a valid token. Copy the token again.')
}

function readRate(text: string | undefined): number | null {
  const rate = text ? parseRate(text) : null
  if (rate === undefined) throw new UsageError(`MODELFERRY_LIMIT ${rateHint}`)
  return rate
}

function readReview(text: string | undefined): Settings['review'] | null {
  if (!text) return null
  const review = v.safeParse(reviewSetting, text)
  if (review.success) return review.output
  throw new UsageError(`MODELFERRY_REVIEW must be one of: ${reviewSetting.options.join(', ')}.`)
}

function readMultipartFrom(text: string | undefined): number | null {
  if (!text) return null
  const limit = v.safeParse(singlePutLimit, Number(text))
  if (limit.success) return limit.output
  throw new UsageError(
    'MODELFERRY_MULTIPART_FROM must be a number of bytes from 5242880 (5 MiB) to 5368709120 (5 GiB).',
  )
}

/**
 * Electron's `userData` of the installed app (electronjs.org/docs/latest/api/app, app.getPath), which both
 * share.
 */
function appDataFolder(environment: NodeJS.ProcessEnv): string {
  const name = 'Modelferry'
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', name)
  if (process.platform === 'win32')
    return join(environment['APPDATA'] ?? join(homedir(), 'AppData', 'Roaming'), name)
  return join(environment['XDG_CONFIG_HOME'] || join(homedir(), '.config'), name)
}

/** Entry files of the worker threads: next to the built command line, or in the source folders. */
export function workerFiles(entryFile: string): {
  readonly upload: URL
  readonly hash: URL
  readonly inspect: URL
  readonly search: URL
  readonly watch: URL
} {
  // A worker thread can't be started from inside an archive: electron-builder unpacks these files.
  const folder = join(entryFile, '..').replace(/([\\/])app\.asar(?=[\\/]|$)/, '$1app.asar.unpacked')
  const at = (source: string, built: string) =>
    pathToFileURL(entryFile.endsWith('.ts') ? join(folder, '..', source) : join(folder, built))
  return {
    upload: at('engine/upload-worker.ts', 'upload-worker.js'),
    hash: at('transfer/hash-worker.ts', 'hash-worker.js'),
    inspect: at('recognition/inspect-worker.ts', 'inspect-worker.js'),
    search: at('discovery/places/search-worker.ts', 'search-worker.js'),
    watch: at('discovery/watched-folders/watch-worker.ts', 'watch-worker.js'),
  }
}
