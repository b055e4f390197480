import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

/** Properties of a long-distance connection, such as from a home to a data centre. */
export interface LineShape {
  readonly rateMbit: number
  /** Round-trip time in ms. */
  readonly roundTripMs: number
  /** Share of packets lost in each direction. */
  readonly loss: number
  /**
   * Maximum queuing delay before the bottleneck, in ms; the default of 25 is that of a well-configured
   * router.
   */
  readonly queueMs?: number
}

/** The two ends of the connection, each a network namespace. */
export type End = 'near' | 'far'

export interface Line {
  readonly farAddress: string
  /** Starts a program at one end; it is stopped with the connection. */
  start(end: End, program: string, words: readonly string[]): ChildProcess
  /** Duration of a new connection from the near end, in ms: a round trip plus the queuing delay. */
  connectMs(port: number): Promise<number>
  /** Bytes received at the far end so far, including headers and retransmissions. */
  arrivedBytes(): number
  /** Stops all started programs and removes the connection. */
  close(): void
}

const run = promisify(execFile)

/** Half of the bytes in flight may queue, as with a well-configured router. */
const shortQueueMs = 25
/** High priority, so that other programs on this computer do not distort the emulated connection. */
const ahead = ['-n', '-15']
const farAddress = '10.213.7.2'
const nearAddress = '10.213.7.1'
const network = '10.213.7.0/24'
/** The kernel's default differs between hosts, and bbr would improve the results. */
const congestionControl = 'cubic'

/** The reason why the connection cannot be emulated here, or null. */
export function whyNoLine(): string | null {
  const need = 'the emulated line needs root, /dev/net/tun, ip and gcc'
  if (process.getuid?.() !== 0) return `${need}: this is not root`
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK)
  } catch {
    return `${need}: there is no /dev/net/tun`
  }
  for (const program of ['ip', 'gcc']) {
    try {
      execFileSync(program, [program === 'ip' ? '-V' : '--version'], { stdio: 'ignore' })
    } catch {
      return `${need}: there is no ${program}`
    }
  }
  return null
}

/** Creates two namespaces with the emulator between them. Its program is built in `folder`. */
export async function openLine(shape: LineShape, folder: string): Promise<Line> {
  const names = { near: `line-near-${process.pid}`, far: `line-far-${process.pid}` }
  const started: ChildProcess[] = []
  const ip = (...words: readonly string[]) => execFileSync('ip', words, { stdio: ['ignore', 'pipe', 'pipe'] })
  const close = () => {
    for (const child of started.toReversed()) child.kill('SIGKILL')
    for (const name of Object.values(names)) spawnQuietly('ip', ['netns', 'delete', name])
    process.off('exit', close)
  }
  process.on('exit', close)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  const start = (end: End, program: string, words: readonly string[]) => {
    const child = spawn('nice', [...ahead, 'ip', 'netns', 'exec', names[end], program, ...words], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    started.push(child)
    return child
  }

  const emulator = join(folder, 'line')
  execFileSync('gcc', ['-O2', '-pthread', '-o', emulator, join(import.meta.dirname, 'line.c')])
  for (const name of Object.values(names)) ip('netns', 'add', name)
  const { rateMbit, roundTripMs, loss, queueMs = shortQueueMs } = shape
  const line = [names.near, names.far, rateMbit, roundTripMs / 2, loss, queueMs].map(String)
  const carrier = spawn('nice', [...ahead, emulator, ...line], { stdio: ['ignore', 'pipe', 'inherit'] })
  started.push(carrier)
  await once(createInterface(carrier.stdout), 'line')
  for (const [end, device, address] of [
    ['near', 'line-a', nearAddress],
    ['far', 'line-b', farAddress],
  ] as const) {
    ip('-n', names[end], 'address', 'add', `${address}/24`, 'dev', device)
    ip('-n', names[end], 'link', 'set', device, 'up', 'txqueuelen', '4000')
    ip('-n', names[end], 'link', 'set', 'lo', 'up')
    const words = ['route', 'replace', network, 'dev', device, 'src', address, 'congctl', congestionControl]
    ip('-n', names[end], ...words)
  }
  return {
    farAddress,
    start,
    close,
    async connectMs(port) {
      const curl = ['curl', '-s', '-o', '/dev/null', '-w', '%{time_connect}', `http://${farAddress}:${port}/`]
      const { stdout } = await run('ip', ['netns', 'exec', names.near, ...curl])
      return Number(stdout) * 1_000
    },
    arrivedBytes: () =>
      Number(
        ip('-n', names.far, '-j', '-s', 'link', 'show', 'line-b')
          .toString()
          .match(/"rx":\{"bytes":(\d+)/)?.[1],
      ),
  }
}

function spawnQuietly(program: string, words: readonly string[]): void {
  try {
    execFileSync(program, words, { stdio: 'ignore' })
  } catch {
    // It did not exist, or is removed with its last process.
  }
}
