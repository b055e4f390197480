import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { serverAddress, settingsChange } from '../contract/settings.ts'
import * as v from 'valibot'
import { UsageError } from './arguments.ts'
import { parseRate, rateHint } from './rate.ts'

/** What the command line takes from its environment. */
export interface Surroundings {
  readonly home: string
  readonly server: string
  /** A secret: it goes into memory and nowhere else. */
  readonly token: string | null
  readonly team: string | null
  /** Files larger than this go in parts, in bytes. */
  readonly singlePutLimitBytes: number
  /** The most to send in a second, or null for as fast as the line. */
  readonly limitBytesPerSecond: number | null
}

/** The deployment's cap unless it is told otherwise (NOTES.md, Limits: 500 MB by default). */
const defaultSinglePutLimitBytes = 500_000_000

const defaultServer = 'https://core.cyberun.cloud/api/v1'

/** Reads the environment; throws `UsageError` for a value that can't be one. */
export function readSurroundings(environment: NodeJS.ProcessEnv): Surroundings {
  const server = v.safeParse(serverAddress, environment['MODELFERRY_SERVER'] || defaultServer)
  if (!server.success) throw new UsageError('MODELFERRY_SERVER is not a server address. Use https://…/api/v1')
  return {
    home: resolve(environment['MODELFERRY_HOME'] || appFolder(environment)),
    server: server.output,
    token: environment['MODELFERRY_TOKEN'] || null,
    team: environment['MODELFERRY_TEAM'] || null,
    singlePutLimitBytes: readMultipartFrom(environment['MODELFERRY_MULTIPART_FROM']),
    limitBytesPerSecond: readRate(environment['MODELFERRY_LIMIT']),
  }
}

function readRate(text: string | undefined): number | null {
  const rate = text ? parseRate(text) : null
  if (rate === undefined) throw new UsageError(`MODELFERRY_LIMIT ${rateHint}`)
  return rate
}

function readMultipartFrom(text: string | undefined): number {
  if (!text) return defaultSinglePutLimitBytes
  const limit = v.safeParse(settingsChange.entries.singlePutLimitBytes.wrapped, Number(text))
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
} {
  // A worker thread is not started from inside an archive: electron-builder lays these files beside it.
  const folder = join(entryFile, '..').replace(/([\\/])app\.asar(?=[\\/]|$)/, '$1app.asar.unpacked')
  const at = (source: string, built: string) =>
    pathToFileURL(entryFile.endsWith('.ts') ? join(folder, '..', source) : join(folder, built))
  return {
    lane: at('transfer/lane-worker.ts', 'lane-worker.js'),
    hash: at('transfer/hash-worker.ts', 'hash-worker.js'),
    inspect: at('models/inspect-worker.ts', 'inspect-worker.js'),
  }
}
