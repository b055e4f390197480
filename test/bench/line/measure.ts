import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { setTimeout as after } from 'node:timers/promises'
import { writeSafetensors } from '../../fixtures/model-files.ts'
import { openLine, type Line, type LineShape } from './line.ts'

/** Options of `client.ts`, as JSON. */
export interface ClientOptions {
  readonly storage: string
  readonly path: string
  readonly partSizeBytes: number
  readonly roundTripMs: number
  /** A fixed concurrency, or null for the adaptive one. */
  readonly fixedStreams: number | null
}

/** What `client.ts` prints each second. */
export interface StreamsSeen {
  readonly limit: number
  readonly inUse: number
}

export interface Second extends StreamsSeen {
  /** Megabits per second received at the far end, including headers. */
  readonly mbit: number
  /** Duration of a new connection in this second, in ms. */
  readonly connectMs: number
}

const port = 9_000
/** More than any of the connections sends during a run; the file is sparse. */
const fileBytes = 20 * 1024 ** 3

/**
 * Sends one file over a new connection for `seconds`; returns the result of each second after the first byte
 * arrived.
 */
export async function measureLine(options: {
  readonly shape: LineShape
  readonly seconds: number
  readonly partSizeBytes: number
  readonly fixedStreams: number | null
}): Promise<readonly Second[]> {
  const { shape, seconds, partSizeBytes, fixedStreams } = options
  const folder = await mkdtemp(join(tmpdir(), 'modelferry-line-'))
  let line: Line | null = null
  try {
    const sink = join(folder, 'sink')
    execFileSync('gcc', ['-O2', '-pthread', '-o', sink, join(import.meta.dirname, '../sink.c')])
    const path = join(folder, 'large.safetensors')
    await writeSafetensors(path, { sizeBytes: fileBytes, payload: 'sparse' })
    line = await openLine(shape, folder)
    line.start('far', sink, [line.farAddress, String(port)])
    const client: ClientOptions = {
      storage: `http://${line.farAddress}:${port}`,
      path,
      partSizeBytes,
      fixedStreams,
      roundTripMs: shape.roundTripMs,
    }
    return await watch(line, client, seconds)
  } finally {
    line?.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function watch(line: Line, options: ClientOptions, seconds: number): Promise<readonly Second[]> {
  const words = [join(import.meta.dirname, 'client.ts'), JSON.stringify(options)]
  const client = line.start('near', process.execPath, words)
  if (!client.stdout) throw new Error('the client has no output')
  const lines = createInterface(client.stdout)
  let seen: StreamsSeen = { limit: 0, inUse: 0 }
  lines.on('line', (text) => (seen = JSON.parse(text) as StreamsSeen))
  await once(lines, 'line')
  const found: Second[] = []
  let before = { bytes: line.arrivedBytes(), ms: performance.now() }
  while (found.length < seconds) {
    const [connectMs] = await Promise.all([line.connectMs(port), after(1_000)])
    if (client.exitCode !== null) throw new Error(`the client ended with ${client.exitCode}`)
    const now = { bytes: line.arrivedBytes(), ms: performance.now() }
    const mbit = ((now.bytes - before.bytes) * 8) / 1_000 / (now.ms - before.ms)
    found.push({ mbit, connectMs, ...seen })
    before = now
  }
  client.kill()
  await once(client, 'exit')
  return found
}
