import { fork, type ChildProcess } from 'node:child_process'
import { mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { workerFiles } from '../../electron/cli/cli-environment.ts'
import { monotonicMs } from '../../electron/platform/system-environment.ts'
import { directConnection } from '../../electron/platform/network/proxy-resolver.ts'
import { identityOf, type FileIdentity } from '../../electron/platform/files/file-identity.ts'
import { createUploadWorkerPool } from '../../electron/transfer/upload-worker-pool.ts'
import { createReadAhead, hashingReadAhead } from '../../electron/transfer/read-ahead.ts'
import { createSentCounter } from '../../electron/transfer/sent-counter.ts'
import { createThrottle } from '../../electron/transfer/throttle.ts'
import type { Counts } from './limit-receiver.ts'

// Measures the accuracy of the bandwidth limit at the receiver: `node test/bench/limit.ts`, about 80 s. Real
// upload workers send an endless file over loopback to a process that counts the bytes.

export interface LimitRow {
  readonly measure: string
  readonly goal: string
  readonly value: string
  readonly pass: boolean
}

const runMs = 6_000
const bucketMs = 10
const windowMs = 1_000
const meanGoal = 0.02
const windowGoal = 0.1
const effectGoalMs = 1_000

const environment = {
  now: Date.now,
  monotonicMs,
  random: Math.random,
  log: { info: () => {}, warn: () => {}, error: console.error },
  timers: {
    after(delayMs: number, callback: () => void) {
      const timer = setTimeout(callback, delayMs)
      return () => clearTimeout(timer)
    },
  },
}

interface Bench {
  readonly throttle: ReturnType<typeof createThrottle>
  /**
   * Sends under these names while `during` runs; returns the bytes that arrived, in hundredths of a second.
   */
  run(names: readonly string[], during: () => Promise<void>): Promise<Arrived>
  close(): Promise<void>
}

interface Arrived {
  /** Bytes of all names by hundredth of a second, starting with the first that arrived. */
  readonly bytes: readonly number[]
  readonly firstMs: number
  readonly byName: ReadonlyMap<string, number>
}

/** Runs all measurements and returns the rows of the table. */
export async function measureLimit(): Promise<readonly LimitRow[]> {
  const bench = await openBench()
  const rows: LimitRow[] = []
  try {
    for (const limit of [100_000, 1_000_000, 20_000_000, 200_000_000]) {
      for (const count of [1, 8]) rows.push(...(await precision(bench, limit, count)))
    }
    rows.push(await effect(bench, 20_000_000, 1_000_000))
    rows.push(await effect(bench, null, 20_000_000))
    rows.push(await fairness(bench))
  } finally {
    await bench.close()
  }
  return rows
}

async function precision(bench: Bench, limit: number, count: number): Promise<readonly LimitRow[]> {
  bench.throttle.setLimit(limit)
  const names = Array.from({ length: count }, (_, index) => `file${index}`)
  const { bytes } = await bench.run(names, () => sleep(runMs + 500))
  const counted = bytes.slice(0, runMs / bucketMs)
  const mean = sum(counted) / ((limit * counted.length * bucketMs) / 1000) - 1
  const windows = windowsOf(counted).map((total) => total / ((limit * windowMs) / 1000) - 1)
  const worst = windows.reduce((most, one) => (Math.abs(one) > Math.abs(most) ? one : most), 0)
  const at = `${rateOf(limit)}, ${count} ${count === 1 ? 'stream' : 'streams'}`
  return [
    row(`${at}: mean`, meanGoal, mean),
    row(`${at}: worst of ${windows.length} seconds`, windowGoal, worst),
  ]
}

/** Time from `setLimit` to the start of the last half second that exceeded the limit. */
async function effect(bench: Bench, before: number | null, after: number): Promise<LimitRow> {
  bench.throttle.setLimit(before)
  let setMs = 0
  const { bytes, firstMs } = await bench.run(['a', 'a', 'a', 'a'], async () => {
    await sleep(2_000)
    bench.throttle.setLimit(after)
    setMs = performance.timeOrigin + performance.now()
    await sleep(4_000)
  })
  const from = Math.round((setMs - firstMs) / bucketMs)
  const most = (after * windowMs * (1 + windowGoal)) / 1000
  const tooMuch = windowsOf(bytes.slice(from)).findLastIndex((total) => total > most)
  const tookMs = (tooMuch + 1) * bucketMs
  return {
    measure: `from ${before === null ? 'no limit' : rateOf(before)} to ${rateOf(after)}, PUTs under way: in force after`,
    goal: `≤ ${effectGoalMs} ms`,
    value: `${tookMs} ms`,
    pass: tookMs <= effectGoalMs,
  }
}

async function fairness(bench: Bench): Promise<LimitRow> {
  bench.throttle.setLimit(8_000_000)
  const { byName } = await bench.run([...Array<string>(8).fill('many'), 'one'], () => sleep(runMs))
  const ratio = (byName.get('one') ?? 0) / (byName.get('many') ?? 1)
  return {
    measure: '8 MB/s: a file with one stream ÷ a file with eight',
    goal: '0.95–1.05',
    value: ratio.toFixed(3),
    pass: Math.abs(ratio - 1) <= 0.05,
  }
}

async function openBench(): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'modelferry-limit-'))
  const throttle = createThrottle({ environment })
  const workerPool = createUploadWorkerPool({
    url: workerFiles(join(import.meta.dirname, '../../electron/cli/main.ts')).upload,
    threads: 1,
    environment,
    throttle,
    proxies: directConnection,
  })
  const receiver = fork(join(import.meta.dirname, 'limit-receiver.ts'), [String(bucketMs)])
  const port = await messageOf<number>(receiver)
  const identities = new Map<string, FileIdentity>()
  return {
    throttle,
    async run(names, during) {
      for (const name of new Set(names)) identities.set(name, await endlessFile(join(folder, name)))
      const stop = new AbortController()
      const sending = names.map((name) => {
        const readAhead = createReadAhead()
        hashingReadAhead(readAhead).ended()
        const identity = identities.get(name) as FileIdentity
        return workerPool.send(
          {
            path: join(folder, name),
            identity,
            start: 0,
            end: identity.sizeBytes,
            url: `http://127.0.0.1:${port}/${name}`,
            headers: {},
            allowsLocalAddress: true,
            readAhead,
            sentCounter: createSentCounter(),
            part: null,
          },
          { signal: stop.signal, onProgress: () => {} },
        )
      })
      await during()
      const counts = messageOf<Counts>(receiver)
      receiver.send('counts')
      const arrived = arrivedOf(await counts)
      stop.abort()
      await Promise.all(sending)
      const rest = messageOf<Counts>(receiver)
      receiver.send('counts')
      await rest
      return arrived
    },
    async close() {
      throttle.close()
      await workerPool.close()
      receiver.disconnect()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A sparse file of 100 GB, which can be read without disk access. */
async function endlessFile(path: string): Promise<FileIdentity> {
  const handle = await open(path, 'w')
  await handle.truncate(100e9)
  await handle.close()
  return identityOf(await stat(path, { bigint: true }))
}

function messageOf<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve) => child.once('message', (message) => resolve(message as T)))
}

