import { readFile } from 'node:fs/promises'
import { dirname, win32 } from 'node:path'
import { raceAbort, withTimeout } from '../../platform/delays.ts'
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

/** How long no file may be read, in ms: longer than one hanging call holds up the others of its mount. */
const readLimitMs = 15_000

/** Reads one thing about each file and returns it by file, without files whose folders do not respond. */
export type FileReader = <F extends { readonly path: string }, R>(
  files: readonly F[],
  read: (file: F) => Promise<R>,
) => Promise<ReadonlyMap<F, R>>

/**
 * Returns a reader that reads one folder at a time on each mount, and none again that did not respond in time. Once
 * `signal` aborts it returns nothing.
 */
export function createFileReader(
  { mountQueue, timers }: { readonly mountQueue: Pick<MountQueue, 'run'>; readonly timers: Timers },
  signal = new AbortController().signal,
): FileReader {
  const unresponsive = new Set<string>()
  return async (files, read) => {
    const results = new Map<(typeof files)[number], Awaited<ReturnType<typeof read>>>()
    const unread = Map.groupBy(files, ({ path }) => dirname(path))
    for (const folder of unresponsive) unread.delete(folder)
    let isOver = false
    const calls = [...unread].map(([folder, inFolder]) =>
      mountQueue.run(folder, async () => {
        for (const file of inFolder) if (!isOver) results.set(file, await read(file))
        unread.delete(folder)
      }),
    )
    const ended = raceAbort(
      Promise.all(calls).then(() => true),
      signal,
    )
    // Many files of a slow drive may take longer in total.
    for (let before = -1; before < results.size;) {
      before = results.size
      if (await withTimeout(ended, timers, readLimitMs)) break
    }
    isOver = true
    for (const folder of unread.keys()) unresponsive.add(folder)
    return new Map(signal.aborted ? [] : results)
  }
}

/** Blanks and backslashes in the names of mounts are written as octal numbers (proc_pid_mountinfo(5)). */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_match, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  )
}
