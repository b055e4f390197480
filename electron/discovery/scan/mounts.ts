import { readFile } from 'node:fs/promises'
import { win32 } from 'node:path'
import { isWithin } from '../../recognition/link-boundary.ts'

/**
 * Returns a function that finds the mount of a path from the path's text alone: on a network share that is
 * gone, each call about the path itself takes one of Node's four threads and may never return.
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

/**
 * Makes one call at a time on each mount. On a network share that is gone, the first one may never return, and the
 * others would take all of Node's threads.
 */
export class MountQueue {
  readonly #lastCalls = new Map<string, Promise<unknown>>()
  readonly #mounts: () => ReturnType<typeof readMounts>

  constructor(mounts: () => ReturnType<typeof readMounts> = readMounts) {
    this.#mounts = mounts
  }

  async run<T>(path: string, call: () => Promise<T>): Promise<T> {
    const mount = (await this.#mounts())(path)
    const before = this.#lastCalls.get(mount) ?? Promise.resolve()
    const result = before.then(call)
    this.#lastCalls.set(
      mount,
      result.catch(() => undefined),
    )
    return result
  }
}

/** Blanks and backslashes in the names of mounts are written as octal numbers (proc_pid_mountinfo(5)). */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_match, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  )
}