function arrivedOf(counts: Counts): Arrived {
  const named = Object.entries(counts).map(([name, buckets]) => ({
    name,
    buckets: new Map(entriesOf(buckets)),
  }))
  const all = named.flatMap(({ buckets }) => [...buckets.keys()])
  const first = Math.min(...all)
  const bytes = Array.from({ length: Math.max(...all) - first + 1 }, (_, index) =>
    sum(named.map(({ buckets }) => buckets.get(first + index) ?? 0)),
  )
  return {
    bytes,
    firstMs: first * bucketMs,
    byName: new Map(named.map(({ name, buckets }) => [name, sum([...buckets.values()])])),
  }
}

const entriesOf = (buckets: Record<number, number>) =>
  Object.entries(buckets).map(([at, bytes]) => [Number(at), bytes] as const)

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)

/** Bytes in each complete one-second window, one starting at each hundredth of a second. */
function windowsOf(bytes: readonly number[]): readonly number[] {
  const width = windowMs / bucketMs
  return Array.from({ length: Math.max(0, bytes.length - width + 1) }, (_, at) =>
    sum(bytes.slice(at, at + width)),
  )
}

function row(measure: string, goal: number, deviation: number): LimitRow {
  const percent = (deviation * 100).toFixed(2)
  return {
    measure,
    goal: `within ${goal * 100} %`,
    value: `${deviation > 0 ? '+' : ''}${percent} %`,
    pass: Math.abs(deviation) <= goal,
  }
}

function rateOf(limit: number): string {
  return limit >= 1_000_000 ? `${limit / 1_000_000} MB/s` : `${limit / 1_000} KB/s`
}

if (process.argv[1] === import.meta.filename) {
  for (const { measure, goal, value, pass } of await measureLimit()) {
    console.log(`${measure.padEnd(62)} ${goal.padEnd(14)} ${value.padStart(10)}  ${pass ? 'pass' : 'MISS'}`)
  }
}
