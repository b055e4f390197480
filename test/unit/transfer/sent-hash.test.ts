import { createHash, randomBytes } from 'node:crypto'
import { MessageChannel } from 'node:worker_threads'
import { expect, onTestFinished, test } from 'vitest'
import { createInlineHash, createThreadHash, serveSentHash } from '../../../electron/transfer/sent-hash.ts'

const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const hashed = (hash: ReturnType<typeof createInlineHash>, bytes: Uint8Array) =>
  new Promise<void>((resolve) => {
    hash.add(bytes, resolve)
  })

function connectHash() {
  const { port1, port2 } = new MessageChannel()
  onTestFinished(() => port1.close())
  const closed = new Promise<void>((resolve) => {
    serveSentHash(port1, resolve)
  })
  return { hash: createThreadHash(port2), closed, endThread: () => port1.close() }
}

const kinds = [
  ['this thread', createInlineHash],
  ['another thread', () => connectHash().hash],
] as const

test.each(kinds)('hashes all added bytes in order in %s', async (_, create) => {
  const hash = create()
  const [first, second] = [randomBytes(1_000), randomBytes(7)]
  await Promise.all([hashed(hash, first), hashed(hash, second)])
  expect(hash.isBehind()).toBe(false)
  expect(await hash.hex()).toBe(sha256Of(Buffer.concat([first, second])))
})

test.each(kinds)('forgets all bytes at a restart in %s', async (_, create) => {
  const hash = create()
  const bytes = randomBytes(1_000)
  hash.add(randomBytes(10), () => {})
  hash.restart()
  hash.add(bytes, () => {})
  expect(await hash.hex()).toBe(sha256Of(bytes))
})
