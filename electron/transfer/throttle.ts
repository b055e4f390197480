import type { Environment } from '../platform/environment.ts'

/** A PUT as the throttle sees it. */
interface ThrottledPut {
  /** PUTs with the same name share the bandwidth of one file. */
  readonly file: string
  readonly sizeBytes: number
  /** Lets the PUT send its bytes up to this position; infinite when there is no limit. */
  readonly allow: (upTo: number) => void
}

/** One PUT's share of the limit. */
interface ThrottleMembership {
  /** The operating system has taken this many bytes of the PUT for sending, in total. */
  recordFlushed(flushedBytes: number): void
  leave(): void
}

/** One limit over all PUTs. It counts the bytes of bodies: headers and TLS add well under 1 %. */
export interface Throttle {
  /** Bytes per second; `null` without a limit. */
  readonly limit: number | null
  /** Takes a positive rate, or `null` for no limit. It applies to running PUTs too, from the next tick on. */
  setLimit(bytesPerSecond: number | null): void
  join(put: ThrottledPut): ThrottleMembership
  close(): void
}

/**
 * Interval at which credit is granted: with forty ticks per second, one more or less is well under a tenth of
 * a second's bytes.
 */
const tickMs = 25
/** Unused credit is kept for this long: enough to make up for a late tick, too little for a visible burst. */
const maxCreditMs = 75
/** A smaller grant would not fill a packet. */
const minGrantBytes = 1024
/**
 * How much of the limit a file that fell behind may catch up on: delayed messages cost it nothing, idling
 * earns nothing.
 */
const maxLagMs = 100

interface Member {
  readonly put: ThrottledPut
  grantedBytes: number
  flushedBytes: number
  /** `flushedBytes` at the last tick. */
  flushedBytesAtTick: number
  /** Bytes flushed in a recent tick; halves with each tick that flushes less. */
  recentBytes: number
  /** Bytes that may be granted in this tick. */
  demandBytes: number
  hasNewGrant: boolean
}

interface FileShare {
  /** In the order in which they get their next grant. */
  readonly members: Set<Member>
  /** Bytes granted so far, raised to the level of the other files while it has no demand. */
  grantedBytes: number
}

/**
 * A pacer on the main thread: while there is a limit, each tick distributes the accrued credit among the PUTs
 * that have used theirs. The file that got least comes first, and within it each PUT in turn. Without a limit
 * each PUT is released once, and no timer runs.
 */
export function createThrottle({ environment }: { readonly environment: Environment }): Throttle {
  const files = new Map<string, FileShare>()
  let limit: number | null = null
  let creditBytes = 0
  let lastTickMs = 0
  let cancelTick: (() => void) | null = null

  const allMembers = () => [...files.values()].flatMap(({ members }) => [...members])

  function sendGrant(member: Member): void {
    member.put.allow(limit === null ? Infinity : member.grantedBytes)
  }

  /** Runs the timer only while there are PUTs to limit. */
  function updateTimer(): void {
    if (limit === null || files.size === 0) {
      cancelTick?.()
      cancelTick = null
    } else if (!cancelTick) {
      creditBytes = 0
      lastTickMs = environment.monotonicMs()
      cancelTick = environment.timers.after(tickMs, tick)
    }
  }

  function tick(): void {
    cancelTick = environment.timers.after(tickMs, tick)
    if (limit === null) return
    const nowMs = environment.monotonicMs()
    const maxCreditBytes = Math.max((limit * maxCreditMs) / 1000, 2 * minGrantBytes)
    creditBytes = Math.min(maxCreditBytes, creditBytes + (limit * (nowMs - lastTickMs)) / 1000)
    lastTickMs = nowMs
    const members = allMembers()
    updateDemand(members, limit)
    creditBytes = grantCredit([...files.values()], creditBytes)
    for (const member of members) if (member.hasNewGrant) sendGrant(member)
    limitLag([...files.values()], limit)
  }

  function fileShareFor(name: string): FileShare {
    const known = files.get(name)
    if (known) return known
    const others = [...files.values()].map((file) => file.grantedBytes)
    const file: FileShare = {
      members: new Set(),
      grantedBytes: others.length === 0 ? 0 : Math.min(...others),
    }
    files.set(name, file)
    return file
  }

  return {
    get limit() {
      return limit
    },
    setLimit(bytesPerSecond) {
      if (bytesPerSecond === limit) return
      const before = limit
      limit = bytesPerSecond
      if (before === null || limit === null) {
        for (const member of allMembers()) {
          // What a PUT has sent without a limit is not counted against it afterwards.
          member.grantedBytes = member.flushedBytes
          sendGrant(member)
        }
      }
      updateTimer()
    },
    join(put) {
      const file = fileShareFor(put.file)
      const member: Member = {
        put,
        grantedBytes: 0,
        flushedBytes: 0,
        flushedBytesAtTick: 0,
        recentBytes: 0,
        demandBytes: 0,
        hasNewGrant: false,
      }
      file.members.add(member)
      if (limit === null) sendGrant(member)
      updateTimer()
      return {
        recordFlushed(flushedBytes) {
          member.flushedBytes = flushedBytes
          member.grantedBytes = Math.max(member.grantedBytes, flushedBytes)
        },
        leave() {
          file.members.delete(member)
          if (file.members.size === 0 && files.get(put.file) === file) files.delete(put.file)
          updateTimer()
        },
      }
    },
    close() {
      limit = null
      files.clear()
      updateTimer()
    },
  }
}

