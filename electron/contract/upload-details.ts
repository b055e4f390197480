/** Speed over time. Time in which nothing was being sent is left out, so that a pause of a night doesn't hide the day. */
export interface SpeedHistory {
  /** How long one point stands for; it doubles when the points are all used, so that any upload fits. */
  readonly stepMs: number
  /** Mean bytes a second of each step, oldest first, at most 240; the last step is under way. */
  readonly points: readonly number[]
}

/** How all of it flows: told once a second while something is being sent. */
export interface TransferSpeed {
  readonly speed: SpeedHistory
  /** PUTs under way, and how many may be at this moment. */
  readonly streamsInUse: number
  readonly streamsLimit: number
}

/** How a file goes to storage, piece by piece. A file that goes as one PUT is one part. */
export interface PartMap {
  /** Of every part but the last, which may be shorter. */
  readonly partSizeBytes: number
  /**
   * A letter for each part: `w` waits, `u` waits for its URL, `f` is in flight, `s` was sent, `b` was sent before this run.
   * Upper case: its bytes went out more than once.
   */
  readonly states: string
  /** How far the parts in flight have come; numbers count from 1. */
  readonly flying: readonly { readonly number: number; readonly bytes: number }[]
}

/** What is told of the one upload that the page watches, ten times a second at most. */
export interface UploadDetails {
  readonly id: string
  /** Null before it is known how the file goes. */
  readonly parts: PartMap | null
  readonly speed: SpeedHistory
}
