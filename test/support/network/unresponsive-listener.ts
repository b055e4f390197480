import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import { onTestFinished } from 'vitest'

/** A loopback port whose listener accepts no connections, as if a firewall dropped the packets. */
export interface UnresponsiveListener {
  readonly port: number
  /** Starts accepting connections. A waiting client retries one second after its first attempt. */
  startAccepting(): void
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

/** Starts a listener and fills its backlog, so that the kernel drops further connections. */
export async function openUnresponsiveListener(): Promise<UnresponsiveListener> {
  const memory = new SharedArrayBuffer(4)
  const worker = new Worker(listening, { eval: true, workerData: memory })
  const sockets: Socket[] = []
  const startAccepting = () => {
    Atomics.store(new Int32Array(memory), 0, 1)
    Atomics.notify(new Int32Array(memory), 0)
  }
  onTestFinished(async () => {
    startAccepting()
    for (const socket of sockets) socket.destroy()
    await worker.terminate()
  })
  const [port] = (await once(worker, 'message')) as [number]
  // The queue holds one connection more than the backlog (listen(2)); further ones are dropped.
  for (let count = 0; count < 2; count += 1) {
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    sockets.push(socket)
    await once(socket, 'connect')
  }
  return { port, startAccepting }
}
