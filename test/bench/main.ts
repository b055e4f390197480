import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { writeSafetensors } from '../fixtures/model-files.ts'

// Our uploader and its peers in one run, in turn, on the same bytes, against a sink that discards bodies in the kernel.
// Needs gcc, curl and sha256sum. Medians and ratios count; absolute figures are this machine's.

const runs = Number(process.env['BENCH_RUNS'] ?? 5)
const largeBytes = 2 * 1024 ** 3
const here = (name: string) => join(import.meta.dirname, name)

interface Ours {
  readonly seconds: number
  readonly cpuSeconds: number
  readonly peakMiB: number
  readonly idleMiB: number
  readonly lagP99Ms: number
}

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address ? address.port : 0
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now()
  await work()
  return (performance.now() - from) / 1000
}

async function finished(command: string, words: readonly string[]): Promise<void> {
  const [code] = (await once(spawn(command, words, { stdio: 'ignore' }), 'exit')) as [number]
  if (code !== 0) throw new Error(`${command} ended with ${code}`)
}

function ours(api: string, limit: number, paths: readonly string[]): Ours {
  const answer = execFileSync(process.execPath, [here('ours.ts'), api, String(limit), ...paths], {
    encoding: 'utf8',
  })
  return JSON.parse(answer) as Ours
}

async function startApi(sink: string, partSizeBytes: number, started: ChildProcess[]): Promise<string> {
  const child = spawn(process.execPath, [here('sink-api.ts'), sink, String(partSizeBytes)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  started.push(child)
  const [url] = (await once(createInterface(child.stdout), 'line')) as [string]
  return url
}

function row(
  name: string,
  peer: readonly number[],
  mine: readonly Ours[],
  bytes: number,
  goal: number,
): void {
  const ratio = median(mine.map(({ seconds: own }, index) => own / (peer[index] ?? NaN)))
  const own = median(mine.map(({ seconds: value }) => value))
  const cpu = median(mine.map(({ cpuSeconds }) => cpuSeconds)) / (bytes / 1e9)
  const above = median(mine.map(({ peakMiB, idleMiB }) => peakMiB - idleMiB))
  const lag = median(mine.map(({ lagP99Ms }) => lagP99Ms))
  const passes = ratio <= goal ? 'pass' : 'MISS'
  console.log(
    `${name.padEnd(34)} peer ${median(peer).toFixed(2)} s  ours ${own.toFixed(2)} s  ratio ${ratio.toFixed(2)} (goal ${goal}) ${passes}` +
      `  CPU ${cpu.toFixed(2)} s/GB  +${above.toFixed(0)} MiB above idle  lag p99 ${lag.toFixed(1)} ms`,
  )
}

async function measure(folder: string, started: ChildProcess[]): Promise<void> {
  const sinkBinary = join(folder, 'sink')
  execFileSync('gcc', ['-O2', '-pthread', '-o', sinkBinary, here('sink.c')])
  const port = await freePort()
  started.push(spawn(sinkBinary, ['127.0.0.1', String(port)], { stdio: 'inherit' }))
  const sink = `http://127.0.0.1:${port}`
  const api = await startApi(sink, 100 * 1024 * 1024, started)
  const large = join(folder, 'large.safetensors')
  await writeSafetensors(large, { sizeBytes: largeBytes, payload: { seed: 1 } })
  const small = join(folder, 'small')
  const smallCount = 200
  for (let index = 0; index < smallCount; index += 1) {
    await writeSafetensors(join(small, `${index}.safetensors`), {
      sizeBytes: 5 * 1024 ** 2,
      payload: { seed: index },
    })
  }
  const smallFiles = Array.from({ length: smallCount }, (_, index) => join(small, `${index}.safetensors`))
  const curl = (file: string) => finished('curl', ['-sf', '-T', file, `${sink}/b/k`])
  const bothSides = () => Promise.all([curl(large), finished('sha256sum', [large])])
  const curlMany = () =>
    finished('curl', [
      '-sfZ',
      '--parallel-max',
      '4',
      ...smallFiles.flatMap((file, index) => ['-T', file, `${sink}/b/${index}`]),
    ])

  const largePeer: number[] = []
  const [whole, parts, many]: [Ours[], Ours[], Ours[]] = [[], [], []]
  const manyPeer: number[] = []
  for (let run = 0; run < runs; run += 1) {
    largePeer.push(await seconds(bothSides))
    whole.push(ours(api, 5 * 1024 ** 3, [large]))
    parts.push(ours(api, 500_000_000, [large]))
    manyPeer.push(await seconds(curlMany))
    many.push(ours(api, 500_000_000, smallFiles))
  }
  console.log(`${runs} runs in turn, Node ${process.versions.node}, sink on loopback`)
  row('2 GiB, one PUT, with SHA-256', largePeer, whole, largeBytes, 1.15)
  row('2 GiB, 100 MiB parts, with SHA-256', largePeer, parts, largeBytes, 1.15)
  row('200 × 5 MiB, with SHA-256', manyPeer, many, smallCount * 5 * 1024 ** 2, 1.3)
}

const folder = await mkdtemp(join(tmpdir(), 'modelferry-bench-'))
const started: ChildProcess[] = []
try {
  await measure(folder, started)
} finally {
  for (const child of started) child.kill()
  await rm(folder, { recursive: true, force: true })
}
