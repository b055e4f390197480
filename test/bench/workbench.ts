import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { freePort, hasProgram } from '../cloud/daemons.ts'
import { writeSafetensors } from '../fixtures/model-files.ts'
import { launch, type Command, type Usage } from './launch.ts'

export const mebibyte = 1024 * 1024
export const gibibyte = 1024 * mebibyte

/** What brings a program that a row needs, on Debian and Ubuntu. */
const packageOf: Readonly<Record<string, string>> = {
  aws: 'awscli',
  'minio-client': 'minio-client',
  rclone: 'rclone',
  curl: 'curl',
  gcc: 'gcc',
  openssl: 'openssl',
}
/** Not a program, but what a program is compiled with. */
const headers: Readonly<Record<string, string>> = { 'libssl-dev': '/usr/include/openssl/ssl.h' }
const isThere = (name: string) => (headers[name] ? existsSync(headers[name]) : hasProgram(name))

/** Why a row can't be run, or null. */
export function missing(...programs: readonly string[]): string | null {
  const lacking = programs.filter((name) => !isThere(name))
  return lacking.length === 0
    ? null
    : `apt-get install ${lacking.map((name) => packageOf[name] ?? name).join(' ')}`
}

/** A server of the bench; `environment` is what a client of ours needs to trust it. */
export interface Sink {
  readonly origin: string
  readonly certificate: string | null
  /** PUTs that have ended, and the bytes they brought. */
  counts(): Promise<{ readonly puts: number; readonly bytes: number }>
}

/** The place where a run happens: what it starts is ended by `clear`, what it writes is removed. */
export interface Workbench {
  readonly folder: string
  readonly rounds: number
  /** Folder of our own built programs (build-ours.ts). */
  readonly built: string
  run(command: Command): Promise<Usage>
  /** Starts one of our programs that prints its address as its first line. */
  startProgram(name: string, words: readonly string[]): Promise<string>
  startSink(options?: { readonly tls: boolean }): Promise<Sink>
  /** A model file of random bytes and exactly that size; written once. */
  file(name: string, sizeBytes: number): Promise<string>
  /** Has something done when the run is over. */
  atEnd(work: () => Promise<unknown>): void
  clear(): Promise<void>
}

const beside = (name: string) => join(import.meta.dirname, name)

export async function openWorkbench(rounds: number, built: string): Promise<Workbench> {
  const folder = await mkdtemp(join(tmpdir(), 'modelferry-bench-'))
  const children: ChildProcess[] = []
  const endings: (() => Promise<unknown>)[] = []
  const compile = (source: string, name: string, options: readonly string[]) => {
    execFileSync('gcc', ['-O2', '-pthread', '-o', join(folder, name), beside(source), ...options])
    return join(folder, name)
  }
  const launcher = compile('launch.c', 'launch', [])
  const startChild = (program: string, words: readonly string[]) => {
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    return child
  }
  return {
    folder,
    ...{ rounds, built },
    run: (command) => launch(launcher, command),
    async startProgram(name, words) {
      const child = startChild(process.execPath, [beside(name), ...words])
      const ended = once(child, 'exit').then(([code]) =>
        Promise.reject(new Error(`${name} ended with ${code}`)),
      )
      const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), ended])) as [string]
      ended.catch(() => {})
      return line
    },
    async startSink({ tls } = { tls: false }) {
      const port = await freePort()
      const certificate = tls ? makeCertificate(folder) : null
      const program = tls
        ? compile('sink.c', 'sink-tls', ['-DTLS', '-lssl', '-lcrypto'])
        : compile('sink.c', 'sink', [])
      startChild(program, [
        '127.0.0.1',
        String(port),
        ...(certificate ? [certificate, `${certificate}.key`] : []),
      ])
      const origin = `${tls ? 'https' : 'http'}://127.0.0.1:${port}`
      const curl = (path: string) =>
        execFileSync('curl', [
          '-sfk',
          '--retry',
          '20',
          '--retry-connrefused',
          '--retry-delay',
          '1',
          origin + path,
        ])
      curl('/counts')
      return {
        origin,
        certificate,
        counts: async () => JSON.parse(curl('/counts').toString()) as { puts: number; bytes: number },
      }
    },
    async file(name, sizeBytes) {
      const path = join(folder, `${name}.safetensors`)
      const there = await stat(path).catch(() => null)
      // No two alike: of two files of the same bytes the second is not sent at all.
      const seed = createHash('sha256').update(name).digest().readUInt32LE()
      if (there?.size !== sizeBytes) await writeSafetensors(path, { sizeBytes, payload: { seed } })
      return path
    },
    atEnd: (work) => void endings.push(work),
    async clear() {
      for (const child of children) child.kill()
      for (const work of endings.toReversed()) await work()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A certificate for loopback that vouches for itself; its key lies beside it. */
function makeCertificate(folder: string): string {
  const path = join(folder, 'certificate.pem')
  const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=bench`
  const names = ['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', `${path}.key`, '-out', path]
  execFileSync('openssl', [...words.split(' '), ...names], { stdio: 'ignore' })
  return path
}
