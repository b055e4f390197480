import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import process from 'node:process'

// The receiving end of the limit's bench, a process of its own: counts the bytes of bodies as they come in, by first segment
// of the path and time. Answers the message 'counts' with all of them and begins anew.

/** Bytes by number of the bucket since the epoch; a bucket is as many ms long as the argument says. */
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
