import { once } from 'node:events'
import { startCloud } from '../cloud/cloud.ts'

// A local cloud that keeps no byte, in a process of its own: prints its address, ends with its input.

const cloud = await startCloud({ discard: true })
console.log(cloud.url)
await once(process.stdin.resume(), 'end')
await cloud.close()