/**
 * A PUT may have unused credit for twice what it recently flushed per tick plus an even share: a slow
 * connection does not accumulate credit, and a fast one takes over within a few ticks what others leave.
 */
function updateDemand(members: readonly Member[], bytesPerSecond: number): void {
  const shareBytes = Math.max(minGrantBytes, (bytesPerSecond * tickMs) / 1000 / members.length)
  for (const member of members) {
    const flushedInTick = Math.max(0, member.flushedBytes - member.flushedBytesAtTick)
    member.flushedBytesAtTick = member.flushedBytes
    member.recentBytes = Math.max(flushedInTick, member.recentBytes / 2)
    const unusedBytes = member.grantedBytes - member.flushedBytes
    const leftBytes = member.put.sizeBytes - member.grantedBytes
    const allowedBytes = Math.min(2 * member.recentBytes + shareBytes - unusedBytes, leftBytes)
    member.demandBytes = Math.max(0, Math.floor(allowedBytes))
    // Less than a packet waits, unless it is the end of the body.
    if (member.demandBytes < minGrantBytes && member.demandBytes < leftBytes) member.demandBytes = 0
    member.hasNewGrant = false
  }
}

/** Grants credit in small portions to the file that has got least so far. Returns the credit that is left. */
function grantCredit(files: readonly FileShare[], creditBytes: number): number {
  const memberCount = files.reduce((count, { members }) => count + members.size, 0)
  const portionBytes = Math.max(minGrantBytes, Math.floor(creditBytes / memberCount))
  const waiting = new Set(files.filter(hasDemand))
  let leftBytes = creditBytes
  while (waiting.size > 0) {
    const [file] = [...waiting].sort((a, b) => a.grantedBytes - b.grantedBytes) as [FileShare]
    const member = [...file.members].find(({ demandBytes }) => demandBytes > 0)
    if (!member) {
      waiting.delete(file)
      continue
    }
    const bytes = Math.min(portionBytes, member.demandBytes)
    if (bytes > leftBytes) return leftBytes
    leftBytes -= bytes
    file.grantedBytes += bytes
    member.grantedBytes += bytes
    member.demandBytes -= bytes
    member.hasNewGrant = true
    file.members.delete(member)
    file.members.add(member)
  }
  return leftBytes
}

/** Raises files whose demand was met, so that they cannot claim later what the others got meanwhile. */
function limitLag(files: readonly FileShare[], bytesPerSecond: number): void {
  const waiting = files.filter(hasDemand)
  if (waiting.length === 0) return
  const lowestBytes = Math.min(...waiting.map(({ grantedBytes }) => grantedBytes))
  const level = lowestBytes - (bytesPerSecond * maxLagMs) / 1000
  for (const file of files) file.grantedBytes = Math.max(file.grantedBytes, level)
}

function hasDemand({ members }: FileShare): boolean {
  for (const { demandBytes } of members) if (demandBytes > 0) return true
  return false
}
