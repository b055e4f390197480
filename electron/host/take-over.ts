import { setTimeout as delay } from 'node:timers/promises'
import { connectToHost } from './connect-host.ts'
import { HostInUseError, takeHostLock, type HostLock } from './host-lock.ts'

/** How long commands that host the uploads may take to end, one after the other, in ms. Each finishes parts for 5 s. */
const takeOverMs = 15_000
/** How long a process may have the lock without being reached, in ms: it starts, or is about to end. */
const silentMs = 5_000
const retryMs = 50

/**
 * Takes the lock of a data folder for the app. A command that has it ends first, and continues as a command of the app.
 * @throws {HostInUseError} if another app has it, or a command doesn't end
 * @throws like `takeHostLock`
 */
export async function takeOverHost(home: string): Promise<HostLock> {
  const deadlineMs = performance.now() + takeOverMs
  let reachedMs = performance.now()
  for (;;) {
    try {
      return takeHostLock(home)
    } catch (error) {
      const nowMs = performance.now()
      if (!(error instanceof HostInUseError) || nowMs > deadlineMs || nowMs - reachedMs > silentMs)
        throw error
      const holder = await askToEnd(home, deadlineMs)
      if (holder === 'app') throw error
      if (holder === 'command') reachedMs = performance.now()
    }
  }
}

/** Returns what has the lock, if it can be reached. */
async function askToEnd(home: string, deadlineMs: number): Promise<'app' | 'command' | null> {
  const search = await connectToHost(home, { timeoutMs: retryMs })
  if (search.found !== 'host') {
    await delay(retryMs)
    return null
  }
  const { about, calls, ended, close } = search.connection
  if (about.kind === 'command') {
    void calls.handOver(undefined)
    await Promise.race([ended, delay(deadlineMs - performance.now(), undefined, { ref: false })])
  }
  close()
  return about.kind
}
