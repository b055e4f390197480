import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import process from 'node:process'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import type { FloorOptions, FloorResult } from './ours-result.ts'

// The least that a client in Node does for the same bytes: it only reads, hashes and sends, without queue,
// journal, API calls, checks, retries or limits. `node floor.js <FloorOptions as JSON>` prints FloorResult.
// The difference to ours is what the engine costs; the difference to curl and sha256sum is what Node costs.

const blockBytes = 1024 * 1024
const blocksPerPut = 3
/** Of the files of `small`, which are hashed in the thread that sends them. */
const smallThreads = 2

type Task =
  | { readonly kind: 'hash-blocks' }
  | { readonly kind: 'hash-file'; readonly path: string }
  | { readonly kind: 'send-files'; readonly paths: readonly string[]; readonly options: FloorOptions }

/** Sends a range of a file. `use` receives each block and calls `onUsed` once the block may be reused. */
async function sendRange(
  handle: FileHandle,
  { url, start, end, agent }: { url: string; start: number; end: number; agent: Agent },
  use: (bytes: Buffer, onUsed: () => void) => void,
): Promise<void> {
  const put = request(url, { method: 'PUT', agent, headers: { 'Content-Length': end - start } })
  const answered = once(put, 'response')
  const free = Array.from({ length: blocksPerPut }, () => Buffer.from(new SharedArrayBuffer(blockBytes)))
  let wake = () => {}
  for (let position = start; position < end;) {
    const block = free.pop()
    if (!block) {
      await new Promise<void>((resolve) => (wake = resolve))
      continue
    }
    const { bytesRead } = await handle.read(block, 0, Math.min(blockBytes, end - position), position)
    if (bytesRead === 0) throw new Error('the file is shorter than before')
    position += bytesRead
    let users = 2
    const release = () => {
      users -= 1
      if (users === 0) free.push(block)
      wake()
    }
    const bytes = block.subarray(0, bytesRead)
    use(bytes, release)
    put.write(bytes, release)
  }
  put.end()
  const [response] = (await answered) as [NodeJS.ReadableStream & { statusCode: number }]
  if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`)
  response.resume()
  await once(response, 'end')
}

/** Runs `work` for all items, `width` at a time. */
async function inParallel<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>) {
  const waiting = [...items]
  const runNext = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: width }, runNext))
}

const startThread = (task: Task) => new Worker(new URL(import.meta.url), { workerData: task })

async function sendWhole({ origin, paths: [path = ''] }: FloorOptions): Promise<void> {
  const thread = startThread({ kind: 'hash-blocks' })
  const waiting: (() => void)[] = []
  thread.on('message', () => waiting.shift()?.())
  const handle = await open(path)
  const { size } = await handle.stat()
  const range = { url: `${origin}/b/whole`, start: 0, end: size, agent: new Agent() }
  await sendRange(handle, range, (bytes, onUsed) => {
    waiting.push(onUsed)
    thread.postMessage(bytes)
  })
  await handle.close()
  thread.postMessage('end')
  await once(thread, 'exit')
}

async function sendParts({ origin, paths: [path = ''], partBytes, atOnce }: FloorOptions): Promise<void> {
  const thread = startThread({ kind: 'hash-file', path })
  const hashed = once(thread, 'exit')
  const handle = await open(path)
  const { size } = await handle.stat()
  const agent = new Agent({ keepAlive: true })
  const starts = Array.from({ length: Math.ceil(size / partBytes) }, (_, at) => at * partBytes)
  await inParallel(starts, atOnce, (start) =>
    sendRange(
      handle,
      { url: `${origin}/b/parts-${start}`, start, end: Math.min(size, start + partBytes), agent },
      (_, onUsed) => onUsed(),
    ),
  )
  agent.destroy()
  await handle.close()
  await hashed
}

async function sendFiles(paths: readonly string[], { origin, atOnce }: FloorOptions): Promise<void> {
  const agent = new Agent({ keepAlive: true })
  await inParallel(paths, atOnce / smallThreads, async (path) => {
    const hash = createHash('sha256')
    const handle = await open(path)
    const { size } = await handle.stat()
    const url = `${origin}/b/${encodeURIComponent(path)}`
    await sendRange(handle, { url, start: 0, end: size, agent }, (bytes, onUsed) => {
      hash.update(bytes)
      onUsed()
    })
    await handle.close()
    hash.digest('hex')
  })
  agent.destroy()
}

async function sendSmall(options: FloorOptions): Promise<void> {
  const { paths } = options
  const threads = Array.from({ length: smallThreads }, (_, at) =>
    startThread({
      kind: 'send-files',
      paths: paths.filter((_path, index) => index % smallThreads === at),
      options,
    }),
  )
  await Promise.all(threads.map((thread) => once(thread, 'exit')))
}

async function runTask(task: Task): Promise<void> {
  switch (task.kind) {
    case 'hash-blocks': {
      const hash = createHash('sha256')
      parentPort?.on('message', (bytes: Uint8Array | 'end') => {
        if (bytes === 'end') {
          hash.digest('hex')
          return parentPort?.close()
        }
        hash.update(bytes)
        parentPort?.postMessage(null)
      })
      return
    }
    case 'hash-file': {
      const hash = createHash('sha256')
      const handle = await open(task.path)
      const block = Buffer.alloc(blockBytes / 4)
      for (let bytesRead = -1; bytesRead !== 0;) {
        bytesRead = readSync(handle.fd, block)
        hash.update(block.subarray(0, bytesRead))
      }
      hash.digest('hex')
      return handle.close()
    }
    case 'send-files':
      return sendFiles(task.paths, task.options)
  }
}

if (isMainThread) {
  const options = JSON.parse(process.argv[2] ?? '{}') as FloorOptions
  const cpuBefore = process.cpuUsage()
  const fromMs = performance.now()
  await { whole: sendWhole, parts: sendParts, small: sendSmall }[options.kind](options)
  const seconds = (performance.now() - fromMs) / 1000
  const { user, system } = process.cpuUsage(cpuBefore)
  console.log(JSON.stringify({ seconds, cpuSeconds: (user + system) / 1e6 } satisfies FloorResult))
} else await runTask(workerData as Task)
