import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import { onTestFinished } from 'vitest'

/** A port of loopback whose listener takes no connection: what is sent there is swallowed, as by a firewall. */
export interface DeafListener {
  readonly port: number
  /** From now on it takes connections. A client that has knocked in vain knocks again a second after its first try. */
  hear(): void
}

const listening = `
  const { createServer } = require('node:net')
  const { parentPort, workerData } = require('node:worker_threads')
  const { createServer: createWebServer } = require('node:http')
  const server = createWebServer((_request, response) => response.end('heard'))
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port)
    setImmediate(() => Atomics.wait(new Int32Array(workerData), 0, 0))
  })`

/** Starts one, and fills the queue of what it has not taken yet: the system drops whatever comes then. */
export async function openDeafListener(): Promise<DeafListener> {
  const memory = new SharedArrayBuffer(4)
  const worker = new Worker(listening, { eval: true, workerData: memory })
  const sockets: Socket[] = []
  const hear = () => {
    Atomics.store(new Int32Array(memory), 0, 1)
    Atomics.notify(new Int32Array(memory), 0)
  }
  onTestFinished(async () => {
    hear()
    for (const socket of sockets) socket.destroy()
    await worker.terminate()
  })
  const [port] = (await once(worker, 'message')) as [number]
  // The queue holds one more than its backlog (listen(2)); what comes above knocks in vain.
  for (let count = 0; count < 2; count += 1) {
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    sockets.push(socket)
    await once(socket, 'connect')
  }
  return { port, hear }
}
