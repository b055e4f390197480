import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { freePort, hasProgram } from '../cloud/ceph/daemons.ts'
import { writeSafetensors } from '../fixtures/model-files.ts'
import { launch, type Command, type Usage } from './launch.ts'

export const mebibyte = 1024 * 1024
export const gibibyte = 1024 * mebibyte

/** The Debian and Ubuntu packages of the programs that rows need. */
const packageOf: Readonly<Record<string, string>> = {
  aws: 'awscli',
  'minio-client': 'minio-client',
  rclone: 'rclone',
  curl: 'curl',
  gcc: 'gcc',
  openssl: 'openssl',
}
/** Header files that compiled programs need. */
const headers: Readonly<Record<string, string>> = { 'libssl-dev': '/usr/include/openssl/ssl.h' }
const isThere = (name: string) => (headers[name] ? existsSync(headers[name]) : hasProgram(name))

/** Why a row cannot be run, or null. */
export function missing(...programs: readonly string[]): string | null {
  const lacking = programs.filter((name) => !isThere(name))
  return lacking.length === 0
    ? null
    : `apt-get install ${lacking.map((name) => packageOf[name] ?? name).join(' ')}`
}

/** A server of the bench; `environment` contains what our client needs to trust it. */
export interface Sink {
  readonly origin: string
  readonly certificate: string | null
  /** Completed PUTs and their total bytes. */
  counts(): Promise<{ readonly puts: number; readonly bytes: number }>
}

/** The environment of a run: `clear` stops all started programs and removes all files. */
export interface Workbench {
  readonly folder: string
  readonly rounds: number
  /** Folder of the built bench programs (build-ours.ts). */
  readonly built: string
  run(command: Command): Promise<Usage>
  /** Starts one of the bench programs; its first line of output is its address. */
  startProgram(name: string, words: readonly string[]): Promise<string>
  startSink(options?: { readonly tls: boolean }): Promise<Sink>
  /** A model file of random bytes with exactly this size; written once. */
  file(name: string, sizeBytes: number): Promise<string>
  /** Registers a cleanup to run at the end. */
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
    rounds,
    built,
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
      // All files differ, because a duplicate would not be sent.
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

/** A self-signed certificate for loopback, with its key next to it. */
function makeCertificate(folder: string): string {
  const path = join(folder, 'certificate.pem')
  const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=bench`
  const names = ['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', `${path}.key`, '-out', path]
  execFileSync('openssl', [...words.split(' '), ...names], { stdio: 'ignore' })
  return path
}
