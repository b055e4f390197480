import { readFile } from 'node:fs/promises'
import { win32 } from 'node:path'
import type { Timers } from '../../platform/environment.ts'
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

interface Call {
  readonly path: string
  readonly start: () => Promise<void>
}

interface Mount {
  readonly waiting: Call[]
  /** Paths of calls that have taken too long and are not finished. */
  readonly hanging: Set<string>
  isBusy: boolean
}

/**
 * Makes one call at a time on each mount. On a network share that is gone, a call may never return, and many of
 * them would take all of Node's four threads. One that hangs only holds up calls about the same path, because links
 * may lead to other mounts than their paths show, until a second one hangs as well.
 */
export class MountQueue {
  readonly #mounts = new Map<string, Mount>()
  readonly #timers: Timers
  readonly #readMounts: () => ReturnType<typeof readMounts>

  constructor(timers: Timers, mounts: () => ReturnType<typeof readMounts> = readMounts) {
    this.#timers = timers
    this.#readMounts = mounts
  }

  async run<T>(path: string, call: () => Promise<T>): Promise<T> {
    const name = (await this.#readMounts())(path)
    const mount: Mount = this.#mounts.get(name) ?? { waiting: [], hanging: new Set(), isBusy: false }
    this.#mounts.set(name, mount)
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    mount.waiting.push({ path, start: () => call().then(resolve, reject) })
    this.#startNext(mount)
    return promise
  }

  #startNext(mount: Mount): void {
    const { waiting, hanging } = mount
    if (mount.isBusy || hanging.size === maxCallsPerMount) return
    const index = waiting.findIndex(({ path }) => !hanging.has(path))
    const next = waiting[index]
    if (!next) return
    waiting.splice(index, 1)
    mount.isBusy = true
    const cancel = this.#timers.after(hangsAfterMs, () => {
      hanging.add(next.path)
      mount.isBusy = false
      this.#startNext(mount)
    })
    void next.start().then(() => {
      cancel()
      if (!hanging.delete(next.path)) mount.isBusy = false
      this.#startNext(mount)
    })
  }
}

/** Blanks and backslashes in the names of mounts are written as octal numbers (proc_pid_mountinfo(5)). */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_match, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  )
}
