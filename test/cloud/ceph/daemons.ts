import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { accessSync, closeSync, constants, openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export type Daemon = {
  readonly name: string
  /** Rejects if the program ends without having been stopped. */
  readonly failed: Promise<never>
  /** Stops the program, and kills it after ten seconds. */
  stop(): Promise<void>
  kill(): Promise<void>
}

/** Whether the program is on PATH. */
export function hasProgram(name: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** Runs a program to its end and returns its output; throws with its error output if it fails. */
export function run(
  name: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  limitMs: number,
): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(name, [...args], { env, timeout: limitMs }, (error, stdout, stderr) => {
      if (error)
        reject(new Error(`${name} ${args.join(' ')} failed: ${stderr.trim().slice(-500)}`, { cause: error }))
      else resolve(stdout)
    })
  })
}

/** Starts a long-running program that is killed when this process ends for any reason. */
export function startDaemon(
  name: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  logFile: string,
): Daemon {
  const output = openSync(logFile, 'a')
  // With this the kernel ends the daemon even if this process is killed.
  const bound = hasProgram('setpriv') ? ['setpriv', '--pdeathsig', 'KILL', '--', name] : [name]
  const [program = name, ...before] = bound
  const child = spawn(program, [...before, ...args], { env, stdio: ['ignore', output, output] })
  closeSync(output)
  const killNow = () => void child.kill('SIGKILL')
  process.once('exit', killNow)
  let stopping = false
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  void ended.then(() => process.off('exit', killNow))
  const failed = ended.then(async () => {
    if (stopping) return await new Promise<never>(() => undefined)
    throw new Error(`${name} exited unexpectedly: ${readFileSync(logFile, 'utf8').slice(-1000)}`)
  })
  failed.catch(() => undefined)
  const end = async (signal: NodeJS.Signals) => {
    stopping = true
    await endBy(child, signal, ended)
  }
  return { name, failed, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') }
}

const PATIENCE_MS = 10_000

async function endBy(child: ChildProcess, signal: NodeJS.Signals, ended: Promise<void>): Promise<void> {
  child.kill(signal)
  const recovery = new AbortController()
  const late = sleep(PATIENCE_MS, true, { signal: recovery.signal }).catch(() => false)
  const wasLate = await Promise.race([late, ended.then(() => false)])
  recovery.abort()
  if (wasLate) child.kill('SIGKILL')
  await ended
}

/** Polls until the check returns true; throws after `limitMs` or when the daemon ends. */
export async function untilTrue(
  what: string,
  ask: () => Promise<boolean>,
  daemon: Daemon,
  limitMs: number,
): Promise<void> {
  const deadline = Date.now() + limitMs
  while (!(await Promise.race([ask(), daemon.failed]))) {
    if (Date.now() > deadline) throw new Error(`${what} was not ready after ${limitMs / 1000} s`)
    await sleep(100)
  }
}

/** Below the ports that systems assign by themselves: from 32,768 on Linux, from 49,152 on macOS and Windows. */
const ownPorts = { from: 20_000, to: 32_000 }

/**
 * Returns a free TCP port on loopback, for a program that listens on it later. No connection and no other server
 * is assigned it by the system meanwhile.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(ownPorts.from, ownPorts.to)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
