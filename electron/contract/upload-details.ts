/** Speed over time, without the time in which nothing was sent. */
export interface SpeedHistory {
  /** Duration of one point. It doubles when all points are used. */
  readonly stepMs: number
  /** Mean bytes a second of each step, oldest first, at most 240. The last step is incomplete. */
  readonly points: readonly number[]
}

/** Speed over all uploads, sent once a second while bytes are sent. */
export interface TransferSpeed {
  readonly speed: SpeedHistory
  /** Running PUTs, and how many may run at this moment. */
  readonly streamsInUse: number
  readonly streamsLimit: number
}

/** S3's limit (docs.aws.amazon.com, "Amazon S3 multipart upload limits"). */
export const maxParts = 10_000

/** The parts of an upload. A file that is uploaded with one PUT has one part. */
export interface PartMap {
  /** The last part may be shorter. */
  readonly partSizeBytes: number
  /**
   * A letter for each part: `w` waits, `u` waits for its URL, `f` is in flight, `s` was sent, `b` was sent
   * before this run. Upper case: its bytes were sent more than once.
   */
  readonly states: string
  /** Progress of the parts in flight; numbers count from 1. */
  readonly flying: readonly { readonly number: number; readonly bytes: number }[]
}

/** Details of the one upload that the page watches, sent at most ten times a second. */
export interface UploadDetails {
  readonly id: string
  /** Null before the upload is planned. */
  readonly parts: PartMap | null
  readonly speed: SpeedHistory
}
