import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import process from 'node:process'
import { setTimeout as after } from 'node:timers/promises'
import { startApiStandIn, type Answered } from './api-stand-in.ts'

// API and storage behind a simulated connection, in their own process: `node finish-cloud.ts <round trip in
// ms> <part size in bytes> <storage's bytes per second>`. Prints the API's base URL and the origin that
// reports the response times at `/answered`. Each response is delayed by one round trip. The storage rate is
// limited so that hashing is never the bottleneck.

const [roundTrip = '0', partSize = '0', rate = '0'] = process.argv.slice(2)
const roundTripMs = Number(roundTrip)
const bytesPerMs = Number(rate) / 1000
const all: Answered[] = []
const answered = (answer: Answered) => void all.push(answer)

const storage = createServer((request, response) => {
  void (async () => {
    if (request.url === '/answered') return response.end(JSON.stringify(all.splice(0)))
    const from = performance.now()
    let bytes = 0
    for await (const chunk of request) {
      bytes += (chunk as Buffer).length
      const early = bytes / bytesPerMs - (performance.now() - from)
      if (early > 5) await after(early)
    }
    await after(roundTripMs)
    answered({ call: 'storage', atMs: Date.now() })
    return response.writeHead(200, { ETag: '"part"' }).end()
  })()
})
await new Promise<void>((resolve) => storage.listen(0, '127.0.0.1', resolve))
const origin = `http://127.0.0.1:${(storage.address() as AddressInfo).port}`
const api = await startApiStandIn({
  partSizeBytes: Number(partSize),
  delayMs: roundTripMs,
  answered,
  storage: {
    presignPut: async (key) => ({ url: `${origin}/${key}`, headers: {} }),
    createUpload: async () => randomUUID(),
    presignPart: async (key, _uploadId, partNumber) => ({
      url: `${origin}/${key}?partNumber=${partNumber}`,
      headers: {},
    }),
    completeUpload: async () => {},
  },
})
console.log(`${api} ${origin}`)
