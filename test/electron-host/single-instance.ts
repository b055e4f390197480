import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  watch,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

interface Handover {
  readonly argv: string[]
  readonly cwd: string
  readonly additionalData: unknown
}

const errorCode = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0)
    return true
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return false
    throw error
  }
}

/**
 * Electron's single-instance lock: a file with the holder's process id, and a folder in which other processes
 * leave messages.
 */
export class SingleInstance {
  readonly #received: (handover: Handover) => void
  #lock: string | undefined

  constructor(received: (handover: Handover) => void) {
    this.#received = received
  }

  get held(): boolean {
    return this.#lock !== undefined
  }

  /** True if this process has the lock; otherwise `argv` is passed to the holder. */
  request(dataFolder: string, additionalData: unknown): boolean {
    if (this.held) return true
    const lock = join(dataFolder, 'SingletonLock')
    const inbox = join(dataFolder, 'SingletonInbox')
    mkdirSync(inbox, { recursive: true })
    const holder = existsSync(lock) ? Number(readFileSync(lock, 'utf8')) : 0
    if (holder && isAlive(holder)) {
      const letter = join(inbox, `${process.pid}`)
      const handover: Handover = { argv: process.argv, cwd: process.cwd(), additionalData }
      writeFileSync(`${letter}.part`, JSON.stringify(handover))
      renameSync(`${letter}.part`, `${letter}.json`)
      return false
    }
    writeFileSync(lock, String(process.pid))
    this.#lock = lock
    process.on('exit', () => this.release())
    watch(inbox, { persistent: false }, () => this.#readInbox(inbox))
    return true
  }

  release(): void {
    if (this.#lock !== undefined) rmSync(this.#lock, { force: true })
    this.#lock = undefined
  }

  #readInbox(inbox: string): void {
    for (const name of readdirSync(inbox)) {
      if (!name.endsWith('.json')) continue
      const handover = JSON.parse(readFileSync(join(inbox, name), 'utf8')) as Handover
      rmSync(join(inbox, name), { force: true })
      this.#received(handover)
    }
  }
}
