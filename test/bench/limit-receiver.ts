import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import process from 'node:process'

// The receiver of the bandwidth limit's bench, in its own process: counts body bytes by the first path
// segment and time. The message 'counts' returns all counts and resets them.

/** Bytes per bucket, numbered since the epoch; the argument sets a bucket's length in ms. */
export type Counts = Record<string, Record<number, number>>

const bucketMs = Number(process.argv[2])

let counts: Counts = {}

const server = createServer((request, response) => {
  const name = (request.url ?? '').split('/')[1] ?? ''
  request.on('data', (chunk: Buffer) => {
    const at = Math.floor((performance.timeOrigin + performance.now()) / bucketMs)
    const ours = (counts[name] ??= {})
    ours[at] = (ours[at] ?? 0) + chunk.length
  })
  request.on('end', () => response.writeHead(200, { ETag: '"0"' }).end())
})

process.on('message', () => {
  process.send?.(counts)
  counts = {}
})
process.on('disconnect', () => process.exit())

server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
