import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { serverAddressOf, singlePutLimit, type ServerEntry } from '../contract/servers.ts'
import { defaultSettings, type Settings } from '../contract/settings.ts'
import { parseSettings } from '../platform/settings.ts'
import * as v from 'valibot'
import { UsageError } from './arguments.ts'
import { parseRate, rateHint } from './parse-rate.ts'

/** What the command line takes from its environment. */
export interface Surroundings {
  readonly home: string
  readonly server: string
  /** The servers of the app's settings besides; none where the environment names one. */
  readonly servers: readonly ServerEntry[]
  /** A secret: it goes into memory and nowhere else. */
  readonly token: string | null
  readonly team: string | null
  /** Files larger than this go in parts, in bytes. */
  readonly singlePutLimitBytes: number
  /** The most to send in a second, or null for as fast as the line. */
  readonly limitBytesPerSecond: number | null
}

/** Reads the environment; throws `UsageError` for a value that can't be one. */
export function readSurroundings(environment: NodeJS.ProcessEnv): Surroundings {
  const home = resolve(environment['MODELFERRY_HOME'] || appFolder(environment))
  const kept = settingsIn(home)
  const named = environment['MODELFERRY_SERVER'] || null
  const server = serverAddressOf(named ?? kept.server)
  if (server === null)
    throw new UsageError(
      'MODELFERRY_SERVER is not a server address. Use https://…/api/v1, or http on this computer.',
    )
  // What the environment asks for is what is used: nothing goes to another server because the app knows one.
  const servers = named === null ? kept.servers : kept.servers.filter(({ address }) => address === server)
  const multipartFrom = readMultipartFrom(environment['MODELFERRY_MULTIPART_FROM'])
  return {
    home,
    server,
    servers:
      multipartFrom === null
        ? servers
        : servers.map(({ address }) => ({ address, singlePutLimitBytes: null })),
    token: readToken(environment['MODELFERRY_TOKEN']),
    team: environment['MODELFERRY_TEAM'] || null,
    singlePutLimitBytes: multipartFrom ?? kept.singlePutLimitBytes,
    limitBytesPerSecond: readRate(environment['MODELFERRY_LIMIT']),
  }
}

/** What the app's settings say; where there are none, or they can't be read, what an app begins with. */
function settingsIn(home: string): Settings {
  try {
    const stored: unknown = JSON.parse(readFileSync(join(home, 'settings.json'), 'utf8'))
    return parseSettings(typeof stored === 'object' && stored !== null ? { ...stored } : {}).settings
  } catch {
    return defaultSettings
  }
}

/** It becomes a header: printable ASCII and no space (RFC 6750, 2.1). What stands around it comes from files and pasting. */
function readToken(text: string | undefined): string | null {
  const token = text?.trim()
  if (!token) return null
  if (/^[\x21-\x7e]+$/.test(token)) return token
  throw new UsageError('MODELFERRY_TOKEN holds more than one token, or something that is none. Copy it anew.')
}

function readRate(text: string | undefined): number | null {
  const rate = text ? parseRate(text) : null
  if (rate === undefined) throw new UsageError(`MODELFERRY_LIMIT ${rateHint}`)
  return rate
}

function readMultipartFrom(text: string | undefined): number | null {
  if (!text) return null
  const limit = v.safeParse(singlePutLimit, Number(text))
  if (limit.success) return limit.output
  throw new UsageError('MODELFERRY_MULTIPART_FROM takes bytes, from 5242880 (5 MiB) to 5368709120 (5 GiB).')
}

/** Electron's `userData` of the installed app (electronjs.org/docs/latest/api/app, app.getPath), so that both share it. */
function appFolder(environment: NodeJS.ProcessEnv): string {
  const name = 'Modelferry'
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', name)
  if (process.platform === 'win32')
    return join(environment['APPDATA'] ?? join(homedir(), 'AppData', 'Roaming'), name)
  return join(environment['XDG_CONFIG_HOME'] || join(homedir(), '.config'), name)
}

/** Where the worker threads' entry files are: beside the built command line, or in the rooms of the source. */
export function workerFiles(entryFile: string): {
  readonly lane: URL
  readonly hash: URL
  readonly inspect: URL
  readonly search: URL
  readonly watch: URL
} {
  // A worker thread is not started from inside an archive: electron-builder lays these files beside it.
  const folder = join(entryFile, '..').replace(/([\\/])app\.asar(?=[\\/]|$)/, '$1app.asar.unpacked')
  const at = (source: string, built: string) =>
    pathToFileURL(entryFile.endsWith('.ts') ? join(folder, '..', source) : join(folder, built))
  return {
    lane: at('transfer/upload-worker.ts', 'lane-worker.js'),
    hash: at('transfer/hash-worker.ts', 'hash-worker.js'),
    inspect: at('recognition/inspect-worker.ts', 'inspect-worker.js'),
    search: at('discovery/places/search-worker.ts', 'search-worker.js'),
    watch: at('discovery/watched-folders/watch-worker.ts', 'watch-worker.js'),
  }
}
