import { readFile } from 'node:fs/promises'
import { win32 } from 'node:path'
import type { Timers } from '../../platform/environment.ts'
import type { FileCalls } from '../../platform/files/file-calls.ts'
import { isWithin } from '../../recognition/link-boundary.ts'

/**
 * Returns a function that finds the mount of a path from the path's text alone: a call about the path itself may
 * never return (see `MountQueue`).
 */
export async function readMounts(
  platform: NodeJS.Platform = process.platform,
  mountTable = '/proc/self/mountinfo',
): Promise<(path: string) => string> {
  if (platform === 'win32') return (path) => win32.parse(path).root.toLowerCase()
  if (platform !== 'linux') return (path) => /^\/Volumes\/[^/]+/.exec(path)?.[0] ?? '/'
  const table = await readFile(mountTable, 'utf8').catch(() => '')
  const mounts = table.split('\n').flatMap((line) => line.split(' ')[4] ?? [])
  const longestFirst = mounts.map(unescapeOctal).sort((one, other) => other.length - one.length)
  return (path) => longestFirst.find((mount) => isWithin(path, mount)) ?? '/'
}

/** A call that takes longer no longer holds up the others, in ms. */
const hangsAfterMs = 10_000
const maxCallsPerMount = 2
/** How long the mounts that were found are used, in ms: to read Linux's table takes longer than most calls. */
const mountsUsedMs = 1_000

interface Call {
  readonly path: string
  /** An upload waits for it. */
  readonly isFirst: boolean
  readonly start: () => Promise<void>
  /** It has taken too long and is not finished. */
  isHanging: boolean
}

interface Mount {
  readonly waiting: Call[]
  readonly running: Set<Call>
}

/**
 * Makes up to two calls at a time on each mount, at most one of them by `run`. On a network share that is gone, a call
 * may never return, and many of them would take all of Node's four threads. One that hangs only holds up calls about
 * the same path, because links may lead to other mounts than their paths show, until a second one hangs as well.
 */
export class MountQueue implements FileCalls {
  readonly #mounts = new Map<string, Mount>()
  readonly #timers: Timers
  readonly #readMounts: () => ReturnType<typeof readMounts>
  #found: ReturnType<typeof readMounts> | null = null
  #foundAtMs = 0

  constructor(timers: Timers, mounts: () => ReturnType<typeof readMounts> = readMounts) {
    this.#timers = timers
    this.#readMounts = mounts
  }

  run<T>(path: string, call: () => Promise<T>): Promise<T> {
    return this.#add(path, call, false)
  }

  runFirst<T>(path: string, call: () => Promise<T>): Promise<T> {
    return this.#add(path, call, true)
  }

  async #add<T>(path: string, call: () => Promise<T>, isFirst: boolean): Promise<T> {
    const name = (await this.#findMounts())(path)
    const mount: Mount = this.#mounts.get(name) ?? { waiting: [], running: new Set() }
    this.#mounts.set(name, mount)
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    mount.waiting.push({ path, isFirst, start: () => call().then(resolve, reject), isHanging: false })
    this.#startNext(mount)
    return promise
  }

  #findMounts(): ReturnType<typeof readMounts> {
    const nowMs = performance.now()
    if (this.#found && nowMs - this.#foundAtMs < mountsUsedMs) return this.#found
    this.#foundAtMs = nowMs
    return (this.#found = this.#readMounts())
  }

  #startNext(mount: Mount): void {
    const { waiting, running } = mount
    if (running.size === maxCallsPerMount) return
    const isBusy = [...running].some(({ isFirst, isHanging }) => !isFirst && !isHanging)
    const mayStart = (call: Call) =>
      ![...running].some(({ path, isHanging }) => isHanging && path === call.path)
    const next =
      waiting.find((call) => call.isFirst && mayStart(call)) ?? (isBusy ? undefined : waiting.find(mayStart))
    if (!next) return
    waiting.splice(waiting.indexOf(next), 1)
    running.add(next)
    const cancel = this.#timers.after(hangsAfterMs, () => {
      next.isHanging = true
      this.#startNext(mount)
    })
    void next.start().then(() => {
      cancel()
      running.delete(next)
      this.#startNext(mount)
    })
    this.#startNext(mount)
  }
}

/** Blanks and backslashes in the names of mounts are written as octal numbers (proc_pid_mountinfo(5)). */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_match, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  )
}
