import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import * as v from 'valibot'

/** How a command reaches the process that hosts the uploads of a data folder. */
const hostSchema = v.object({
  /** Path of a socket, or the name of a pipe on Windows. */
  address: v.string(),
  /** Both sides prove that they know it (see `handshake.ts`). */
  key: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  pid: v.pipe(v.number(), v.integer()),
  /** The name of its computer, which differs on a shared volume. */
  computer: v.string(),
  version: v.string(),
  /** A command hosts the uploads while it runs and no app does. */
  kind: v.picklist(['app', 'command']),
})

export type HostFile = Readonly<v.InferOutput<typeof hostSchema>>

/** A path of a Unix socket has at most 103 bytes on macOS, and 107 on Linux (`sun_path`). */
const maxAddressBytes = 103

const fileOf = (home: string) => join(home, 'run', 'host.json')

/**
 * Prepares the address at which this process will listen. A socket of an earlier process is removed.
 * @throws if the folder `run` can't be created, is a link or belongs to another user
 */
export function prepareHost(home: string, about: Pick<HostFile, 'version' | 'kind'>): HostFile {
  const run = join(home, 'run')
  mkdirSync(run, { recursive: true, mode: 0o700 })
  const key = randomBytes(32).toString('hex')
  const { version, kind } = about
  const host = { key, pid: process.pid, computer: hostname(), version, kind }
  // Other users can connect to a pipe, but don't know the key.
  if (process.platform === 'win32')
    return { ...host, address: `\\\\.\\pipe\\modelferry-${randomBytes(16).toString('hex')}` }
  const { uid } = lstatSync(run)
  if (!lstatSync(run).isDirectory() || uid !== process.getuid?.())
    throw new Error(`${run} is a link or belongs to another user`)
  chmodSync(run, 0o700)
  const address = join(run, 'host.sock')
  if (Buffer.byteLength(address) > maxAddressBytes)
    return { ...host, address: join(privateFolder(), 'host.sock') }
  rmSync(address, { force: true })
  return { ...host, address }
}

const privateFolder = () => mkdtempSync(join(process.env['XDG_RUNTIME_DIR'] || tmpdir(), 'modelferry-'))

/** Tells commands where this process listens. Throws like `writeFileSync`. */
export function publishHost(home: string, host: HostFile): void {
  const file = fileOf(home)
  writeFileSync(`${file}.new`, JSON.stringify(host), { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

/** Removes what `prepareHost` and `publishHost` have created; the socket is removed with its server. */
export function removeHost(home: string, { address }: HostFile): void {
  rmSync(fileOf(home), { force: true })
  const folder = dirname(address)
  if (process.platform !== 'win32' && folder !== join(home, 'run'))
    rmSync(folder, { recursive: true, force: true })
}

/** The process that hosts the uploads of a data folder, or did until it was killed; null if there is none. */
export function readHost(home: string): HostFile | null {
  try {
    return v.parse(hostSchema, JSON.parse(readFileSync(fileOf(home), 'utf8')))
  } catch {
    return null
  }
}
