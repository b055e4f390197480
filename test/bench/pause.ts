import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as after } from 'node:timers/promises'
import { createRequestSlots } from '../../electron/transfer/request-slots.ts'
import { writeSafetensors } from '../fixtures/model-files.ts'
import { startApiStandIn } from './api-stand-in.ts'
import { benchEnvironment, createBenchEngine } from './bench-engine.ts'

// Measures what a pause loses while three files are sent under a limit of 10 MB/s in parts of 100 MB: `node
// test/bench/pause.ts <origin of a running sink>`; `npm run bench -- pause` starts a sink by itself.

export interface PauseResult {
  /** Sent in the minute before the pause. */
  readonly sentBytes: number
  /** Of these, not acknowledged by storage in the end. */
  readonly lostBytes: number
  /** The same without finishing what is in flight: the mean over each second of the run. */
  readonly meanUnacknowledgedBytes: number
  /** Sizes of all parts in flight: the most in any second, after the first ten. */
  readonly mostInFlightBytes: number
}

const limitBytesPerSecond = 10_000_000
export const partSizeBytes = 100_000_000
const fileBytes = 3_000_000_000
const fileCount = 3
const seconds = 60
const warmUpSeconds = 10

export async function measurePause(storage: string): Promise<PauseResult> {
  const folder = await mkdtemp(join(tmpdir(), 'modelferry-pause-'))
  const stopping = new AbortController()
  const server = await startApiStandIn({
    partSizeBytes,
    signal: stopping.signal,
    storage: {
      presignPut: async (key) => ({ url: `${storage}/b/${key}`, headers: {} }),
      createUpload: async () => randomUUID(),
      presignPart: async (key, uploadId, partNumber) => ({
        url: `${storage}/b/${key}?partNumber=${partNumber}&uploadId=${uploadId}`,
        headers: {},
      }),
      completeUpload: async () => {},
    },
  })
  let isLimited = true
  const requestSlots = createRequestSlots({
    environment: benchEnvironment,
    limitBytesPerSecond: () => (isLimited ? limitBytesPerSecond : null),
  })
  const engine = createBenchEngine({
    folder,
    server,
    singlePutLimitBytes: partSizeBytes,
    atOnce: fileCount,
    requestSlots,
    limitBytesPerSecond,
  })
  const sum = () => {
    const total = { sentBytes: 0, inFlightBytes: 0 }
    for (const row of engine.snapshot().rows) {
      total.sentBytes += row.sentBytes
      total.inFlightBytes += row.inFlightBytes
    }
    return total
  }
  try {
    const paths: string[] = []
    for (let index = 0; index < fileCount; index += 1) {
      const path = join(folder, `large-${index}.safetensors`)
      // The sizes differ, since equal sparse files would be duplicates.
      await writeSafetensors(path, { sizeBytes: fileBytes + index * 1_000_000, payload: 'sparse' })
      paths.push(path)
    }
    await engine.start()
    const signedIn = await engine.useToken('bench-token')
    if (!signedIn.ok) throw new Error(JSON.stringify(signedIn.failure))
    await engine.add(paths)
    while (sum().inFlightBytes === 0) await after(50)
    const unacknowledged: number[] = []
    let mostInFlightBytes = 0
    for (let second = 0; second < seconds; second += 1) {
      await after(1_000)
      if (second < warmUpSeconds) continue
      unacknowledged.push(sum().inFlightBytes)
      mostInFlightBytes = Math.max(mostInFlightBytes, requestSlots.inUse * partSizeBytes)
    }
    const before = sum()
    await engine.calls.pauseAll(undefined)
    while (engine.snapshot().totals.running > 0) await after(50)
    const finishedBytes = sum().sentBytes - before.sentBytes
    return {
      sentBytes: before.sentBytes + before.inFlightBytes,
      lostBytes: Math.max(0, before.inFlightBytes - finishedBytes),
      meanUnacknowledgedBytes: unacknowledged.reduce((total, one) => total + one, 0) / unacknowledged.length,
      mostInFlightBytes,
    }
  } finally {
    isLimited = false
    await engine.stop()
    stopping.abort()
    await rm(folder, { recursive: true, force: true })
  }
}

if (process.argv[1] === import.meta.filename) {
  console.log(await measurePause(process.argv[2] ?? ''))
  process.exit()
}
