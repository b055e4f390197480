import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as after } from 'node:timers/promises'
import { createRequestSlots, maxConcurrency } from '../../../electron/transfer/request-slots.ts'
import { startApiStandIn } from '../api-stand-in.ts'
import { benchEnvironment, createBenchEngine } from '../bench-engine.ts'
import type { ClientOptions, StreamsSeen } from './measure.ts'

// The sender of the emulated connection: uploads one file in parts with the real engine until it is stopped,
// and prints the number of concurrent requests each second. The API is local and delays its responses as if
// it were at the far end.

const { storage, path, fixedStreams, partSizeBytes, roundTripMs } = JSON.parse(
  process.argv[2] ?? '{}',
) as ClientOptions
const folder = await mkdtemp(join(tmpdir(), 'modelferry-line-'))
const server = await startApiStandIn({
  partSizeBytes,
  delayMs: roundTripMs,
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
const most = fixedStreams ?? maxConcurrency
const requestSlots = createRequestSlots({
  environment: benchEnvironment,
  maximum: most,
  ...(fixedStreams ? { initial: fixedStreams } : {}),
})
const engine = createBenchEngine({
  folder,
  server,
  singlePutLimitBytes: partSizeBytes,
  atOnce: 1,
  requestSlots,
  streamsMost: most,
})
const ended = new AbortController()
process.once('SIGTERM', () => ended.abort())
await engine.start()
const signedIn = await engine.useToken('bench-token')
if (!signedIn.ok) throw new Error(JSON.stringify(signedIn.failure))
const report = await engine.add([path])
if (!report.ok) throw new Error(JSON.stringify(report.failure))
while (!ended.signal.aborted) {
  const seen: StreamsSeen = { limit: requestSlots.limit, inUse: requestSlots.inUse }
  console.log(JSON.stringify(seen))
  await after(1_000)
}
await engine.stop()
await rm(folder, { recursive: true, force: true })
process.exit()
