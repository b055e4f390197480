import type { Environment } from '../platform/environment.ts'

/** A PUT as the throttle sees it. */
export interface Throttled {
  /** PUTs with the same name share what one file gets. */
  readonly file: string
  readonly sizeBytes: number
  /** Lets the PUT send up to this byte of its own and no further; infinite where there is no limit. */
  readonly allow: (upTo: number) => void
}

/** One PUT's place among those that share the limit. */
export interface Turn {
  /** The operating system has taken so many bytes of the PUT for sending. */
  moved(flushedBytes: number): void
  end(): void
}

/** One limit over all PUTs. It counts the bytes of bodies: headers and TLS come on top, well under 1 %. */
export interface Throttle {
  /** Bytes a second; `null` where there is no limit. */
  readonly limit: number | null
  /** Takes a positive rate, or `null` for no limit. It holds for PUTs under way too, from the next beat on. */
  setLimit(bytesPerSecond: number | null): void
  join(put: Throttled): Turn
  close(): void
}

/** Credit is handed out so often, in ms: a second holds forty beats, so that one more or less is no tenth of it. */
const beatMs = 25
/**
 * Credit that nobody could use is kept for so long, in ms: enough to make up for a beat that comes late, too little to show
 * as a burst within a second.
 */
const keptMs = 75
/** Less than this is not worth a packet, in bytes. */
const leastGrantBytes = 1024
/** A file that fell behind may catch up on so much of the limit, in ms: late messages cost it nothing, idling earns nothing. */
const lagMs = 100

interface Place {
  readonly put: Throttled
  readonly file: FilePlace
  grantedBytes: number
  flushedBytes: number
  /** What was flushed at the last beat, and what a beat moved lately: it halves with each beat that moves less. */
  beatFlushedBytes: number
  recentBytes: number
  /** Bytes that may be granted in this beat. */
  room: number
  told: boolean
}

interface FilePlace {
  /** In the order in which their turns come. */
  readonly places: Set<Place>
  /** Bytes granted so far, raised to the others' level while it wants nothing. */
  served: number
}

/**
 * A pacer on the main thread: while there is a limit, each beat shares out the credit that time has brought among the PUTs
 * that have used theirs up. The file that got least comes first, and within it each PUT in turn. Without a limit each PUT is
 * let go once; no timer runs.
 */
export function createThrottle({
  environment,
}: {
  readonly environment: Pick<Environment, 'now' | 'timers'>
}): Throttle {
  const files = new Map<string, FilePlace>()
  let limit: number | null = null
  let creditBytes = 0
  let lastBeatMs = 0
  let cancelBeat: (() => void) | null = null

  const allPlaces = () => [...files.values()].flatMap(({ places }) => [...places])

  function tell(place: Place): void {
    place.put.allow(limit === null ? Infinity : place.grantedBytes)
  }

  /** Starts or stops beating, as there is something to share out or not. */
  function arrange(): void {
    const wanted = limit !== null && files.size > 0
    if (!wanted) {
      cancelBeat?.()
      cancelBeat = null
    } else if (!cancelBeat) {
      creditBytes = 0
      lastBeatMs = environment.now()
      cancelBeat = environment.timers.after(beatMs, beat)
    }
  }

  function beat(): void {
    cancelBeat = environment.timers.after(beatMs, beat)
    if (limit === null) return
    const nowMs = environment.now()
    const most = Math.max((limit * keptMs) / 1000, 2 * leastGrantBytes)
    // A clock that was set back has brought nothing.
    creditBytes = Math.min(most, creditBytes + (limit * Math.max(0, nowMs - lastBeatMs)) / 1000)
    lastBeatMs = nowMs
    const places = allPlaces()
    makeRoom(places, limit)
    shareOut(places.length)
    for (const place of places) if (place.told) tell(place)
    levelOut(limit)
  }

  /**
   * A PUT may hold twice what a beat moved of late, and its even share: a slow line does not hoard credit, and a fast one
   * takes over in a few beats what others leave.
   */
  function makeRoom(places: readonly Place[], bytesPerSecond: number): void {
    const share = Math.max(leastGrantBytes, (bytesPerSecond * beatMs) / 1000 / places.length)
    for (const place of places) {
      const movedBytes = Math.max(0, place.flushedBytes - place.beatFlushedBytes)
      place.beatFlushedBytes = place.flushedBytes
      place.recentBytes = Math.max(movedBytes, place.recentBytes / 2)
      const heldBytes = place.grantedBytes - place.flushedBytes
      const left = place.put.sizeBytes - place.grantedBytes
      place.room = Math.max(0, Math.floor(Math.min(2 * place.recentBytes + share - heldBytes, left)))
      // A crumb waits until it is a packet, unless it is the end.
      if (place.room < leastGrantBytes && place.room < left) place.room = 0
      place.told = false
    }
  }

  function shareOut(count: number): void {
    const portion = Math.max(leastGrantBytes, Math.floor(creditBytes / count))
    const hungry = new Set([...files.values()].filter(isHungry))
    while (hungry.size > 0) {
      const [file] = [...hungry].sort((a, b) => a.served - b.served) as [FilePlace]
      const place = [...file.places].find(({ room }) => room > 0)
      if (!place) {
        hungry.delete(file)
        continue
      }
      const bytes = Math.min(portion, place.room)
      if (bytes > creditBytes) return
      creditBytes -= bytes
      file.served += bytes
      place.grantedBytes += bytes
      place.room -= bytes
      place.told = true
      file.places.delete(place)
      file.places.add(place)
    }
  }

  /** Who got all it wanted has no claim on more than the others had meanwhile. */
  function levelOut(bytesPerSecond: number): void {
    const wanting = [...files.values()].filter(isHungry)
    if (wanting.length === 0) return
    const level = Math.min(...wanting.map(({ served }) => served)) - (bytesPerSecond * lagMs) / 1000
    for (const file of files.values()) file.served = Math.max(file.served, level)
  }

  function fileOf(name: string): FilePlace {
    const known = files.get(name)
    if (known) return known
    const served = files.size === 0 ? 0 : Math.min(...[...files.values()].map((file) => file.served))
    const file: FilePlace = { places: new Set(), served }
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
        for (const place of allPlaces()) {
          // What a PUT has sent without a limit is not counted against it afterwards.
          place.grantedBytes = place.flushedBytes
          tell(place)
        }
      }
      arrange()
    },
    join(put) {
      const file = fileOf(put.file)
      const place: Place = {
        ...{ put, file, grantedBytes: 0, flushedBytes: 0, beatFlushedBytes: 0, recentBytes: 0 },
        ...{ room: 0, told: false },
      }
      file.places.add(place)
      if (limit === null) tell(place)
      arrange()
      return {
        moved(flushedBytes) {
          place.flushedBytes = flushedBytes
          place.grantedBytes = Math.max(place.grantedBytes, flushedBytes)
        },
        end() {
          file.places.delete(place)
          if (file.places.size === 0 && files.get(put.file) === file) files.delete(put.file)
          arrange()
        },
      }
    },
    close() {
      limit = null
      files.clear()
      arrange()
    },
  }
}

function isHungry({ places }: FilePlace): boolean {
  for (const { room } of places) if (room > 0) return true
  return false
}
